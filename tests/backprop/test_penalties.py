"""Structured penalties by hand, and where descent under them ends."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from backprop.arrays import per_replica
from backprop.averaging import Polyak
from backprop.classroom.gradcheck import gradient_error
from backprop.hessian import hessian
from backprop.initializations import Normal, Zeros
from backprop.losses import SquaredError
from backprop.network import MLP, Diagonal, lay_out
from backprop.optimizers import SGD, AdamW, Newton
from backprop.penalties import L1, L2, DistanceToStart, GroupLasso, SpectralNorm, from_start
from backprop.training import Examples, Recipe, objective, objective_gradient, train
from tests.backprop.made import weights_of

N, D, K = 29, 5, 3
draw = np.random.default_rng(0)
X, Y = draw.standard_normal((N, D)), draw.standard_normal((N, K))
W = np.array([[[3.0, 4.0], [0.0, 0.0], [0.6, 0.8]]])  # rows of norm 5, 0, 1; columns of norm √9.36, √16.64


def step(penalty, matrix, c):
    weights = weights_of(matrix.copy())
    penalty.proximal(weights, c)
    return weights.matrices[0]


def gradient(penalty, matrix):
    W, g = weights_of(matrix), weights_of(np.zeros_like(matrix))
    penalty.add_gradient(g, W)
    return g.matrices[0]


def test_the_value_of_a_group_lasso_by_hand():
    """Three rows of two weights: 0.5 √2 (5 + 0 + 1). Two columns of three: 0.5 √3 (√9.36 + √16.64)."""
    assert GroupLasso(0.5, "inputs").value(weights_of(W)).item() == pytest.approx(0.5 * 2**0.5 * 6)
    units = 0.5 * 3**0.5 * (9.36**0.5 + 16.64**0.5)
    assert GroupLasso(0.5, "units").value(weights_of(W)).item() == pytest.approx(units)


def test_the_gradient_of_a_group_lasso_has_one_length_in_every_group_but_that_of_zeros():
    g = gradient(GroupLasso(0.5), W)
    assert_allclose(g, 0.5 * 2**0.5 * np.array([[[0.6, 0.8], [0, 0], [0.6, 0.8]]]))


def test_the_proximal_step_of_a_group_lasso_drops_short_rows_and_shortens_long_ones():
    """c λ √|g| = 2: the row of norm 5 keeps 3/5, that of norm 1 keeps nothing, and 0 stays 0."""
    left = step(GroupLasso(1.0), W, 2 / 2**0.5)
    assert_allclose(left, [[[1.8, 2.4], [0, 0], [0, 0]]])
    assert (left[0, 1:] == 0).all()
    assert (step(GroupLasso(1.0, "units"), W[..., :1], 3.1 / 3**0.5) == 0).all()  # the column's norm is √9.36 = 3.06


def test_groups_of_one_weight_are_l1():
    column = draw.standard_normal((2, 7, 1))
    for c in (0.1, 1.0):
        assert_allclose(step(GroupLasso(0.7), column, c), step(L1(0.7), column, c), atol=1e-15)


@pytest.mark.parametrize("groups", ["inputs", "units"])
def test_a_weight_of_a_diagonal_is_a_group_of_its_own(groups):
    layout = lay_out(Diagonal(initial=1.0), 3, 1)
    W = layout.weights(np.array([[[2.0, -0.5, 0.3, 0, 0, 0, 0]]]))
    assert GroupLasso(0.5, groups).value(W).item() == pytest.approx(0.5 * 2.8)
    GroupLasso(0.5, groups).proximal(W, 1.0)
    assert_allclose(W.diagonals[0], [[[1.5, 0, 0]]])


def linear(penalty, optimizer=None, epochs=3000, initialization=Zeros(), **more):  # noqa: B008
    return Recipe(
        network=MLP((), initialization=initialization),
        loss=SquaredError(),
        optimizer=optimizer or SGD(0.2),
        penalty=penalty,
        batch_size=None,
        epochs=epochs,
        dtype="float64",
        **more,
    )


def path(recipe, seeds, at):
    data = Examples(X[None], (Y - Y.mean(axis=0))[None], np.zeros(len(seeds), int))
    return [one.layout.weights(one.parameters).matrices[0].copy() for one in train(recipe, data, seeds, at)]


def test_all_groups_are_0_from_the_strength_on_at_which_no_slope_at_0_exceeds_the_penalty():
    """Features are not centered, but targets are: the intercept that fits is 0 where W = 0."""
    root = K**0.5
    slopes = np.linalg.norm(2 * X.T @ (Y - Y.mean(axis=0)) / N, axis=1)
    strengths = per_replica([1.001 * slopes.max() / root, 0.999 * slopes.max() / root], "float64")
    (W,) = path(linear(GroupLasso(strengths), SGD(0.05)), [0, 0], {3000})
    kept = (W != 0).any(axis=-1)
    assert kept[0].sum() == 0
    assert kept[1].tolist() == (slopes == slopes.max()).tolist()


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 3, 5), (2, 3, 1)])
def test_the_spectral_norm_is_numpys(shape):
    matrix = draw.standard_normal(shape)
    U, sigma, VT = np.linalg.svd(matrix, full_matrices=False)
    value = SpectralNorm(0.7).value(weights_of(matrix))
    assert_allclose(value[:, 0, 0], 0.5 * 0.7 * sigma[:, 0] ** 2, rtol=1e-12)
    expected = 0.7 * sigma[:, :1, None] * U[:, :, :1] @ VT[:, :1]
    assert_allclose(gradient(SpectralNorm(0.7), matrix), expected, rtol=1e-10, atol=1e-12)


def test_the_proximal_step_of_the_spectral_norm_caps_the_largest_singular_values():
    """Singular values 5, 4, 1 and c λ = 1: (5 + 4) / (2 + 1) = 3 is the largest of 5/2, 9/3, 10/4."""
    capped = step(SpectralNorm(2.0), np.diag([1.0, 5.0, 4.0])[None], 0.5)
    assert_allclose(capped, np.diag([1.0, 3.0, 3.0])[None], atol=1e-14)


def test_a_network_that_is_0_has_a_spectral_norm_and_curvature():
    recipe = linear(SpectralNorm(0.1), Newton(), epochs=2)
    (W,) = path(recipe, [0], {2})
    assert np.isfinite(W).all()


def test_newtons_method_ends_where_gradient_descent_does_under_the_spectral_norm():
    """From other weights: only right second derivatives lead there in twenty steps."""
    (by_newton,) = path(linear(SpectralNorm(0.3), Newton(), 20, Normal(0.5)), [1], {20})
    (by_descent,) = path(linear(SpectralNorm(0.3), epochs=5000), [0], {5000})
    assert_allclose(by_newton, by_descent, atol=1e-9)


def ridge_around(start, strength):
    """The least of (1/N) ‖Y − XW‖² + ½ λ ‖W − W₀‖² over centered data."""
    A, B = X - X.mean(axis=0), Y - Y.mean(axis=0)
    H = 2 * A.T @ A / N + strength * np.eye(D)
    return np.linalg.solve(H, 2 * A.T @ B / N + strength * start)


@pytest.mark.parametrize("method", ["gradient", "proximal", "decoupled"])
def test_distance_to_start_is_ridge_around_each_replicas_own_start(method):
    """Under plain gradient descent all three methods stand still at the same weights."""
    penalty = DistanceToStart(per_replica([0.3, 0.3, 2.0], "float64"), method)
    start, end = path(linear(penalty, epochs=4000, initialization=Normal(1.0)), [1, 2, 2], {0, 4000})
    assert np.abs(start[0] - start[1]).min() > 0
    for r, strength in enumerate((0.3, 0.3, 2.0)):
        assert_allclose(end[r], ridge_around(start[r], strength), atol=1e-9)


def test_newton_and_averaged_weights_have_the_same_start():
    newton = linear(DistanceToStart(0.3), Newton(), 2, Normal(1.0))
    averaged = linear(DistanceToStart(0.3), SGD(0.2), 6000, Normal(1.0), averaging=Polyak(0.5))
    for recipe, steps in ((newton, 2), (averaged, 6000)):
        start, end = path(recipe, [3], {0, steps})
        assert_allclose(end[0], ridge_around(start[0], 0.3), atol=1e-9)


def test_the_objective_around_a_start_has_its_gradient_and_curvature():
    layout = lay_out(MLP(()), D, K)
    start = draw.standard_normal((1, 1, layout.count()))
    penalty = from_start(DistanceToStart(0.3), layout.weights(start))
    recipe, x, y = linear(penalty), X[None], Y[None]
    v = draw.standard_normal(start.shape)

    def J(W):
        return objective(recipe, layout, x, y, W), [objective_gradient(recipe, layout, x, y, W)]

    assert gradient_error(J, v) < 1e-6
    with_l2 = linear(L2(0.3))
    ours, theirs = (
        hessian(lambda W, one=one: objective_gradient(one, layout, x, y, W), v) for one in (recipe, with_l2)
    )
    assert_allclose(ours, theirs, atol=1e-12)


def test_decoupled_distance_to_start_from_0_is_adamw():
    """W ← W − η λ (W − 0) before Adam's step."""
    (ours,) = path(linear(DistanceToStart(0.3, "decoupled"), AdamW(0.01, 0.0), 50), [0], {50})
    (theirs,) = path(linear(None, AdamW(0.01, 0.3), 50), [0], {50})
    assert_allclose(ours, theirs, rtol=1e-12)


