"""Theories against solutions found in other ways."""

import numpy as np
import pytest
from sklearn.linear_model import MultiTaskLasso, Ridge

from experiments.data import datasets
from experiments.data.division import divide
from experiments.data.scaling import Scaling
from experiments.study.calculation import Calculation
from experiments.study.theories.adversarial_linear import AdversarialLinear, minimiser, worst_loss
from experiments.study.theories.averaged_noise import AveragedNoise
from experiments.study.theories.block_descent import block_descent, duality_gap, largest_slope
from experiments.study.theories.descent import METHODS, Descent
from experiments.study.theories.diagonal_lasso import DiagonalLasso
from experiments.study.theories.dropout_linear import DropoutLinear
from experiments.study.theories.group_lasso import GroupLassoPath
from experiments.study.theories.l2_path import L2Path
from experiments.study.theories.least_squares import standardized
from experiments.study.theories.mixup_linear import MixupLinear, fitting_strength
from experiments.study.theories.sam_quadratic import SAMQuadratic

DATA = datasets.diabetes()


def test_dropout_ends_at_scikit_learns_ridge_solution():
    """Standardised columns have mean square 1: q/(1 − q) Σ wⱼ² beside the mean loss is Ridge(alpha = N q/(1 − q))."""
    X, y = standardized(DATA)
    curves = DropoutLinear(rate=0.25, epochs=300)(DATA, [0, 1])
    exact = np.array([curves.metrics[f"exact/{j}"][0, 0] for j in range(1, 11)])
    np.testing.assert_allclose(exact, Ridge(alpha=len(X) / 3).fit(X, y).coef_, atol=1e-10)
    assert curves.metrics["slope"].mean() == pytest.approx(1, abs=0.02)


def test_the_l2_path_is_scikit_learns():
    """½ λ ‖w‖² beside the mean of squares is Ridge(alpha = N λ/2)."""
    curves = L2Path(strength=0.3)(DATA, [5])
    division = divide(DATA, L2Path().split, None, Scaling(), 5, "float64")
    train, test = division.part("train"), division.part("test")
    ridge = Ridge(alpha=len(train.x) * 0.15).fit(train.x, train.y[:, 0])
    trained = np.array([curves.metrics[f"trained/{j}"][0, 0] for j in range(1, 11)])
    np.testing.assert_allclose(trained, ridge.coef_, rtol=1e-9)
    assert curves.metrics["test/error"][0, 0] == pytest.approx(np.mean((ridge.predict(test.x) - test.y[:, 0]) ** 2))


def test_block_descent_is_scikit_learns_solver_and_its_gap_bounds_what_other_weights_cost_more():
    """(1/N) ‖Y − XW‖² + t Σ ‖Wⱼ·‖ is twice scikit-learn's (1/2N) ‖Y − XW‖² + α Σ ‖Wⱼ·‖ with α = t/2."""
    X, Y = GroupLassoPath().examples(datasets.wine(), 3)
    t = 0.2 * largest_slope(X, Y)
    W = block_descent(X, Y, t)
    theirs = MultiTaskLasso(alpha=t / 2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X, Y).coef_.T
    np.testing.assert_allclose(W, theirs, atol=1e-7)
    assert ((W == 0) == (theirs == 0)).all()
    assert (W == 0).any()

    def cost(W):
        return np.sum((Y - X @ W) ** 2) / len(X) + t * np.linalg.norm(W, axis=1).sum()

    for other in (0 * W, 2 * W, W + 0.01):
        assert 0 < cost(other) - cost(W) <= duality_gap(X, Y, other, t)


def test_a_feature_without_variance_is_never_kept():
    X, Y = GroupLassoPath().examples(datasets.wine(), 3)
    X = np.hstack([np.zeros_like(X[:, :1]), X])
    t = 0.2 * largest_slope(X, Y)
    np.testing.assert_allclose(block_descent(X, Y, t)[1:], block_descent(X[:, 1:], Y, t), atol=1e-12)


def test_proximal_descent_keeps_the_features_of_block_descent():
    """The norms recorded are those of the weights; one more strength, and other seeds, than the study's."""
    metrics = GroupLassoPath(relative_strength=0.3)(datasets.wine(), [11, 12]).metrics
    assert (metrics["disagreements"] == 0).all()
    assert metrics["distance"].max() < 1e-9
    norms = np.array([metrics[f"trained/{j}"][0] for j in range(1, 14)])
    assert (metrics["selected"] == (norms > 0).sum(axis=0)).all()


def test_too_few_steps_are_seen_as_a_distance_and_as_disagreements():
    metrics = GroupLassoPath(relative_strength=0.3, epochs=2)(datasets.wine(), [11]).metrics
    assert metrics["distance"] > 0.1
    assert metrics["disagreements"] > 0


def test_products_under_an_l2_penalty_end_at_the_lasso():
    metrics = DiagonalLasso(strength=0.3, epochs=1500)(DATA, [4, 5]).metrics
    assert metrics["distance"].max() < 1e-6
    assert (metrics["disagreements"] == 0).all()
    assert [j for j in range(1, 11) if metrics[f"exact/{j}"][0, 0] != 0] == [3, 4, 7, 9]


