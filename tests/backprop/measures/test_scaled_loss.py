"""The scaled loss: temperatures known in closed form, and what no temperature may change."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from backprop.losses import BinaryCrossEntropy, Hinge, SigmoidSquaredError, SoftmaxCrossEntropy, SquaredError
from backprop.measures.scaled_loss import ScaledLoss, calibrated
from backprop.metrics import Whole
from backprop.network import MLP
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)
N, K = 53, 5
Z = DRAW.normal(size=(N, K))
Y = np.eye(K)[np.where(DRAW.random(N) < 0.6, Z.argmax(axis=1), DRAW.integers(K, size=N))]


def loss(z, y):
    return -(y * log_softmax(z, axis=1)).sum(axis=1).mean()


@pytest.mark.parametrize(("right", "score"), [(3, 1.0), (3, 40.0), (5, 0.2)])
def test_the_temperature_makes_equal_scores_say_how_often_they_are_right(right, score):
    """Score s for one of two classes, right in m of n rows: p = m/n where s / T = log(m / (n − m))."""
    n = 6
    z, y = np.tile([score, 0.0], (n, 1)), np.eye(2)[[0] * right + [1] * (n - right)]
    temperature, least = calibrated(z, y)
    assert temperature == pytest.approx(
        score / np.log(right / (n - right)) if right != 3 else np.exp(16) * score / 2, rel=1e-6
    )
    p = right / n
    assert least == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p))


def test_no_other_temperature_has_less_loss():
    temperature, least = calibrated(Z, Y)
    found = minimize_scalar(
        lambda log: loss(Z / np.exp(log), Y), bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}
    )
    assert temperature == pytest.approx(np.exp(found.x), rel=1e-5)
    assert least == pytest.approx(found.fun, rel=1e-12)
    assert least == pytest.approx(loss(Z / temperature, Y))
    assert least < loss(Z, Y)


@pytest.mark.parametrize("factor", [1e-6, 0.1, 7.0, 1e6])
def test_networks_that_differ_only_in_how_sure_they_are_have_one_scaled_loss(factor):
    temperature, least = calibrated(Z, Y)
    scaled_temperature, scaled = calibrated(factor * Z + 3.0, Y)
    assert scaled == pytest.approx(least, rel=1e-9)
    assert scaled_temperature == pytest.approx(factor * temperature, rel=1e-6)


def test_at_the_ends_the_loss_is_none_or_that_of_knowing_nothing():
    rows = np.eye(K)
    assert calibrated(rows, rows)[1] == pytest.approx(0, abs=1e-12)  # all right: as sure as can be
    assert calibrated(-rows, rows)[1] == pytest.approx(np.log(K), rel=1e-6)  # worse than nothing: as unsure as can be
    assert calibrated(np.ones((3, K)), np.eye(K)[:3]) == (1.0, pytest.approx(np.log(K)))
    assert np.isnan(calibrated(np.full((3, K), np.inf), np.eye(K)[:3])).all()


def test_it_is_measured_on_validation_rows_alone_and_on_their_halves():
    recipe = Recipe(network=MLP(()), loss=SoftmaxCrossEntropy(), dtype="float64")
    same = np.concatenate([np.eye(K).ravel(), np.zeros(K)])
    seen = observed(recipe, Z, Y, (0, 1), parameters=np.stack([same, 3 * same])[:, None])
    seen = seen._replace(
        data=[Whole(Z[None], Y[None], {"train": slice(0, 20), "validation": slice(20, 41), "test": slice(41, N)})]
    )
    found = measured(ScaledLoss(halves=True), seen)
    for name, rows in (
        ("validation", slice(20, 41)),
        ("validation_first_half", slice(20, 31)),
        ("validation_second_half", slice(31, 41)),
    ):
        assert found[f"{name}/scaled_loss"] == pytest.approx([calibrated(Z[rows], Y[rows])[1]] * 2)
    assert found["validation/temperature"][1] == pytest.approx(3 * found["validation/temperature"][0])


def test_two_classes_of_one_sigmoid_are_those_of_a_softmax():
    z, y = Z[:, :1], Y[:, :1]
    recipe = Recipe(network=MLP(()), loss=BinaryCrossEntropy(), dtype="float64")
    found = measured(ScaledLoss(), observed(recipe, z, y, parameters=np.array([[[1.0, 0.0]]])))
    assert found["validation/scaled_loss"][0] == pytest.approx(
        calibrated(np.hstack([0 * z, z]), np.hstack([1 - y, y]))[1]
    )


@pytest.mark.parametrize(
    ("wrong", "why"), [(SquaredError(), "of classes"), (Hinge(), "a softmax"), (SigmoidSquaredError(), "a softmax")]
)
def test_scores_that_are_no_softmaxs_are_refused_with_the_way_out(wrong, why):
    with pytest.raises(ValueError, match=rf"{why}.*loss is {type(wrong).__name__}.*selection\.by=loss"):
        ScaledLoss().names(subject_of(Recipe(network=MLP(()), loss=wrong), 2, 3))
