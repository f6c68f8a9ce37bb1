"""Curvatures against those of dense matrices, and the edge of stability."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from backprop.curvature import largest_eigenvalue, of
from backprop.hessian import hessian
from backprop.initializations import Normal
from backprop.layers import Dense
from backprop.losses import SigmoidSquaredError, SoftmaxCrossEntropy, SquaredError
from backprop.measures.sharpness import HessianTrace, Sharpness
from backprop.network import MLP, Layers, apply
from backprop.optimizers import SGD
from backprop.penalties import L1, L2, DistanceToStart
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed

DRAW = np.random.default_rng(0)
R, n, INPUTS, OUTPUTS = 2, 11, 3, 2
x, y = DRAW.normal(size=(R, n, INPUTS)), np.eye(OUTPUTS)[DRAW.integers(0, OUTPUTS, size=(R, n))]


def seen_with(recipe, **more):
    parameters = DRAW.normal(size=(R, 1, recipe.layout(INPUTS, OUTPUTS).count()))
    return observed(recipe, x, y, seeds=(0, 1), parameters=parameters, **more)


def dense_gauss_newton(recipe, r, W):
    """Σᵢ Jᵢᵀ Hᵢ Jᵢ / n by differences of outputs, the loss's Hessian by the outputs by differences of its gradient."""
    layout, step = recipe.layout(INPUTS, OUTPUTS), 1e-5

    def outputs(W):
        return apply(layout, layout.views(W), x[r : r + 1])[0]

    def slope(z):
        return recipe.loss(z, y[r : r + 1])[1]().ravel()

    z, P = outputs(W), W.shape[-1]
    J = np.stack([(outputs(W + step * e) - outputs(W - step * e)).ravel() / (2 * step) for e in np.eye(P)], axis=1)
    bends = [slope(z + step * e) - slope(z - step * e) for e in np.eye(z.size).reshape(-1, *z.shape)]
    return J.T @ (np.stack(bends) / (2 * step)) @ J


@pytest.mark.parametrize("network", [MLP((5,), "tanh"), MLP(()), MLP((2,), "sigmoid")], ids=repr)
@pytest.mark.parametrize(
    "loss", [SoftmaxCrossEntropy(0.1, [1, 3]), SigmoidSquaredError(), SoftmaxCrossEntropy(0, "balanced")], ids=repr
)
def test_the_largest_eigenvalue_is_the_dense_hessians(network, loss):
    recipe = Recipe(network=network, loss=loss, penalty=L2(0.3), dtype="float64")
    seen = seen_with(recipe)
    found = measured(Sharpness(), seen)["sharpness/hessian"]
    for r in range(R):
        surface = of(with_weights_of(recipe, r), x[r], y[r])
        assert found[r] == pytest.approx(
            np.linalg.eigvalsh(hessian(surface.gradient_at, seen.parameters[r : r + 1])[0])[-1]
        )


def with_weights_of(recipe, r):
    """The recipe, with the class weights that balance the targets of replica r."""
    from dataclasses import replace

    if recipe.loss.__dict__.get("class_weights") != "balanced":
        return recipe
    counts = y[r].sum(axis=0)
    return replace(recipe, loss=replace(recipe.loss, class_weights=tuple(n / (OUTPUTS * counts))))


@pytest.mark.parametrize("network", [MLP((5,), "tanh"), MLP((5,)), MLP((2,), "sigmoid")], ids=repr)
@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(0.1, [1, 3]), SigmoidSquaredError()], ids=repr)
def test_the_gauss_newton_matrix_is_the_dense_one(network, loss):
    recipe = Recipe(network=network, loss=loss, dtype="float64")
    seen = seen_with(recipe)
    found = measured(Sharpness(), seen)["sharpness/gauss_newton"]
    dense = [np.linalg.eigvalsh(dense_gauss_newton(recipe, r, seen.parameters[r : r + 1]))[-1] for r in range(R)]
    assert found == pytest.approx(dense, rel=1e-6)
    penalized = measured(
        Sharpness(), seen._replace(recipe=Recipe(network=network, loss=loss, penalty=L2(0.3, biases=True)))
    )
    assert penalized["sharpness/gauss_newton"] == pytest.approx(np.array(dense) + 0.3, rel=1e-6)


def test_of_a_linear_network_both_are_the_same_and_known():
    """(1/n) ‖X w − y‖² + ½ λ ‖w‖² has the Hessian 2 XᵀX / n + λ, whatever the weights, once for each output."""
    recipe = Recipe(
        network=Layers((Dense(bias=False),)), loss=SquaredError(), penalty=L2(0.3), dtype="float64", optimizer=SGD(0.07)
    )
    found = measured(Sharpness(), seen_with(recipe))
    expected = np.array([np.linalg.eigvalsh(2 * X.T @ X / n)[-1] + 0.3 for X in x])
    assert found["sharpness/hessian"] == pytest.approx(expected)
    assert found["sharpness/gauss_newton"] == pytest.approx(expected)
    assert found["sharpness/stability"] == pytest.approx(0.07 * expected / 2)


