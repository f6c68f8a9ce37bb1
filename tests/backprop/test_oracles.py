"""Regularisers against closed forms and scikit-learn, on data whose answer is known."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet as SklearnElasticNet
from sklearn.linear_model import Lasso, Ridge

from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.optimizers import SGD, Momentum
from backprop.penalties import L1, L2, ElasticNet
from backprop.training import Examples, Recipe, train

x, y = load_diabetes(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)
y = ((y - y.mean()) / y.std())[:, None]
n = len(x)


def fitted(penalty, optimizer, epochs=4000):
    """Coefficients and intercept of a linear network after full-batch descent on the mean squared error."""
    recipe = Recipe(
        network=MLP(()),
        loss=SquaredError(),
        optimizer=optimizer,
        penalty=penalty,
        batch_size=None,
        epochs=epochs,
        dtype="float64",
    )
    *_, last = train(recipe, Examples(x[None], y[None], np.array([0])), [0], {epochs})
    ((W, b),) = last.layers
    return W[0, :, 0], b.item()


@pytest.mark.parametrize("method", ["gradient", "proximal"])
def test_l2_is_ridge(method):
    """(1/n)‖r‖² + ½ λ ‖w‖² has the minimum of ‖r‖² + α ‖w‖² with α = n λ / 2; the intercept is not penalised."""
    W, b = fitted(L2(0.2, method), SGD(0.2), epochs=6000)
    ridge = Ridge(alpha=n * 0.2 / 2).fit(x, y[:, 0])
    assert ridge.coef_ == pytest.approx(W, abs=1e-9)
    assert b == pytest.approx(ridge.intercept_, abs=1e-9)


@pytest.mark.parametrize("optimizer", [SGD(0.2), Momentum(0.05, 0.8)], ids=["SGD", "Momentum"])
def test_proximal_l1_is_the_lasso_with_the_same_zeros(optimizer):
    """(1/n)‖r‖² + λ Σ|w| is twice (1/2n)‖r‖² + α Σ|w| with α = λ / 2."""
    W, _ = fitted(L1(0.2), optimizer)
    lasso = Lasso(alpha=0.1, tol=1e-12, max_iter=100_000).fit(x, y[:, 0])
    assert lasso.coef_ == pytest.approx(W, abs=1e-8)
    assert ((W == 0) == (lasso.coef_ == 0)).all()
    assert 0 < (W == 0).sum() < 10


def test_the_subgradient_of_l1_reaches_no_exact_zero():
    W, _ = fitted(L1(0.2, "gradient"), SGD(0.2))
    assert (W != 0).all()


def test_proximal_elastic_net_is_scikit_learns_with_the_same_zeros():
    """λ (ρ Σ|w| + ½ (1 − ρ) ‖w‖²) beside (1/n)‖r‖² is scikit-learn's penalty with α = λ / 2."""
    W, _ = fitted(ElasticNet(0.3, 0.6), SGD(0.2))
    oracle = SklearnElasticNet(alpha=0.15, l1_ratio=0.6, tol=1e-12, max_iter=100_000).fit(x, y[:, 0])
    assert oracle.coef_ == pytest.approx(W, abs=1e-8)
    assert ((W == 0) == (oracle.coef_ == 0)).all()


def test_gradient_descent_reaches_least_squares_with_the_published_error():
    """Efron's diabetes data: R² 0.5177484."""
    W, b = fitted(None, SGD(0.2), epochs=20_000)
    r = x @ W + b - y[:, 0]
    assert 1 - (r @ r) / (y[:, 0] @ y[:, 0]) == pytest.approx(0.5177484, abs=1e-7)
