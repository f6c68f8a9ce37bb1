"""Backtracking by hand; what it does for Newton where curvature vanishes; and that replicas do not share a step."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from backprop.arrays import per_replica
from backprop.classroom.gradcheck import gradient_error
from backprop.layout import initial_parameters
from backprop.line_search import backtracked
from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP, apply
from backprop.optimizers import Newton
from backprop.penalties import L1, L2
from backprop.stacking import stack
from backprop.training import Examples, Recipe, objective, objective_gradient, train


def bowl(W):
    """½ ‖W‖², whose gradient is W."""
    return 0.5 * (W * W).sum(axis=-1, keepdims=True)


def test_the_step_is_halved_until_the_objective_falls():
    """From 1 along d = 8: at −7 and −3 J is larger, at −1 it is what it was, at 0 it is less."""
    W = np.ones((1, 1, 1))
    assert backtracked(bowl, W, W, 8 * W, 1.0).item() == 0
    assert backtracked(bowl, W, W, W, 1.0).item() == 0  # the whole step
    assert backtracked(bowl, W, W, W, 0.5).item() == 0.5  # no more than what was asked for
    assert backtracked(bowl, W, W, 2.0001 * W, 1.0).item() == pytest.approx(1 - 2.0001 / 2)


def test_where_nothing_falls_the_weights_stay():
    W = np.ones((2, 1, 3))
    assert (backtracked(lambda V: bowl(V - W), W, W, W, 1.0) == W).all()


def test_every_replica_has_its_own_step_and_a_diverged_one_stays_alone():
    W, d = np.ones((4, 1, 1)), per_replica([8.0, 1.0, np.nan, 8.0], "float64")
    W[3] = np.inf
    with np.errstate(all="ignore"):  # as in the loop
        found = backtracked(bowl, W, W, d, per_replica([1.0, 0.5, 1.0, 1.0], "float64"))
    assert found[:2].ravel().tolist() == [0, 0.5]
    assert np.isnan(found[2])
    assert found[3] == np.inf


PENALTIES = [None, L2(0.3), L1(0.3, "gradient"), L1(0.3, "proximal"), L2(0.3, "decoupled")]


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_the_objective_is_what_the_objectives_gradient_is_of(penalty):
    draw = np.random.default_rng(0)
    x, y, network = draw.standard_normal((2, 7, 3)), draw.standard_normal((2, 7, 2)), MLP((5,), "tanh")
    recipe = Recipe(network=network, loss=SquaredError(), penalty=penalty, dtype="float64")
    layout = recipe.layout(3, 2)

    def J(W):
        return objective(recipe, layout, x, y, W), [objective_gradient(recipe, layout, x, y, W)]

    assert gradient_error(J, initial_parameters(layout, [0, 1], "float64")) < 1e-6


def test_on_a_quadratic_the_whole_step_is_taken():
    draw = np.random.default_rng(2)
    data = Examples(draw.standard_normal((1, 40, 5)), draw.standard_normal((1, 40, 1)), np.array([0]))

    def final(line_search):
        newton = Newton(damping=1e-6, line_search=line_search)
        recipe = Recipe(network=MLP(()), loss=SquaredError(), optimizer=newton, epochs=1, dtype="float64")
        *_, last = train(recipe, data, [0], {1})
        return last.parameters.copy()

    assert (final(line_search=True) == final(line_search=False)).all()


def two_irises(dtype):
    """Setosa and versicolor, which a line separates, standardised."""
    x, y = load_iris(return_X_y=True)
    x, y = x[y < 2], np.eye(2)[y[y < 2]]
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype(dtype)[None], y.astype(dtype)[None]


def losses(seeds, dtype="float64", **settings):
    """The training loss of each seed before the first step and after each of twenty."""
    x, y = two_irises(dtype)
    newtons = [Newton(damping=1e-6, **settings)] * len(seeds)
    recipe = Recipe(network=MLP((5,), "tanh"), loss=SoftmaxCrossEntropy(), batch_size=None, epochs=20, dtype=dtype)
    recipe = stack([Recipe(**{**vars(recipe), "optimizer": newton}) for newton in newtons], dtype)
    found = []
    for snapshot in train(recipe, Examples(x, y, np.zeros(len(seeds), int)), seeds, set(range(21))):
        z, _ = apply(snapshot.layout, snapshot.layout.views(snapshot.parameters), np.repeat(x, len(seeds), axis=0))
        found.append(recipe.loss(z, np.repeat(y, len(seeds), axis=0))[0].ravel())
    return np.array(found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_beside_separable_classes_the_loss_falls_at_every_step(dtype):
    """Whole steps end at losses above 1e3: saturated units have next to no curvature, by which the gradient is divided."""
    J = losses([0, 1, 2], dtype)
    assert (np.diff(J, axis=0) <= 1e-5 * J[:-1]).all()
    assert J[-1].max() < 1e-6
    assert losses([0, 1, 2], dtype, line_search=False)[-1].max() > 1e3


def test_a_replicas_step_does_not_depend_on_its_stack():
    together = losses([0, 1, 2])
    for place, seed in enumerate([0, 1, 2]):
        assert (losses([seed])[:, 0] == together[:, place]).all()