def test_networks_in_float32_are_measured_in_float64():
    wide = MLP((5,), "tanh")
    parameters = DRAW.normal(size=(R, 1, 32)).astype("float32")
    fine, coarse = (
        measured(
            Sharpness(),
            observed(
                Recipe(network=wide, dtype=dtype), np.round(x, 1).astype("float32"), y, (0, 1), parameters=parameters
            ),
        )
        for dtype in ("float64", "float32")
    )
    for name in fine:
        assert coarse[name] == pytest.approx(fine[name], rel=1e-12)


def test_the_first_examples_alone_count_where_a_limit_says_so():
    recipe = Recipe(network=MLP((2,), "tanh"), dtype="float64")
    seen = seen_with(recipe)
    short = observed(recipe, x[:, :5], y[:, :5], (0, 1), parameters=seen.parameters)
    assert measured(Sharpness(5), seen)["sharpness/hessian"] == pytest.approx(
        measured(Sharpness(), short)["sharpness/hessian"]
    )
    assert measured(Sharpness(None), seen)["sharpness/hessian"] == pytest.approx(
        measured(Sharpness(), seen)["sharpness/hessian"]
    )
    for wrong in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"Sharpness.examples is {wrong!r}; it must be a whole number"):
            Sharpness(wrong)


@pytest.mark.parametrize(
    ("penalty", "adds"), [(L2(0.3, "decoupled"), 0), (L1(0.3), 0), (DistanceToStart(0.3), 0.3)], ids=repr
)
def test_a_penalty_bends_the_objective_where_it_acts_by_its_gradient(penalty, adds):
    def found(penalty):
        recipe = Recipe(
            network=Layers((Dense(bias=False),)),
            loss=SquaredError(),
            penalty=penalty,
            optimizer=SGD(0.1),
            dtype="float64",
        )
        return measured(Sharpness(), observed(recipe, x, y, (0, 1), parameters=np.ones((R, 1, 6))))["sharpness/hessian"]

    assert found(penalty) == pytest.approx(found(None) + adds)


def test_strengths_of_each_replica_are_its_own():
    recipe = Recipe(
        network=Layers((Dense(bias=False),)),
        loss=SquaredError(),
        penalty=L2(np.array([[[0.1]], [[0.7]]])),
        dtype="float64",
    )
    found = measured(Sharpness(), seen_with(recipe))["sharpness/hessian"]
    assert found == pytest.approx(
        [np.linalg.eigvalsh(2 * X.T @ X / n)[-1] + s for X, s in zip(x, (0.1, 0.7), strict=True)]
    )


def test_a_diverged_network_has_none_and_leaves_its_neighbour_alone():
    seen = seen_with(Recipe(network=MLP((5,), "tanh"), dtype="float64"))
    both = [measured(measure, seen) for measure in (Sharpness(), HessianTrace(7))]
    seen.parameters[0, 0, 3] = np.inf
    for measure, before in zip((Sharpness(), HessianTrace(7)), both, strict=True):
        for name, value in measured(measure, seen).items():
            assert np.isnan(value[0])
            assert value[1] == before[name][1]


def test_curvature_that_overflows_is_unknown_and_none_at_all_is_zero():
    W = np.ones((1, 1, 23))
    for few_or_many in (W, W[..., :2]):
        with np.errstate(all="ignore"):
            assert np.isnan(largest_eigenvalue(lambda W: W * np.inf, few_or_many))
    assert largest_eigenvalue(lambda W: 0 * W, W) == pytest.approx(0)
    assert largest_eigenvalue(lambda W: 3 * W, W[..., :1]) == 3


def test_the_trace_lies_within_its_errors_of_the_dense_hessians():
    recipe = Recipe(network=MLP((5,), "tanh"), dtype="float64")
    seen = seen_with(recipe)
    found = measured(HessianTrace(400), seen)
    for r in range(R):
        H = hessian(of(recipe, x[r], y[r]).gradient_at, seen.parameters[r : r + 1])[0]
        assert abs(found["hessian/trace"][r] - np.trace(H)) < 3 * found["hessian/trace_error"][r]
        sd = np.sqrt(2 * ((H - np.diag(np.diag(H))) ** 2).sum())  # Hutchinson's variance, 2 Σ off-diagonal H² a probe
        assert found["hessian/trace_error"][r] == pytest.approx(sd / 20, rel=0.2)


@pytest.mark.slow
def test_full_batch_descent_comes_to_the_edge_of_stability():
    """Sharpness rises from below half of 2/η to 2/η, and stays there, within 5 %. Cohen et al., ICLR 2021."""
    rows, labels = load_digits(return_X_y=True)
    rows, targets = rows[:100] / 16, np.eye(10)[labels[:100]]
    network = MLP((32, 32), "tanh", initialization=Normal(0.1))
    recipe = Recipe(
        network=network, loss=SquaredError(), optimizer=SGD(0.2), batch_size=None, epochs=2000, dtype="float64"
    )
    seen = {steps: observed(recipe, rows - rows.mean(axis=0), targets, steps=steps) for steps in (0, 1200, 1999, 2000)}
    start, *late = (measured(Sharpness(), one)["sharpness/stability"][0] for one in seen.values())
    assert start < 0.5
    assert late == pytest.approx([1, 1, 1], abs=0.05)
