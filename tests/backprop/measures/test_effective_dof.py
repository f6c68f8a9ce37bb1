"""Degrees of freedom against the sensitivity of closed-form fits, and of trained networks, to their own targets."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from backprop.augmentations import Mixup
from backprop.constraints import MaxNorm
from backprop.layers import Dense
from backprop.losses import SoftmaxCrossEntropy, SquaredError, SquaredErrorOnClasses
from backprop.measures.effective_dof import EffectiveDof
from backprop.network import MLP, Diagonal, Layers, apply
from backprop.noise import Dropout, Noise
from backprop.optimizers import SGD
from backprop.penalties import L1, L2
from backprop.training import Examples, Recipe, train
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)
n, D = 13, 4
x, y = DRAW.normal(size=(n, D)) * [1, 2, 0.5, 3] + 1, DRAW.normal(size=(n, 1))


def recipe_with(penalty=None, network=None, **more):
    return Recipe(**{
        "network": network or MLP(()), "loss": SquaredError(), "penalty": penalty, "optimizer": SGD(0.05), "batch_size": None,
        "epochs": 6000, "dtype": "float64", **more,
    })  # fmt: skip


def dof(recipe):
    return measured(EffectiveDof(), observed(recipe, x, y, parameters=np.zeros((1, 1, recipe.layout(D, 1).count()))))[
        "effective_dof"
    ][0]


@pytest.mark.parametrize("strength", [0.01, 0.5, 7.0])
def test_it_is_the_sensitivity_of_scikit_learns_ridge(strength):
    """Ridge's α is n λ / 2; fits are linear in the targets, so a difference of fits is the derivative itself."""

    def fitted(y):
        return Ridge(alpha=n * strength / 2).fit(x, y).predict(x)

    sensitivity = sum(fitted(y[:, 0] + e)[i] - fitted(y[:, 0])[i] for i, e in enumerate(np.eye(n)))
    assert dof(recipe_with(L2(strength))) == pytest.approx(sensitivity, rel=1e-10)


@pytest.mark.parametrize(
    ("penalty", "network"),
    [
        (L2(0.5), MLP(())),
        (L2(0.5, biases=True), MLP(())),
        (L2(0.5), Layers((Dense(bias=False),))),
        (L2(0.5, "proximal"), MLP(())),
    ],
)
def test_it_is_the_sensitivity_of_trained_networks(penalty, network):
    """n + 1 networks at once, each with one target moved, and one with none: Σ of what their own outputs move by."""
    recipe = recipe_with(penalty, network)
    moved = y + np.concatenate([np.eye(n), np.zeros((1, n))])[..., None]
    rows = np.broadcast_to(x, (n + 1, n, D)).copy()
    *_, last = train(recipe, Examples(rows, moved, np.arange(n + 1)), [0] * (n + 1), {recipe.epochs})
    z = apply(last.layout, last.layout.views(last.parameters), rows)[0][..., 0]
    sensitivity = sum(z[i, i] - z[n, i] for i in range(n))
    assert dof(recipe) == pytest.approx(sensitivity, rel=1e-6)


def test_without_a_penalty_it_is_the_rank_and_with_a_heavy_one_the_intercepts():
    assert dof(recipe_with()) == pytest.approx(D + 1)
    assert dof(recipe_with(L2(1e9))) == pytest.approx(1, abs=1e-6)
    assert dof(recipe_with(L2(1e9, biases=True))) == pytest.approx(0, abs=1e-6)
    wide = recipe_with()
    seen = observed(wide, np.hstack([x, x @ DRAW.normal(size=(D, 2))]), y, parameters=np.zeros((1, 1, D + 3)))
    assert measured(EffectiveDof(), seen)["effective_dof"][0] == pytest.approx(D + 1)


def test_each_network_has_its_own_strength_and_data_and_a_diverged_one_has_none():
    recipe = recipe_with(L2(np.array([[[0.1]], [[0.7]], [[0.7]]])))
    parameters = np.zeros((3, 1, D + 1))
    parameters[2] = np.nan
    found = measured(EffectiveDof(), observed(recipe, x, y, range(3), parameters=parameters))["effective_dof"]
    assert found[:2] == pytest.approx([dof(recipe_with(L2(0.1))), dof(recipe_with(L2(0.7)))])
    assert np.isnan(found[2])


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"loss": SoftmaxCrossEntropy()}, "loss is SoftmaxCrossEntropy"),
        ({"loss": SquaredErrorOnClasses([1, 2])}, "class_weights is set"),
        ({"network": MLP((5,), "identity")}, "the network has other layers than one Dense"),
        ({"network": Diagonal()}, "the network has other layers than one Dense"),
        ({"noise": Noise(inputs=Dropout(0.3))}, "the network has other layers than one Dense, or noise"),
        ({"noise": Noise(weights=Dropout(0.3))}, "the network has other layers than one Dense, or noise"),
        ({"penalty": L1(0.1)}, "penalty is L1 by the method proximal"),
        ({"penalty": L2(0.1, "decoupled")}, "penalty is L2 by the method decoupled"),
        ({"constraint": MaxNorm(1.0)}, "constraint is MaxNorm"),
        ({"augmentation": Mixup()}, "augmentation is Mixup"),
    ],
)
def test_there_is_none_of_what_is_no_ridge_regression(more, because):
    with pytest.raises(ValueError, match=f"Here {because}"):
        EffectiveDof().names(subject_of(recipe_with(**more), D, 2))