def test_mixup_ends_at_scikit_learns_ridge_solution():
    """α = 1 has a = 2 E λ² = 2/3: L2 of strength 0.6 is ridge of strength 0.9, Ridge(alpha = 0.45 N)."""
    X, y = standardized(DATA)
    curves = MixupLinear(concentration=1.0, strength=0.6, epochs=600)(DATA, [0, 1])
    ridge = Ridge(alpha=0.45 * len(X)).fit(X, y).coef_
    exact = np.array([curves.metrics[f"exact/{j}"][0, 0] for j in range(1, 11)])
    np.testing.assert_allclose(exact, ridge, atol=1e-10)
    assert fitting_strength(X, y, ridge[None])[0] == pytest.approx(0.9, rel=1e-9)
    assert curves.once["theory/strength"] == pytest.approx(0.9)
    assert curves.once["strength"].mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99, 1.01])
def test_the_minimum_of_the_worst_case_is_one(share):
    """No subgradient rules 0 out: along every axis, and along random directions, the loss rises. From the threshold on it is w = 0."""
    X, y = standardized(DATA)
    radius = share * np.abs(X.T @ y).max() / np.abs(y).sum()
    w = minimiser(X, y, radius)
    D = len(w)
    directions = np.concatenate([np.eye(D), -np.eye(D), np.random.default_rng(0).standard_normal((200, D)), [w, -w]])
    for length in (1e-4, 1e-2, 1.0):
        around = worst_loss(X, y, w + length * directions, radius)
        assert (around >= worst_loss(X, y, w[None], radius) - 1e-9).all()
    assert (np.abs(w).max() < 1e-9) == (share > 1)


def test_adversarial_training_comes_near_that_minimum():
    curves = AdversarialLinear(relative_radius=0.5, epochs=300)(DATA, [0, 3])
    assert (curves.once["excess"] > 0).all()
    assert curves.once["excess"] == pytest.approx(0, abs=0.01)
    assert curves.once["size"] == pytest.approx(curves.once["theory/size"], rel=0.05)


@pytest.mark.parametrize(("rate", "amplitude"), [(0.5, 0.1), (1.5, 0.9)])
def test_sam_jumps_along_the_stiffest_direction(rate, amplitude):
    """ρ = 0.3: 0.3 · 0.5/1.5 and 0.3 · 1.5/0.5."""
    curves = SAMQuadratic(relative_rate=rate, radius=0.3, steps=2000)(DATA, [0, 3])
    assert curves.once["amplitude"] == pytest.approx(amplitude, rel=1e-3)
    assert curves.once["alignment"] == pytest.approx(1, abs=1e-3)
    assert (curves.metrics["stiffest_error"][-1] * curves.metrics["stiffest_error"][-2] < 0).all()


