"""Rows of one array, taken when they are needed: the same numbers as copies of them."""

from itertools import pairwise

import numpy as np
import pytest

from backprop import metrics, sets
from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.metrics import Whole, answers, performance
from backprop.network import MLP
from backprop.sets import Scale, ready, stretch, taken
from backprop.training import Examples, Recipe, train
from tests.backprop.made import network_of

N, S, n, D, K = 23, 3, 17, 5, 2
DRAW = np.random.default_rng(0)
ROWS = [DRAW.permutation(N)[:n] for _ in range(S)]


def held(columns, dtype, scaled=True):
    x = (10 + DRAW.standard_normal((N, columns))).astype(dtype)
    scales = [Scale(x[rows].mean(axis=0), x[rows].std(axis=0)) if scaled else None for rows in ROWS]
    return sets.sets(x, ROWS, scales, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaled", [True, False])
def test_copies_and_rows_that_are_taken_when_asked_for_are_the_same_bits(dtype, scaled):
    found = held(D, dtype, scaled)
    (copies,) = ready([found])
    assert isinstance(copies, np.ndarray)
    assert copies.dtype == dtype
    of, rows = np.array([2, 0, 0, 1]), DRAW.integers(0, n, (4, 7))
    for held_rows, copied in zip(taken(found, found, of, rows), taken(copies, copies, of, rows), strict=True):
        assert (held_rows == copied).all()
    for s in range(S):
        own = found.held[ROWS[s]].astype(float)
        expected = (own - found.mean[s]) / (1 / found.factor[s]) if scaled else own
        np.testing.assert_allclose(copies[s], expected, rtol=1e-6 if dtype == "float32" else 1e-12, atol=1e-7)
        if scaled:
            assert copies[s].mean(axis=0) == pytest.approx(0, abs=1e-5)
            assert copies[s].std(axis=0) == pytest.approx(1, rel=1e-5)


def test_training_does_not_depend_on_how_examples_are_held():
    recipe = Recipe(network=MLP((7,)), loss=SquaredError(), batch_size=5, epochs=3)
    of, seeds = np.array([0, 1, 2, 0]), [0, 1, 2, 3]
    x, y = held(D, "float32"), held(K, "float32")
    ends = [list(train(recipe, Examples(*both, of), seeds, {12}))[-1] for both in ((x, y), ready([x, y]))]
    assert ends[0].step == 12
    assert (ends[0].parameters == ends[1].parameters).all()


def test_only_what_is_small_is_copied(monkeypatch):
    found = held(D, "float32")
    assert found.nbytes == S * n * D * 4
    monkeypatch.setattr(sets, "READY", 2 * found.nbytes - 1)
    assert isinstance(ready([found])[0], np.ndarray)
    assert ready([found, found]) == [found, found]  # together they are too large


def test_a_stretch_of_a_set_is_its_rows():
    found = held(D, "float64")
    one = found._replace(rows=found.rows[:1])
    (copy,) = ready([one])
    assert (stretch(one, slice(3, 9)) == copy[:, 3:9]).all()
    assert np.shares_memory(stretch(copy, slice(3, 9)), copy)


def two_equal_parts(size):
    """Training and test rows that are the same, so many of each; and a network."""
    x = DRAW.standard_normal((size, D)).astype("float32")
    y = np.eye(K, dtype="float32")[DRAW.integers(0, K, size)]
    whole = Whole(
        *(np.tile(part, (2, 1))[None] for part in (x, y)), {"train": slice(0, size), "test": slice(size, 2 * size)}
    )
    return whole, network_of(*(DRAW.standard_normal((1, *shape)).astype("float32") for shape in pairwise((D, 11, K))))


@pytest.mark.parametrize("size", [4, 7, 64, 101, 1000])
@pytest.mark.parametrize("at_once", [1, 5, 64, 100])
def test_equal_parts_are_measured_equally_however_many_rows_at_once(size, at_once, monkeypatch):
    """Then identical training and test sets have gap 0, to the bit."""
    whole, network = two_equal_parts(size)
    recipe = Recipe(network=MLP((11,)), loss=SoftmaxCrossEntropy())
    ((_, _, at_one_go),) = answers(*network, [whole], np.zeros(1, int))
    monkeypatch.setattr(metrics, "NUMBERS", D * at_once)
    stretches = whole.stretches()
    assert sum(rows.stop - rows.start for rows in stretches) == 2 * size
    assert max(rows.stop - rows.start for rows in stretches) <= at_once
    ((_, _, in_stretches),) = answers(*network, [whole], np.zeros(1, int))
    np.testing.assert_allclose(in_stretches, at_one_go, rtol=1e-5, atol=1e-5)
    found = performance(recipe, *network, [whole], np.zeros(1, int)).means
    assert found["train/loss"] == found["test/loss"]
    assert found["train/error"] == found["test/error"]


def test_replicas_on_the_same_data_are_measured_together_and_in_their_places(monkeypatch):
    monkeypatch.setattr(metrics, "TOGETHER", 2)
    data = [two_equal_parts(size)[0] for size in (7, 5)]
    layout, parameters = network_of(DRAW.standard_normal((7, D, K)))
    recipe, of = Recipe(network=MLP(()), loss=SoftmaxCrossEntropy(), dtype="float64"), np.array([1, 0, 0, 1, 0, 0, 0])
    found = performance(recipe, layout, parameters, data, of, outputs=True)
    assert all(z.shape == (1, 2 * (7, 5)[s], K) for _, s, z in answers(layout, parameters, data, of))
    assert performance(recipe, layout, parameters, data, of).outputs == []  # unless they are asked for
    for r, s in enumerate(of):
        alone = performance(recipe, layout, parameters[r : r + 1], data, of[r : r + 1], outputs=True)
        assert found.means["test/loss"][r] == alone.means["test/loss"][0]
        assert (found.errors[r] == alone.errors[0]).all()
        assert (found.outputs[r] == alone.outputs[0]).all()
        assert found.outputs[r].shape == ((7, 5)[s], K)
