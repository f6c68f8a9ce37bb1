"""Normalized margins by hand, and what they are there for: weights that merely grow do not change them."""

import numpy as np
import pytest

from backprop.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError
from backprop.measures.confidence import Confidence
from backprop.measures.distances import Distances
from backprop.measures.normalized_margin import NormalizedMargin
from backprop.network import MLP, ResidualMLP
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)


def seen_with(hidden, parameters=None, x=None, y=None, loss=None):
    recipe = Recipe(network=MLP(hidden), loss=loss or SoftmaxCrossEntropy(), dtype="float64")
    x, y = (DRAW.normal(size=(11, 3)), np.eye(2)[np.arange(11) % 2]) if x is None else (x, y)
    if parameters is None:
        parameters = DRAW.normal(size=(2, 1, recipe.layout(x.shape[1], y.shape[1]).count()))
    return observed(recipe, x, y, range(len(parameters)), parameters=parameters)


def test_margins_by_hand():
    """z = x W with W = diag(3, 4): margins of (1, 0) and (2, 0), both of class 0, are 3 and 6; ‖W‖₂ = 4, ‖W‖ = 5."""
    parameters = np.array([[[3.0, 0, 0, 4, 0, 0]]])
    seen = seen_with((), parameters, np.array([[1.0, 0], [2, 0]]), np.array([[1.0, 0], [1, 0]]))
    found = measured(NormalizedMargin(), seen)
    assert found["normalized_margin/0"] == pytest.approx([3 / 4])
    assert found["normalized_margin/50"] == pytest.approx([4.5 / 4])
    assert measured(NormalizedMargin("frobenius"), seen)["normalized_margin/0"] == pytest.approx([3 / 5])


def test_a_tables_quotient_of_margin_and_spectral_norm_is_the_normalized_margin():
    seen = seen_with((5, 4))
    quotient = measured(Confidence(), seen)["margin/10"] / measured(Distances(), seen)["weights/spectral_norm"]
    assert quotient == pytest.approx(measured(NormalizedMargin(), seen)["normalized_margin/10"], rel=1e-9)


@pytest.mark.parametrize("norm", ["spectral", "frobenius"])
def test_weights_that_all_grow_leave_them_where_they_are(norm):
    seen = seen_with((5, 4))
    for one in seen.layout.of_role(seen.parameters, "bias"):
        one[...] = 0
    before = measured(NormalizedMargin(norm), seen)
    seen.parameters[...] *= 3
    for name, value in measured(NormalizedMargin(norm), seen).items():
        assert value == pytest.approx(before[name], rel=1e-12)


def test_one_output_for_two_classes_has_the_margin_of_its_sign():
    x, y = np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])
    found = measured(NormalizedMargin(), seen_with((), np.array([[[3.0, 0]]]), x, y, BinaryCrossEntropy()))
    assert found["normalized_margin/0"] == pytest.approx([-2])  # −6 by 3
    assert found["normalized_margin/50"] == pytest.approx([-0.5])


def test_a_diverged_network_has_none_and_leaves_its_neighbour_alone():
    seen = seen_with((5,))
    before = measured(NormalizedMargin(), seen)
    seen.parameters[0] = np.inf
    for name, value in measured(NormalizedMargin(), seen).items():
        assert np.isnan(value[0])
        assert value[1] == before[name][1]


def test_there_are_none_of_values_nor_of_networks_that_do_not_scale():
    with pytest.raises(ValueError, match="NormalizedMargin is of classes, and loss is SquaredError"):
        NormalizedMargin().names(subject_of(Recipe(network=MLP(()), loss=SquaredError()), 3, 2))
    with pytest.raises(ValueError, match="this ResidualMLP has Residual"):
        NormalizedMargin().names(subject_of(Recipe(network=ResidualMLP()), 3, 2))
