"""Coefficients of linear networks against scikit-learn's, and products of layers against products of matrices."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from backprop.layers import Activation, Dense, Residual, Scale
from backprop.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError
from backprop.measures.coefficients import Coefficients
from backprop.measures.measure import Scales
from backprop.network import MLP, Diagonal, Layers, apply
from backprop.normalization import BatchNorm, LayerNorm
from backprop.optimizers import SGD
from backprop.penalties import L1, L2
from backprop.sets import Scale as ColumnScale
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)
raw_x, raw_y = load_diabetes(return_X_y=True, scaled=False)
mean, scale = raw_x.mean(axis=0), raw_x.std(axis=0)
x, y = (raw_x - mean) / scale, ((raw_y - raw_y.mean()) / raw_y.std())[:, None]
SCALED = [Scales(ColumnScale(mean, scale), ColumnScale(raw_y.mean(keepdims=True), raw_y.std(keepdims=True)))]


def descended(network, penalty, eta=0.2, epochs=6000):
    return Recipe(
        network=network,
        loss=SquaredError(),
        optimizer=SGD(eta),
        penalty=penalty,
        batch_size=None,
        epochs=epochs,
        dtype="float64",
    )


def both(found):
    coefficients = np.array([value[0] for name, value in found.items() if name.startswith("coefficient")])
    return coefficients, found["intercept"][0]


def test_ridge_has_scikit_learns_coefficients_in_the_units_that_the_network_sees():
    """(1/n)‖r‖² + ½ λ ‖w‖² is Ridge's with α = n λ / 2."""
    found, intercept = both(measured(Coefficients(), observed(descended(MLP(()), L2(0.2), epochs=1500), x, y)))
    oracle = Ridge(alpha=len(x) * 0.1).fit(x, y[:, 0])
    assert found == pytest.approx(oracle.coef_, abs=1e-9)
    assert intercept == pytest.approx(oracle.intercept_, abs=1e-9)


def test_the_lasso_has_scikit_learns_coefficients_with_the_same_zeros():
    """(1/n)‖r‖² + λ Σ|w| is twice Lasso's (1/2n)‖r‖² + α Σ|w| with α = λ / 2."""
    found, _ = both(measured(Coefficients(), observed(descended(MLP(()), L1(0.2), epochs=4000), x, y)))
    oracle = Lasso(alpha=0.1, tol=1e-12, max_iter=100_000).fit(x, y[:, 0])
    assert found == pytest.approx(oracle.coef_, abs=1e-8)
    assert ((found == 0) == (oracle.coef_ == 0)).all()


def test_in_units_of_the_data_they_are_those_of_raw_columns():
    solved = np.linalg.lstsq(np.hstack([x, np.ones_like(y)]), y)[0]
    seen = observed(descended(MLP(()), None), x, y, parameters=solved.reshape(1, 1, -1), scales=SCALED)
    found, intercept = both(measured(Coefficients("data"), seen))
    oracle = LinearRegression().fit(raw_x, raw_y)
    assert found == pytest.approx(oracle.coef_, rel=1e-9)
    assert intercept == pytest.approx(oracle.intercept_, rel=1e-9)


def test_products_of_layers_with_an_l2_penalty_are_the_lasso():
    """½ λ (u² + v²) is least, for a given product w = u v, at λ |w|: Lasso with α = λ / 2."""
    found, _ = both(measured(Coefficients(), observed(descended(Diagonal(), L2(0.2), 0.05), x, y)))
    oracle = Lasso(alpha=0.1, tol=1e-12, max_iter=100_000).fit(x, y[:, 0])
    assert found == pytest.approx(oracle.coef_, abs=1e-5)


