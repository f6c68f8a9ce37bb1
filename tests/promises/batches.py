"""An epoch is n rows of the data, as many minibatches as are counted, and on average each row once.

A seed's rows are the same each time and among any others. All minibatches have B rows, but the last where it is kept.
"""

from dataclasses import replace

import numpy as np

from backprop.arrays import Array
from backprop.batches import Batches, InOrder, Shuffled, WithReplacement
from backprop.randomness import Streams
from backprop.training import Recipe, minibatches

SEEDS = [3, 1, 3]
N, EPOCHS = 17, 400


def promise(batches: Batches) -> None:
    for drop_last in (False, True):
        for batch_size in (1, 5, N, None):
            minibatches_are_as_many_and_as_large_as_asked(replace(batches, drop_last=drop_last), batch_size)  # type: ignore[type-var]
    a_seed_has_its_rows_among_any_others(batches)
    each_row_comes_once_an_epoch_on_average(batches)


def minibatches_are_as_many_and_as_large_as_asked(batches: Batches, batch_size: int | None) -> None:
    steps = Recipe(batches=batches, batch_size=batch_size).steps_per_epoch(N)
    found = list(minibatches(N, batch_size, SEEDS, 2, batches))
    size = batch_size or N
    last = N - size * (N // size)
    sizes = [size] * (N // size) + [last] * (last > 0 and not batches.drop_last)
    assert steps == len(sizes), f"{batches} counts {steps} steps of {N} rows in minibatches of {size}"
    assert [rows.shape for rows in found] == [(len(SEEDS), own) for own in 2 * sizes], f"{batches} cuts otherwise"


def a_seed_has_its_rows_among_any_others(batches: Batches) -> None:
    together = epochs(batches, SEEDS, 3)
    assert together.shape == (len(SEEDS), 3 * N), f"an epoch of {batches} is {together.shape[1] / 3:g} rows, not {N}"
    assert (together[0] == together[2]).all(), f"{batches} gives one seed two orders"
    for seed, among in ((3, together[0]), (1, together[1])):
        (alone,) = epochs(batches, [seed], 3)
        assert (alone == among).all(), f"{batches} gives a seed other rows when others are there"


def each_row_comes_once_an_epoch_on_average(batches: Batches) -> None:
    """Of n draws with replacement a row is 1 ± (1 − 1/n)^½: the mean of so many epochs is within five errors of 1."""
    rows = epochs(batches, [0], EPOCHS)
    assert ((rows >= 0) & (rows < N)).all(), f"{batches} names rows that are not there"
    often = np.bincount(rows.ravel(), minlength=N) / EPOCHS
    off = np.abs(often - 1).max()
    assert off < 5 * np.sqrt((1 - 1 / N) / EPOCHS), (
        f"{batches}: some row comes {off:.2f} too often or too seldom an epoch"
    )


def epochs(batches: Batches, seeds: list[int], count: int) -> Array:
    streams = Streams(seeds, "batch")
    return np.concatenate([batches.order(N, streams) for _ in range(count)], axis=-1)


class Unseeded(Shuffled):
    """Draws from the clock."""

    def order(self, n, streams):
        return np.random.default_rng().permuted(InOrder().order(n, streams), axis=-1)


class OneShort(InOrder):
    """Loses the last row."""

    def order(self, n, streams):
        return InOrder.order(self, n - 1, streams)


class NeverTheFirst(WithReplacement):
    """Draws from 1 … n − 1, and the last once more."""

    def order(self, n, streams):
        return np.maximum(1, WithReplacement.order(self, n, streams))


class FromOne(InOrder):
    """Counts rows from 1."""

    def order(self, n, streams):
        return 1 + InOrder.order(self, n, streams)


class ByTheStack(Shuffled):
    """Turns each replica's order by its place in the stack."""

    def order(self, n, streams):
        return (Shuffled.order(self, n, streams) + np.arange(len(streams.replicas))[:, None]) % n


class OneOrderForAll(Shuffled):
    """Gives every replica the first one's."""

    def order(self, n, streams):
        own = Shuffled.order(self, n, streams)
        return np.broadcast_to(own[:1], own.shape)


BROKEN = [Unseeded(), OneShort(), NeverTheFirst(), FromOne(), ByTheStack(), OneOrderForAll()]