def test_biases_go_back_to_their_start_where_asked():
    layout = lay_out(MLP(()), 2, 1)
    parameters, start = np.array([[[3.0, 5.0, 7.0]]]), np.array([[[1.0, 1.0, 1.0]]])
    for biases, expected in ((False, [2.0, 3.0, 7.0]), (True, [2.0, 3.0, 4.0])):
        penalty = from_start(DistanceToStart(1.0, biases=biases), layout.weights(start, biases))
        penalty.proximal(layout.weights(moved := parameters.copy(), biases), 1.0)
        assert moved.ravel().tolist() == expected


def test_a_distance_to_an_unknown_start_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"has not seen the initial weights; backprop\.penalties\.from_start"):
        DistanceToStart(0.3).value(weights_of(W))


def test_a_penalty_of_the_users_own_needs_to_know_nothing_of_starts():
    class Sum:
        method, biases = "gradient", False

        def value(self, W):
            return W.flat.sum(axis=-1, keepdims=True)

        def add_gradient(self, g, W, scale=1.0):
            g.flat[...] += scale

        def proximal(self, W, c):
            W.flat[...] -= c

    mine = Sum()
    assert from_start(mine, weights_of(W)) is mine
    plain, moved = (path(linear(one, SGD(0.1), 1), [0], {1})[0] for one in (None, mine))
    assert_allclose(moved, plain - 0.1)