def test_a_product_of_layers_multiplies_out():
    """(((x W + b) ∘ w) + itself V) U with biases: by the matrices' own products."""
    network = Layers((Dense(5), Scale(), Residual((Dense(5, bias=False),)), Dense()))
    recipe = Recipe(network=network, loss=SquaredError(), dtype="float64")
    parameters = DRAW.normal(size=(2, 1, recipe.layout(3, 2).count()))
    seen = observed(recipe, DRAW.normal(size=(7, 3)), DRAW.normal(size=(7, 2)), seeds=(0, 1), parameters=parameters)
    W, b, w, V, U, c = seen.layout.arrays(parameters)
    twice = (w.mT * np.eye(5)) @ (np.eye(5) + V) @ U
    found = measured(Coefficients(), seen)
    for r in range(2):
        got = np.array([[found[f"coefficient/x{j}/y{k}"][r] for k in range(2)] for j in range(3)])
        assert got == pytest.approx((W @ twice)[r], rel=1e-12)
        assert [found[f"intercept/y{k}"][r] for k in range(2)] == pytest.approx((b @ twice + c)[r, 0], rel=1e-12)


def test_batch_norm_is_affine_in_evaluation_and_its_coefficients_make_the_outputs():
    network = Layers((Dense(5), BatchNorm(), Dense()))
    seen = observed(Recipe(network=network, loss=SquaredError(), batch_size=17, epochs=3), x[:101], y[:101])
    found, intercept = both(measured(Coefficients(), seen))
    answered = apply(seen.layout, seen.layout.settled(seen.parameters, seen.examples.x), seen.examples.x)[0]
    assert x[:101] @ found + intercept == pytest.approx(answered[0, :, 0], abs=1e-5)


@pytest.mark.parametrize(
    "layer", [Activation("relu"), Activation("leaky_relu"), Activation("tanh"), LayerNorm()], ids=repr
)
def test_there_are_none_of_networks_that_are_not_linear(layer):
    recipe = Recipe(network=Layers((Dense(5), layer, Dense())), loss=SquaredError())
    because = (
        f"its activation is {layer.function}" if isinstance(layer, Activation) else "one of its layers is not affine"
    )
    with pytest.raises(ValueError, match=f"Coefficients is of linear networks, and this Layers is none: {because}"):
        Coefficients().names(subject_of(recipe, 3, 1))


def test_an_identity_between_layers_leaves_a_network_linear():
    recipe = Recipe(network=MLP((5,), "identity"), loss=SquaredError())
    assert Coefficients().names(subject_of(recipe, 2, 1)) == ("coefficient/x0", "coefficient/x1", "intercept")


def test_two_classes_by_one_output_have_coefficients_without_a_class():
    subject = subject_of(Recipe(network=MLP(()), loss=BinaryCrossEntropy()), 2, 1)._replace(outputs=("no", "yes"))
    assert Coefficients().names(subject) == ("coefficient/x0", "coefficient/x1", "intercept")
    of_two = subject_of(Recipe(network=MLP(()), loss=SoftmaxCrossEntropy()), 1, 2)._replace(outputs=("no", "yes"))
    assert Coefficients().names(of_two) == ("coefficient/x0/no", "coefficient/x0/yes", "intercept/no", "intercept/yes")


def test_a_diverged_network_has_none_and_leaves_its_neighbour_alone():
    recipe = Recipe(network=MLP(()), loss=SquaredError())
    parameters = np.array([[[np.nan, 1, 1]], [[2, 3, 4]]], "float32")
    found = measured(Coefficients(), observed(recipe, x[:7, :2], y[:7], seeds=(0, 1), parameters=parameters))
    assert [found[name][1] for name in ("coefficient/x0", "coefficient/x1", "intercept")] == [2, 3, 4]
    assert all(np.isnan(value[0]) for value in found.values())


def test_products_of_layers_in_single_precision_are_multiplied_in_double():
    recipe = Recipe(network=MLP((5,), "identity"), loss=SquaredError())
    parameters = DRAW.normal(size=(1, 1, recipe.layout(3, 1).count())).astype("float32")
    seen = observed(recipe, x[:7, :3], y[:7], parameters=parameters)
    W, _, V, _ = (array[0].astype(float) for array in seen.layout.arrays(parameters))
    found, _ = both(measured(Coefficients(), seen))
    assert found == pytest.approx((W @ V)[:, 0], rel=1e-12)
