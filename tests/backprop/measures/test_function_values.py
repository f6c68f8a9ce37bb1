"""Functions on grids, held against functions that are known."""

import numpy as np
import pytest

from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.measures.function_values import FunctionValues
from backprop.measures.measure import Scales
from backprop.network import MLP
from backprop.sets import Scale
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)


def line(inputs, parameters, outputs=1, x=None, **more):
    """A linear model, z = x W + b."""
    recipe = Recipe(network=MLP(()), loss=SquaredError(), dtype="float64")
    x = DRAW.normal(size=(7, inputs)) if x is None else x
    return observed(recipe, x, DRAW.normal(size=(7, outputs)), parameters=np.array([[parameters]], float), **more)


def test_a_line_at_stated_places():
    found = measured(FunctionValues(low=-1, high=1, points=5), line(1, [2, 3]))
    assert {name: value[0] for name, value in found.items()} == pytest.approx(
        {"function/x0=-1": 1, "function/x0=-0.5": 2, "function/x0=0": 3, "function/x0=0.5": 4, "function/x0=1": 5}
    )


def test_places_are_the_numbers_that_their_names_say():
    names = FunctionValues(low=0, high=1, points=7).names(line(1, [2, 3]).subject)
    assert names[1] == "function/x0=0.166667"
    assert measured(FunctionValues(low=0, high=1, points=7), line(1, [2, 0]))[names[1]][0] == 2 * 0.166667


def test_two_inputs_make_a_grid_and_several_outputs_are_named():
    seen = line(2, [1, 0, 0, 10, 0, 100], outputs=2)  # z₀ = x₀, z₁ = 10 x₁ + 100
    found = measured(FunctionValues(low=[0, 5], high=[1, 6], points=2), seen)
    assert found["function/y0/x0=1 x1=5"] == [1]
    assert found["function/y1/x0=1 x1=5"] == [150]
    assert found["function/y1/x0=0 x1=6"] == [160]
    assert len(found) == 8


def test_other_inputs_stay_at_their_mean_over_the_training_rows():
    x = DRAW.normal(size=(7, 3)) + 5
    found = measured(FunctionValues(inputs=["x1"], low=0, high=2, points=2), line(3, [1, 2, 4, 0], x=x))
    mean = x.mean(axis=0)
    assert found["function/x1=2"][0] == pytest.approx(mean[0] + 2 * 2 + 4 * mean[2])


def test_inputs_and_outputs_are_in_the_datas_own_units():
    """The network sees (x − 10) / 2, and (y − 100) / 5; what it answers to 1 and 0 is known of raw 12 and 10."""
    scales = [Scales(Scale(np.array([10.0]), np.array([2.0])), Scale(np.array([100.0]), np.array([5.0])))]
    found = measured(FunctionValues(low=10, high=12, points=2), line(1, [2, 3], scales=scales))
    assert found["function/x0=10"] == pytest.approx([3 * 5 + 100])
    assert found["function/x0=12"] == pytest.approx([(2 + 3) * 5 + 100])


def test_classifiers_have_scores():
    recipe = Recipe(network=MLP(()), loss=SoftmaxCrossEntropy(), dtype="float64")
    seen = observed(
        recipe, DRAW.normal(size=(7, 1)), np.eye(2)[np.arange(7) % 2], parameters=np.array([[[2.0, 5, 0, 1]]])
    )
    found = measured(FunctionValues(low=0, high=1, points=2), seen)
    assert {name: value[0] for name, value in found.items()} == {
        "function/y0/x0=0": 0, "function/y0/x0=1": 2, "function/y1/x0=0": 1, "function/y1/x0=1": 6
    }  # fmt: skip


def test_a_diverged_network_has_none_and_leaves_its_neighbour_alone():
    recipe = Recipe(network=MLP(()), loss=SquaredError())
    parameters = np.array([[[np.nan, 0]], [[2, 3]]], "float32")
    found = measured(
        FunctionValues(points=2), observed(recipe, np.ones((7, 1)), np.ones((7, 1)), (0, 1), parameters=parameters)
    )
    assert found["function/x0=3"][1] == 9
    assert np.isnan(found["function/x0=3"][0])


@pytest.mark.parametrize(
    ("fields", "inputs", "message"),
    [
        (
            {"inputs": ["age"]},
            3,
            r"inputs is \['age'\]; it must be one or two of the data's 3 features, such as .*: x0, x1, x2",
        ),
        ({}, 3, r"inputs is \[\]; it must be one or two of the data's 3 features"),
        ({"inputs": ["x0", "x0"]}, 3, "it must be one or two"),
        ({"low": [0, 1]}, 1, "2 numbers in low or high for 1 inputs; give one, or one an input"),
        ({"points": 101}, 2, "would have 10,201 values, of at most 10,000; make points smaller"),
    ],
)
def test_what_cannot_be_is_said_before_training(fields, inputs, message):
    with pytest.raises(ValueError, match=message):
        FunctionValues(**fields).names(subject_of(Recipe(network=MLP(()), loss=SquaredError()), inputs, 1))


@pytest.mark.parametrize("wrong", ["x", None, [], [0, True], float("inf")], ids=repr)
def test_ends_are_numbers(wrong):
    with pytest.raises(ValueError, match=r"FunctionValues.low is .*; it must be a number"):
        FunctionValues(low=wrong)
