"""What every cell is measured by unless it says otherwise: worked by hand, or held against another way to the same number."""

import numpy as np
import pytest

from backprop.losses import (
    BinaryCrossEntropy,
    ConfidencePenalty,
    Focal,
    Hinge,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredErrorOnClasses,
)
from backprop.measures.confidence import Confidence, margins
from backprop.measures.distances import Distances, distance, product_of_spectral_norms, spectral_norm
from backprop.measures.gradients import Gradients
from backprop.measures.measure import Subject
from backprop.measures.norms import Norms, weight_norms
from backprop.measures.weight_histogram import BINS, WeightHistogram, weight_histogram
from backprop.metrics import Whole
from backprop.network import MLP
from backprop.training import Examples, Recipe
from tests.backprop.made import network_of, seen, weights_of

R, INPUTS, OUTPUTS = 2, 3, 5
DRAW = np.random.default_rng(0)


def normal(*shape):
    return DRAW.normal(size=(R, *shape))


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
    start, end = weights_of(np.ones((2, 5, 4))), weights_of(np.stack([W[0], W[1] * np.nan]))
    assert np.isnan(weight_histogram(end, start)).all(axis=-1).tolist() == [False, True]


def test_distances_add_up_over_layers_and_spectral_norms_multiply():
    start, end = ([normal(INPUTS, OUTPUTS), normal(OUTPUTS, 2)] for _ in range(2))
    squares = sum(np.sum((W[1] - W0[1]) ** 2) for W, W0 in zip(end, start, strict=True))
    assert distance(weights_of(*end), weights_of(*start))[1] == pytest.approx(squares**0.5)
    norms = [np.linalg.norm(W[1], 2) for W in end]
    assert product_of_spectral_norms(weights_of(*end))[1] == pytest.approx(norms[0] * norms[1])


def test_a_histogram_is_in_units_of_the_start_and_counts_every_weight():
    start, end = weights_of(np.full((1, 2, 2), 0.5)), weights_of(np.array([[[0.0, 0.5], [1.0, -99.0]]]))
    counts = weight_histogram(end, start)[0]
    assert counts.sum() == 1
    for value in (0.0, 1.0, 2.0, -5.0):
        assert counts[np.digitize(value, BINS) - 1] == 0.25
    end.matrices[0][...] = [[-99.0, 99.0], [99.0, 99.0]]
    assert weight_histogram(end, start)[0, [0, -1]].tolist() == [0.25, 0.75]  # what lies beyond is in the outermost


def test_a_histogram_of_weights_that_started_at_zero_is_in_units_of_one():
    end, start = weights_of(np.array([[[1.1], [2.1]]])), weights_of(np.zeros((1, 2, 1)))
    counts = weight_histogram(end, start)[0]
    assert [counts[np.digitize(value, BINS) - 1] for value in (1.1, 2.1)] == [0.5, 0.5]
    start.matrices[0][...] = 1  # then 1 is the root mean square
    assert (weight_histogram(end, start)[0] == counts).all()


def test_a_diverged_replica_takes_no_later_one_out_of_the_histogram():
    start, end = (weights_of(np.ones((2, 2, 1))) for _ in range(2))
    end.matrices[0][0, 0] = np.inf
    diverged, finite = weight_histogram(end, start)
    assert np.isnan(diverged).all()
    assert finite.max() == 1


def test_margins_by_hand():
    z, y = np.array([[3.0, 1.0, 2.5], [0.0, 1.0, 5.0]]), np.array([[1.0, 0, 0], [0, 1.0, 0]])
    assert margins(z, y).tolist() == [0.5, -4.0]
    assert margins(np.array([[2.0], [2.0]]), np.array([[1.0], [0.0]])).tolist() == [2.0, -2.0]


OUTPUTS_OF = {  # what gives the probabilities of `test_calibration.py`, of which the calibration error is 2/3 · 0.3 + 1/3 · 0.4
    SoftmaxCrossEntropy(): np.log([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4]]),
    BinaryCrossEntropy(): np.log([[0.2 / 0.8], [0.2 / 0.8], [0.4 / 0.6]]),
    SigmoidSquaredError(): np.log([[0.4 / 0.6, 0.1 / 0.9], [0.4 / 0.6, 0.1 / 0.9], [0.6 / 0.4, 0.4 / 0.6]]),
}