def test_on_sams_cycle_the_flattest_direction_shrinks_by_its_factor():
    X, y = standardized(DATA)
    curvatures, directions = np.linalg.eigh(2 * X.T @ X / len(X))
    path = SAMQuadratic(relative_rate=1.5, steps=2000).path(X, y, [0, 1], curvatures[-1], [1999, 2000])
    before, after = ((path - np.linalg.lstsq(X, y, rcond=None)[0]) @ directions[:, 0]).tolist()
    x = curvatures[0] / curvatures[-1]
    np.testing.assert_allclose(np.divide(after, before), 1 - 1.5 * x - 0.5 * x**2, rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_thresholds_are_where_the_recursions_largest_root_is_one(method, momentum):
    """The eigenvalues of one step, as a matrix on (w, v), for the stiffest direction: λ = 1, so that η is η λmax."""
    descent = Descent(method=method, momentum=momentum)
    mu, eta = (0.0 if method == "plain" else momentum), descent.exact_threshold()
    for rate, stable in ((0.999 * eta, True), (1.001 * eta, False)):
        look_ahead = rate * (1 + mu) if method == "nesterov" else rate  # how far one unit of gradient moves w at once
        step = [[1 - look_ahead, -rate * (mu * mu if method == "nesterov" else mu)], [1, mu]]
        assert (np.abs(np.linalg.eigvals(np.array(step))).max() < 1) == stable
    if momentum == 0.9:
        found = descent(DATA, [0]).once["threshold"][0]
        assert found == pytest.approx(eta, rel=0.005)


def test_plain_descent_contracts_each_eigenvector_by_its_factor():
    curves = Descent(relative_rate=1.5, steps=4)(DATA, [0, 3])
    np.testing.assert_allclose(curves.metrics["stiffest_error"][:, 1], (-0.5) ** np.arange(5), rtol=1e-9)
    assert (curves.metrics["sign_changes"][-1] == 1).all()


@pytest.mark.parametrize(("rate", "every"), [(0.05, 1), (0.2, 10), (1.0, 1), (1.5, 3)])
def test_the_variance_of_a_mean_is_the_sum_of_all_covariances(rate, every):
    """γ φ^|i − j| / K² over all pairs of K samples, φ the correlation of neighbours; γ is where (1 − ηh)² γ + (ηh)² is γ."""
    theory = AveragedNoise(relative_rate=rate, every=every)
    gamma, K = theory.settled, 13
    assert (1 - rate) ** 2 * gamma + rate**2 == pytest.approx(gamma)
    lags = np.abs(np.subtract.outer(np.arange(K), np.arange(K)))
    assert theory.of_mean(K) == pytest.approx(gamma * ((1 - rate) ** (every * lags)).sum() / K**2)
    assert AveragedNoise(relative_rate=rate).of_mean(10**7) == pytest.approx(1e-7, rel=1e-4)


def test_averages_have_the_variance_of_theory_at_every_step():
    curves = AveragedNoise(relative_rate=0.3, every=4, steps=40)(DATA, range(10))
    assert curves.steps == [4 * k for k in range(1, 11)]
    for name in ("ratio/mean", "ratio/last"):
        found = curves.metrics[name].mean(axis=1)  # of 20,000 squares: √(2/20,000) = 1 %
        assert found == pytest.approx(1, abs=0.04)
        assert (found != 1).all()


def test_a_dataset_with_classes_is_refused_with_the_way_out():
    with pytest.raises(
        ValueError, match=r"the target of wine is not a single number, which least squares needs; use dataset=diabetes"
    ):
        Calculation(datasets.wine(), Descent())
    with pytest.raises(ValueError, match="seeds is 0; it must be a number of seeds"):
        Calculation(DATA, Descent(), seeds=0)


def test_a_part_of_a_study_is_still_at_the_places_that_its_claims_name():
    """`study=step_size theory.method=plain` varies only the rate: the method is told all the same."""
    from omegaconf import OmegaConf

    from experiments.config.composition import Job
    from experiments.recording.tracking import axes
    from experiments.run import CONF
    from experiments.study.study import Study

    study = Study(**OmegaConf.to_container(OmegaConf.load(CONF / "study" / "step_size.yaml").study))
    jobs = [
        Job({"theory.method": "plain", "theory.relative_rate": rate, "seeds": "5"}, None, {}) for rate in ("1.0", "1.5")
    ]
    assert axes(study, jobs) == ("theory.method", "theory.relative_rate")
    assert axes(study, jobs[:1]) == ("theory.method", "theory.relative_rate")
    trend = {
        "kind": "trend",
        "metric": "threshold",
        "direction": "rising",
        "axis": "seeds",
        "cells": {"theory.method": "plain"},
    }
    along = Study("s", "Is it so?", claims=[trend])
    assert axes(along, jobs[:1]) == ("theory.method", "seeds")


@pytest.mark.parametrize(
    ("claims", "figures", "message"),
    [
        (
            [{"kind": "exact", "cell": "none", "metric": "m", "value": 1, "margin": 1}],
            [],
            "cell is 'none'; it must be axes",
        ),
        (
            [{"kind": "exact", "cell": {"a": 1}, "metric": "m", "value": 1, "margin": 0}],
            [],
            "margin is 0; it must be a finite number above 0",
        ),
        (
            [{"kind": "published", "cell": {"a": 1}, "metric": "m", "value": "x"}],
            [],
            "value is 'x'; it must be a finite number",
        ),
        ([{"kind": "guess"}], [], "kind is 'guess'; it must be one of exact, published, published_mean, order"),
        ([], [{"title": "t", "x": "step", "lines": "exact/1"}], "lines is 'exact/1'; it must be a list"),
        ([], [{"title": "t", "x": "step", "only": {"step": [3]}}], "only is .* the first and the last"),
        ([], [{"title": "t"}], r"lacks \['x'\]"),
    ],
)
def test_a_study_that_states_nonsense_is_refused_before_anything_runs(claims, figures, message):
    from experiments.study.study import Study

    with pytest.raises(ValueError, match=message):
        Study("s", "Is it so?", {}, [], claims=claims, figures=figures)


def test_a_sweep_of_networks_and_theory_together_is_refused(tmp_path, monkeypatch):
    from omegaconf import OmegaConf

    from experiments.config.composition import ConfigurationError, Job
    from experiments.recording.plan import planned
    from experiments.study.execution import Execution

    monkeypatch.chdir(tmp_path)
    data = {"_target_": "experiments.data.datasets.diabetes"}
    network = {"_target_": "experiments.study.experiment.Experiment", "dataset": data, "seeds": 1, "theory": {}}
    other = {
        "_target_": "experiments.study.calculation.Calculation",
        "dataset": data,
        "seeds": 1,
        "theory": {"_target_": "experiments.study.theories.descent.Descent"},
    }
    jobs = [Job({}, OmegaConf.create(node), {}) for node in (network, other)]
    with pytest.raises(ConfigurationError, match="make two sweeps of them"):
        planned(jobs, Execution())
    assert len(planned(jobs[1:], Execution()).new) == 1
