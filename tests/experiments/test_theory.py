"""Theories against solutions found in other ways."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from experiments.data import datasets
from experiments.data.division import Scaling, divide
from experiments.study.calculation import Calculation
from experiments.study.theories.averaged_noise import AveragedNoise
from experiments.study.theories.descent import METHODS, Descent
from experiments.study.theories.dropout_linear import DropoutLinear
from experiments.study.theories.l2_path import L2Path
from experiments.study.theories.least_squares import standardized

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
    assert curves.metrics["test error"][0, 0] == pytest.approx(np.mean((ridge.predict(test.x) - test.y[:, 0]) ** 2))


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
    np.testing.assert_allclose(curves.metrics["stiffest error"][:, 1], (-0.5) ** np.arange(5), rtol=1e-9)
    assert (curves.metrics["sign changes"][-1] == 1).all()


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
        ([{"kind": "guess"}], [], "kind is 'guess'; it must be one of exact, published, order"),
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