@pytest.mark.parametrize("loss", [*OUTPUTS_OF, Hinge(), SquaredErrorOnClasses()], ids=lambda loss: type(loss).__name__)
def test_calibration_is_that_of_the_losses_own_probabilities_and_of_scores_there_is_none(loss):
    """The outputs are those of a linear network of the inputs, which are the outputs themselves."""
    z = OUTPUTS_OF.get(loss, np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4]]))
    y = loss.targets(np.array([[1.0, 0], [0, 1.0], [1.0, 0]]))
    data = [Whole(z[None], y[None], {"train": slice(0, 3), "test": slice(0, 3)})]
    layout, parameters = network_of(np.eye(z.shape[1])[None])
    recipe, examples = Recipe(network=MLP(()), loss=loss), Examples(z[None], y[None], np.zeros(1, int))
    found = Confidence()(seen(recipe, layout, parameters, examples, data))
    named = Confidence().names(Subject(layout, loss, ("a", "b"), ("c", "d"), ("train", "test"), recipe))
    assert set(named) == set(found)
    assert ("test/calibration_error" in found) == (loss in OUTPUTS_OF)
    assert found.get("test/calibration_error", 0.2 + 0.4 / 3) == pytest.approx(0.2 + 0.4 / 3)
    assert np.isfinite(found["margin/50"]).all()


def test_gradient_noise_is_the_spread_of_minibatch_gradients():
    """A linear model with one weight, J = mean (w x − y)²: gradients 2 x (w x − y) by hand."""
    recipe = Recipe(network=MLP(hidden=()), loss=SquaredError(), batch_size=1, dtype="float64")
    x, y = np.array([[[1.0], [2.0]]]), np.zeros((1, 2, 1))
    found = Gradients()(seen(recipe, *network_of(np.array([[[3.0]]])), Examples(x, y, np.zeros(1, int))))
    gw, gb = np.array([6.0, 24.0]), np.array([6.0, 12.0])  # 2 x r and 2 r with r = 3 x
    assert found["gradient/norm"][0] == pytest.approx(np.hypot(gw.mean(), gb.mean()))
    assert found["gradient/noise"][0] == pytest.approx(np.sqrt(gw.var() + gb.var()))


TRAINING_ONLY = [
    (SoftmaxCrossEntropy(0.3, [1, 2, 3]), SoftmaxCrossEntropy()),
    (ConfidencePenalty(0.5), SoftmaxCrossEntropy()),
    (Focal(2.0, "balanced"), SoftmaxCrossEntropy()),
    (Hinge("balanced"), Hinge()),
]


@pytest.mark.parametrize(("loss", "plain"), TRAINING_ONLY, ids=repr)
def test_gradients_are_measured_without_what_is_for_training_only(loss, plain):
    network = network_of(DRAW.normal(size=(1, INPUTS, 3)))
    examples = Examples(DRAW.normal(size=(1, 11, INPUTS)), np.eye(3)[np.arange(11) % 3][None], np.zeros(1, int))

    def found(loss):
        return Gradients()(seen(Recipe(network=MLP(()), loss=loss, batch_size=5), *network, examples))

    for name, value in found(plain).items():
        assert found(loss)[name] == value


def test_weight_norms_by_hand():
    """Weights 3, 4, 0, 0, −12 and −12: two zeros of six; units with incoming weights (3, 4), (0, 0) and (−12, −12)."""
    layout, parameters = network_of(np.array([[[3.0, 0.0], [4.0, 0.0]]]), np.array([[[-12.0], [-12.0]]]))
    parameters[..., layout.count("weight") :] = 1  # biases do not count
    norms = weight_norms(layout.weights(parameters))
    assert {name: value.tolist() for name, value in norms.items()} == {
        "l2": [313**0.5],
        "l1": [31],
        "zeros": [2 / 6],
        "largest_incoming": [288**0.5],
    }


def test_names_say_what_the_values_are():
    layout, parameters = network_of(np.full((1, 1, 2), 2.0))
    examples = Examples(np.ones((1, 1, 1)), np.array([[[1.0, 0.0]]]), np.zeros(1, int))
    observed = seen(Recipe(network=MLP(())), layout, parameters, examples, initial=0 * parameters)
    assert Norms()(observed)["weights/l1"] == 4
    found = Distances()(observed)
    assert found["weights/distance"] == found["weights/spectral_norm"] == 8**0.5
    shares = WeightHistogram()(observed)
    assert [name for name, share in shares.items() if share] == ["histogram/1.77"]  # 1.77 … 2.10
