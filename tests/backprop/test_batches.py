"""Which rows a step sees, row by row; and that integers are drawn without bias."""

import numpy as np
import pytest

from backprop.batches import InOrder, Shuffled, WithReplacement
from backprop.randomness import Streams
from backprop.stacking import stacking_key
from backprop.training import Recipe, minibatches

N = 7


def cut(batches, batch_size=3, seeds=(0, 1), epochs=2):
    return list(minibatches(N, batch_size, seeds, epochs, batches))


def test_in_order_is_the_order_of_the_data_in_every_epoch_and_replica():
    for rows in cut(InOrder(), 3)[0], cut(InOrder(), 3)[3]:
        assert rows.tolist() == [[0, 1, 2]] * 2
    assert [rows[0].tolist() for rows in cut(InOrder())] == 2 * [[0, 1, 2], [3, 4, 5], [6]]


def test_drop_last_leaves_out_the_partial_minibatch_and_moves_no_other():
    for kind in (Shuffled, InOrder, WithReplacement):
        kept, dropped = cut(kind()), cut(kind(drop_last=True))
        assert [rows.shape[1] for rows in dropped] == [3, 3, 3, 3]
        for ours, theirs in zip(dropped, [kept[0], kept[1], kept[3], kept[4]], strict=True):
            assert (ours == theirs).all()
        whole = zip(cut(kind(drop_last=True), N), cut(kind(), N), strict=True)  # B divides n: nothing is left over
        assert all((ours == theirs).all() for ours, theirs in whole)


def test_shuffled_is_the_shuffle_of_the_seeds_own_stream_epoch_by_epoch():
    streams = Streams([0, 1], "batch")
    orders = [streams.permutation(N), streams.permutation(N)]
    assert (np.concatenate(cut(Shuffled()), axis=1) == np.concatenate(orders, axis=1)).all()


def test_with_replacement_draws_each_row_anew():
    """Of n rows an epoch's n draws miss (1 − 1/n)ⁿ on average: 0.340 for 7; two draws are equal as often as 1/n."""
    epochs = 4000
    draws = np.concatenate(cut(WithReplacement(), N, [0], epochs)).reshape(epochs, N)
    missed = np.mean([N - len(set(own)) for own in draws.tolist()]) / N
    assert missed == pytest.approx((1 - 1 / N) ** N, abs=0.01)
    assert np.mean(draws[:, 1:] == draws[:, :-1]) == pytest.approx(1 / N, abs=0.01)


def test_integers_are_uniform_where_n_is_no_power_of_two():
    """χ² of 60,000 draws from 0 … 11 has mean 11 and standard deviation √22; replicas of one seed share theirs."""
    drawn = Streams([5, 2, 5], "batch").integers(12, 60_000)
    assert (drawn[0] == drawn[2]).all()
    assert (drawn[0] != drawn[1]).any()
    counts = np.stack([np.bincount(own, minlength=12) for own in drawn[:2]])
    chi2 = ((counts - 5000) ** 2 / 5000).sum(axis=1)
    assert (np.abs(chi2 - 11) < 4 * np.sqrt(22)).all()


def test_choices_of_rows_do_not_share_a_stack():
    keys = {stacking_key(batches) for batches in (Shuffled(), Shuffled(drop_last=True), InOrder(), WithReplacement())}
    assert len(keys) == 4


def test_drop_last_that_leaves_nothing_says_so():
    assert Recipe(batch_size=8).steps_per_epoch(N) == 1
    with pytest.raises(ValueError, match=r"drop_last leaves no minibatch: batch_size is 8, but there are 7 training"):
        Recipe(batch_size=8, batches=InOrder(drop_last=True)).steps_per_epoch(N)
    assert Recipe(batch_size=None, batches=InOrder(drop_last=True)).steps_per_epoch(N) == 1
