"""Diagnostics worked by hand, or held against another way to the same number."""

import numpy as np
import pytest

from backprop.diagnostics import (
    BINS,
    calibration_error,
    confidence,
    distances,
    gradient_statistics,
    margins,
    spectral_norm,
    weight_histogram,
)
from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.metrics import Whole
from backprop.network import MLP, Layer
from backprop.training import Examples, Recipe, train

R, INPUTS, OUTPUTS = 2, 3, 5
DRAW = np.random.default_rng(0)


def layer(*shape):
    return Layer(DRAW.normal(size=(R, *shape)), DRAW.normal(size=(R, 1, shape[-1])))


def test_the_spectral_norm_is_the_largest_singular_value():
    W = DRAW.normal(size=(R, INPUTS, OUTPUTS))
    np.testing.assert_allclose(spectral_norm(W), [np.linalg.norm(one, 2) for one in W], rtol=1e-12)
    np.testing.assert_allclose(spectral_norm(W.mT), spectral_norm(W), rtol=1e-12)
    W[1, 0, 0] = np.inf
    assert np.isnan(spectral_norm(W)).tolist() == [False, True]


def test_weights_too_large_to_square_spoil_neither_themselves_nor_their_neighbours():
    W = DRAW.normal(size=(2, 5, 4))
    large = np.stack([W[0], W[1] * 1e200])
    np.testing.assert_allclose(spectral_norm(large), [np.linalg.norm(W[0], 2), np.linalg.norm(W[1], 2) * 1e200])
    assert spectral_norm(np.zeros((1, 2, 3))).tolist() == [0.0]
    start = [Layer(np.ones((2, 5, 4)), np.zeros((2, 1, 4)))]
    end = [Layer(np.stack([W[0], W[1] * np.nan]), np.zeros((2, 1, 4)))]
    assert np.isnan(weight_histogram(end, start)).all(axis=-1).tolist() == [False, True]


def test_distances_add_up_over_layers_and_spectral_norms_multiply():
    start, end = [layer(INPUTS, OUTPUTS), layer(OUTPUTS, 2)], [layer(INPUTS, OUTPUTS), layer(OUTPUTS, 2)]
    found = distances(end, start)
    squares = sum(np.sum((W[1] - W0[1]) ** 2) for (W, _), (W0, _) in zip(end, start, strict=True))
    assert found["distance"][1] == pytest.approx(squares**0.5)
    assert found["spectral_norm"][1] == pytest.approx(np.linalg.norm(end[0].W[1], 2) * np.linalg.norm(end[1].W[1], 2))


def test_a_histogram_is_in_units_of_the_start_and_counts_every_weight():
    start = [Layer(np.full((1, 2, 2), 0.5), np.zeros((1, 1, 2)))]
    end = [Layer(np.array([[[0.0, 0.5], [1.0, -99.0]]]), np.zeros((1, 1, 2)))]
    counts = weight_histogram(end, start)[0]
    assert counts.sum() == 1
    for value in (0.0, 1.0, 2.0, -5.0):
        assert counts[np.digitize(value, BINS) - 1] == 0.25
    end[0].W[...] = [[-99.0, 99.0], [99.0, 99.0]]
    assert weight_histogram(end, start)[0, [0, -1]].tolist() == [0.25, 0.75]  # what lies beyond is in the outermost


def test_a_histogram_of_weights_that_started_at_zero_is_in_units_of_one():
    end = [Layer(np.array([[[1.1], [2.1]]]), np.zeros((1, 1, 1)))]
    start = [Layer(np.zeros((1, 2, 1)), np.zeros((1, 1, 1)))]
    counts = weight_histogram(end, start)[0]
    assert [counts[np.digitize(value, BINS) - 1] for value in (1.1, 2.1)] == [0.5, 0.5]
    start[0].W[...] = 1  # then 1 is the root mean square
    assert (weight_histogram(end, start)[0] == counts).all()


def test_a_diverged_replica_takes_no_later_one_out_of_the_histogram():
    start, end = [Layer(np.ones((2, 2, 1)), np.zeros((2, 1, 1)))], [Layer(np.ones((2, 2, 1)), np.zeros((2, 1, 1)))]
    end[0].W[0, 0] = np.inf
    diverged, finite = weight_histogram(end, start)
    assert np.isnan(diverged).all()
    assert finite.max() == 1


def test_margins_by_hand():
    z, y = np.array([[3.0, 1.0, 2.5], [0.0, 1.0, 5.0]]), np.array([[1.0, 0, 0], [0, 1.0, 0]])
    assert margins(z, y).tolist() == [0.5, -4.0]
    assert margins(np.array([[2.0], [2.0]]), np.array([[1.0], [0.0]])).tolist() == [2.0, -2.0]


def test_calibration_by_hand():
    """Two examples with p = 0.8, one of them right: |0.5 − 0.8|; one with p = 0.6, right: |1 − 0.6|; 2/3 · 0.3 + 1/3 · 0.4."""
    z = np.log([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4]])
    y = np.array([[1.0, 0], [0, 1.0], [1.0, 0]])
    assert calibration_error(z, y) == pytest.approx(0.2 + 0.4 / 3)
    binary = np.log([[0.2 / 0.8], [0.2 / 0.8], [0.4 / 0.6]])
    assert calibration_error(binary, y[:, 1:]) == pytest.approx(0.2 + 0.4 / 3)


def test_gradient_noise_is_the_spread_of_minibatch_gradients():
    """A linear model with one weight, J = mean (w x − y)²: gradients 2 x (w x − y) by hand."""
    recipe = Recipe(network=MLP(hidden=()), loss=SquaredError(), batch_size=1, dtype="float64")
    x, y = np.array([[[1.0], [2.0]]]), np.zeros((1, 2, 1))
    layers = [Layer(np.array([[[3.0]]]), np.array([[[0.0]]]))]
    found = gradient_statistics(recipe, layers, Examples(x, y, np.zeros(1, int)))
    gw, gb = np.array([6.0, 24.0]), np.array([6.0, 12.0])  # 2 x r and 2 r with r = 3 x
    assert found["gradient_norm"][0] == pytest.approx(np.hypot(gw.mean(), gb.mean()))
    assert found["gradient_noise"][0] == pytest.approx(np.sqrt(gw.var() + gb.var()))


def test_a_replicas_diagnostics_do_not_depend_on_its_neighbours_even_diverged_ones():
    recipe = Recipe(network=MLP(hidden=(7,)), loss=SoftmaxCrossEntropy(), batch_size=5, epochs=2, dtype="float64")
    x = DRAW.normal(size=(1, 11, INPUTS))
    y = np.eye(OUTPUTS)[DRAW.integers(0, OUTPUTS, size=(1, 11))]

    def diagnose(seeds, spoilt=()):
        examples = Examples(x, y, np.zeros(len(seeds), int))
        (last,) = train(recipe, examples, seeds, {6})
        for r in spoilt:
            last.layers[0].W[r] = np.inf
        data = [Whole(x, y, {"train": slice(0, 11), "test": slice(0, 11)})]
        return gradient_statistics(recipe, last.layers, examples) | confidence(
            recipe, last.layers, data, examples.dataset_of
        )

    alone, among = diagnose([3]), diagnose([1, 3], spoilt=[0])
    for name, value in alone.items():
        assert np.isfinite(value).all()
        np.testing.assert_allclose(among[name][1], value[0], rtol=1e-12, err_msg=name)
        assert not np.isfinite(among[name][0])
