"""Regularisers against closed forms and scikit-learn, on data whose answer is known."""

import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet as SklearnElasticNet
from sklearn.linear_model import Lasso, Ridge

from backprop.averaging import Polyak
from backprop.constraints import MaxNorm
from backprop.initializations import Normal, Zeros
from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.noise import Dropout, Gaussian, MultiplicativeGaussian, Noise
from backprop.optimizers import SGD, Momentum
from backprop.penalties import L1, L2, ElasticNet
from backprop.randomness import Streams
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
    W, b = last.layout.arrays(last.parameters)
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


def averaged_fit(noise, seeds, epochs=2500, learning_rate=0.02):
    """Averaged iterates of minibatch descent under noise: the mean over seeds, and the spread of a seed's weights."""
    recipe = Recipe(
        network=MLP(()),
        loss=SquaredError(),
        optimizer=SGD(learning_rate),
        averaging=Polyak(start=0.2),
        noise=noise,
        batch_size=64,
        epochs=epochs,
        dtype="float64",
    )
    data = Examples(x[None], y[None], np.zeros(len(seeds), int))
    *_, last = train(recipe, data, seeds, {epochs * recipe.steps_per_epoch(n)})
    return last.layout.weights(last.parameters).matrices[0][:, :, 0]


def ridge(penalty_of_column):
    """argmin (1/n)‖y − Xw‖² + Σ λⱼ wⱼ², the columns centred."""
    return np.linalg.solve(x.T @ x / n + np.diag(penalty_of_column), x.T @ y[:, 0] / n)


@pytest.mark.slow
def test_input_noise_of_variance_s2_is_ridge_with_s2_per_example():
    """E ‖y − (X + N) w‖² / n = ‖y − Xw‖² / n + s² ‖w‖². Bishop (1995)."""
    W = averaged_fit(Noise(inputs=Gaussian(np.sqrt(0.3))), seeds=range(8))
    expected = ridge(np.full(10, 0.3))
    error = np.linalg.norm(W.mean(axis=0) - expected) / np.linalg.norm(expected)
    assert error < 0.02
    assert (
        np.linalg.norm(W.mean(axis=0) - ridge(np.zeros(10))) / np.linalg.norm(expected) > 0.3
    )  # far from least squares


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [Dropout(0.3), MultiplicativeGaussian(np.sqrt(0.3 / 0.7))],
    ids=["dropout", "Gaussian of the same variance"],
)
def test_dropout_is_ridge_scaled_by_each_columns_second_moment(source):
    """Inverted dropout at rate q: (1/n)‖y − Xw‖² + (q / (1 − q)) Σ mⱼ wⱼ², mⱼ the mean of xⱼ²; so for equal variance."""
    W = averaged_fit(Noise(inputs=source), seeds=range(8))
    expected = ridge(0.3 / 0.7 * (x**2).mean(axis=0))
    assert np.linalg.norm(W.mean(axis=0) - expected) / np.linalg.norm(expected) < 0.02


def test_dropout_of_fixed_weights_costs_the_ridge_penalty():
    """The identity itself, by Monte Carlo, with columns of unequal size: no optimisation between."""
    w = np.linspace(-1, 1, 10)[None, :, None]
    scaled = x * np.linspace(0.5, 2, 10)
    streams, costs = Streams([0], "inputs"), []
    for _ in range(200):
        noisy, _ = Dropout(0.3)(scaled[None], streams)
        costs.append(((y - noisy @ w) ** 2).mean())
    penalty = 0.3 / 0.7 * ((scaled**2).mean(axis=0) * w[0, :, 0] ** 2).sum()
    standard_error = np.std(costs, ddof=1) / np.sqrt(len(costs))
    assert abs(np.mean(costs) - ((y - scaled @ w) ** 2).mean() - penalty) < 4 * standard_error


def test_early_stopped_descent_is_the_spectral_filter():
    """From w = 0, after k steps of rate η/2 on (1/n)‖r‖²: component i of the solution times 1 − (1 − η sᵢ)ᵏ."""
    eta, k = 0.3, 17
    s, V = np.linalg.eigh(x.T @ x / n)
    recipe = Recipe(
        network=MLP((), initialization=Zeros()),
        loss=SquaredError(),
        optimizer=SGD(eta / 2),
        batch_size=None,
        epochs=k,
        dtype="float64",
    )
    *_, last = train(recipe, Examples(x[None], y[None], np.array([0])), [0], {k})
    solution = V.T @ np.linalg.lstsq(x, y, rcond=None)[0][:, 0]
    assert last.layout.weights(last.parameters).matrices[0][0, :, 0] == pytest.approx(
        V @ ((1 - (1 - eta * s) ** k) * solution), abs=1e-12
    )


def test_descent_from_w0_ends_at_the_nearest_interpolating_solution():
    """Fewer examples than features: w0 + A⁺ (y − A w0), A the features and a column of ones for the intercept."""
    draw = np.random.default_rng(0)
    A, targets = draw.standard_normal((6, 11)), draw.standard_normal((6, 1))
    recipe = Recipe(
        network=MLP((), initialization=Normal(1.0)),
        loss=SquaredError(),
        optimizer=SGD(0.05),
        batch_size=None,
        epochs=5000,
        dtype="float64",
    )
    path = train(recipe, Examples(A[None], targets[None], np.array([0])), [4], {0, 5000})
    start, end = (snapshot.parameters.ravel().copy() for snapshot in path)
    with_ones = np.hstack([A, np.ones((6, 1))])
    assert end == pytest.approx(start + np.linalg.pinv(with_ones) @ (targets[:, 0] - with_ones @ start), abs=1e-10)


def test_descent_within_a_max_norm_is_ridge_with_the_strength_of_that_norm():
    """The minimum in the ball ‖w‖ ≤ c is the ridge solution whose norm is c."""
    c = 0.3
    recipe = Recipe(
        network=MLP((), initialization=Zeros()),
        loss=SquaredError(),
        optimizer=SGD(0.1),
        constraint=MaxNorm(c),
        batch_size=None,
        epochs=4000,
        dtype="float64",
    )
    *_, last = train(recipe, Examples(x[None], y[None], np.array([0])), [0], {4000})
    strength = brentq(lambda strength: np.linalg.norm(ridge(np.full(10, strength))) - c, 1e-6, 100, xtol=1e-14)
    assert last.layout.weights(last.parameters).matrices[0][0, :, 0] == pytest.approx(
        ridge(np.full(10, strength)), abs=1e-9
    )


def test_dropping_hidden_noise_in_a_linear_net_costs_what_theory_says():
    """f = w₂ᵀ W₁ x. Noise s² on the hidden units costs s² ‖w₂‖²; on W₁, drawn per weight, s² mean‖x‖² ‖w₂‖²."""
    draw = np.random.default_rng(0)
    W1, w2 = draw.standard_normal((1, 10, 4)), draw.standard_normal((1, 4, 1))
    clean, s = x[None] @ W1 @ w2, 0.5
    hidden, weights = [], []
    streams = Streams([0], "hidden")
    for _ in range(3000):
        h, _ = Gaussian(s)((x[None] @ W1), streams)
        W, _ = Gaussian(s)(W1, streams)
        hidden.append(((h @ w2 - clean) ** 2).mean())
        weights.append(((x[None] @ W @ w2 - clean) ** 2).mean())
    norm = (w2**2).sum()
    for costs, expected in ((hidden, s**2 * norm), (weights, s**2 * (x**2).sum(axis=1).mean() * norm)):
        assert abs(np.mean(costs) - expected) < 4 * np.std(costs, ddof=1) / np.sqrt(len(costs))
