"""Path norms path by path."""

from itertools import product

import numpy as np
import pytest

from backprop.layers import Activation, Dense, Residual, Scale
from backprop.losses import SquaredError
from backprop.measures.path_norm import PathNorm
from backprop.network import MLP, Layers, ResidualMLP
from backprop.noise import Dropout, Noise
from backprop.normalization import LayerNorm
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)


def seen_with(network, R=2, **more):
    recipe = Recipe(network=network, loss=SquaredError(), **{"dtype": "float64", **more})
    parameters = DRAW.normal(size=(R, 1, recipe.layout(3, 2).count())).astype(recipe.dtype)
    return observed(recipe, DRAW.normal(size=(7, 3)), DRAW.normal(size=(7, 2)), range(R), parameters=parameters)


def test_every_path_counts_by_the_product_of_its_weights():
    seen = seen_with(MLP((5, 4)))
    W = seen.layout.weights(seen.parameters).matrices
    found = measured(PathNorm(), seen)["path_norm"]
    for r in range(2):
        paths = product(range(3), range(5), range(4), range(2))
        products = [W[0][r, i, j] * W[1][r, j, k] * W[2][r, k, out] for i, j, k, out in paths]
        assert found[r] == pytest.approx(np.linalg.norm(products), rel=1e-12)


def test_a_path_may_skip_a_residual_block_and_passes_a_scale_by_its_weight():
    seen = seen_with(Layers((Scale(), Residual((Dense(3), Activation("relu"))), Dense())))
    w, W, _, V, _ = (array[0] for array in seen.layout.arrays(seen.parameters))
    sums = (w**2) @ (np.eye(3) + W**2) @ V**2
    assert measured(PathNorm(), seen)["path_norm"][0] == pytest.approx(np.sqrt(sums.sum()), rel=1e-12)


def test_it_stays_when_a_units_incoming_weights_grow_and_its_outgoing_ones_shrink():
    seen = seen_with(MLP((5,)))
    before = measured(PathNorm(), seen)["path_norm"]
    W, V = seen.layout.weights(seen.parameters).matrices
    W[:, :, 2] *= 7
    V[:, 2, :] /= 7
    assert measured(PathNorm(), seen)["path_norm"] == pytest.approx(before, rel=1e-12)


def test_noise_in_training_changes_nothing_and_a_diverged_network_has_none():
    seen = seen_with(MLP((5,)), noise=Noise(hidden=Dropout(0.5)), dtype="float32")
    before = measured(PathNorm(), seen)["path_norm"]
    W, V = (one[1].astype(float) ** 2 for one in seen.layout.weights(seen.parameters).matrices)
    assert before[1] == pytest.approx(np.sqrt((W @ V).sum()), rel=1e-12)
    seen.parameters[0, 0, -1] = np.nan
    after = measured(PathNorm(), seen)["path_norm"]
    assert np.isnan(after[0])
    assert after[1] == before[1]


@pytest.mark.parametrize(
    ("network", "has"),
    [
        (MLP((5,), "tanh"), "tanh"),
        (ResidualMLP(5, 1, "sigmoid"), "sigmoid"),
        (Layers((Dense(5), LayerNorm(), Dense())), "LayerNorm"),
    ],
)
def test_there_is_none_where_outputs_do_not_scale_with_weights(network, has):
    with pytest.raises(ValueError, match=f"PathNorm is of networks of relu or identity layers, and this .* has {has}"):
        PathNorm().names(subject_of(Recipe(network=network, loss=SquaredError()), 3, 2))
