"""A dry run says what power the planned seeds have for the study's smallest effect, by an sd that it names."""

from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from experiments import power
from experiments.config.composition import Job
from experiments.power import Spread, foretold, planned_comparisons
from experiments.study.study import Study
from reports import power as of_test
from tests.conftest import command
from tests.reports.test_comparison import CELLS, sweep_of

STRENGTH = {"penalty.strength": "0.1"}


def planned(*overrides, seeds=10):
    jobs = [Job(own, OmegaConf.create({}), {}) for own in overrides]
    cells = [SimpleNamespace(experiment=SimpleNamespace(independent=seeds)) for _ in jobs]
    return SimpleNamespace(jobs=jobs, cells=cells)


def study(**fields):
    return Study("made", "?", **fields)


@pytest.fixture(autouse=True)
def with_test_rows(monkeypatch):
    monkeypatch.setattr(power, "tests", lambda experiment: True)
    monkeypatch.setattr(power, "earlier", lambda study, plan: ("", []))


@pytest.mark.parametrize(
    ("fields", "overrides", "count"),
    [
        ({}, [{"a": "1"}, {"a": "2"}, {"a": "3"}], 2),
        ({"baseline": {"a": 2}}, [{"a": "1"}, {"a": "2"}, {"a": "3"}], 2),
        ({"compare": "pairs"}, [{"a": "1"}, {"a": "2"}, {"a": "3"}], 3),
        ({"choose": ["b"]}, [{"a": "1"}, {"a": "2", "b": "1"}, {"a": "2", "b": "2"}], 1),  # two arms, of three cells
        ({"baseline": {"a": 1}}, [{"a": x, "d": y} for x in "123" for y in "pq"], 4),  # a baseline for each d
        ({"baseline": {"e": 9}}, [{"a": "1"}, {"a": "2"}], 1),
        ({}, [{"a": "1"}], 0),
    ],
)
def test_the_comparisons_of_a_plan_are_its_arms_less_their_baselines(fields, overrides, count):
    assert planned_comparisons(study(**fields), planned(*overrides)) == count


def test_where_no_sd_is_known_the_power_is_told_for_half_the_effect_for_itself_and_for_twice_that():
    told = foretold(study(smallest_effect=0.01), planned({"a": "1"}, {"a": "2"}))
    chances = [
        f"{of_test.power(d, 10):.2f} if the sd of differences is {sd}" for d, sd in ((2, 0.005), (1, 0.01), (0.5, 0.02))
    ]
    assert told.startswith(f"power: 10 seeds find a difference of 0.01 with probability {chances[0]} (")
    assert all(chance in told for chance in chances)
    assert f"{of_test.seeds_needed(1.0)} seeds have 0.8" in told
    assert told.endswith("No finished sweep of this study on these data says which.")


def test_where_an_earlier_sweep_has_sds_its_least_and_largest_are_named(monkeypatch):
    monkeypatch.setattr(
        power, "earlier", lambda study, plan: ("made before", [Spread(0.005, "l2"), Spread(0.02, "l1")])
    )
    told = foretold(study(smallest_effect=0.01), planned({"a": "1"}, {"a": "2"}, {"a": "3"}, seeds=20))
    assert "20 seeds find a difference of 0.01, one of 2 comparisons, with probability" in told
    assert f"{of_test.power(0.5, 20, 2):.2f} if the sd of differences is 0.02 (l1; " in told
    assert told.endswith("Upper 80 % limits of sds from 'made before'.")


def test_of_an_earlier_sweep_the_upper_limits_of_the_least_and_the_largest_sd_are_taken(monkeypatch):
    """Every third seed of l1 is 1 lower: of eight three, sd √(8 · 3/8 · 5/8 / 7) = 0.518; l2 is as it was, sd about 0.001."""
    sweep = sweep_of(CELLS | {"l1": ({"regularizer": "l1"}, 0.2, 0.3)})
    moved = sweep.results["test/error"] - ((sweep.results.cell == "l1") & (sweep.results.seed % 3 == 0))
    monkeypatch.setattr(
        "reports.load.load_sweep",
        lambda client, run_id: sweep._replace(results=sweep.results.assign(**{"test/error": moved})),
    )
    least, largest = power.spreads_of(None, "r")
    assert (least.whose, largest.whose) == ("l2", "l1")
    assert largest.sd == pytest.approx(of_test.sd_limit(0.518, 8), rel=0.01)


def test_without_a_smallest_effect_or_a_comparison_nothing_is_told():
    assert foretold(study(), planned({"a": "1"}, {"a": "2"})) == ""
    assert foretold(study(smallest_effect=0.01), planned({"a": "1"})) == ""


@pytest.mark.slow
def test_a_dry_run_takes_its_sds_from_the_newest_sweep_of_the_study_on_the_same_data(lab):
    small = ["study=none", "dataset=iris", "network=linear", "epochs=3", "seeds=4", "study.smallest_effect=0.01"]
    small += ["batch_size=5,10"]
    dry = [*small, "seeds=9", "execution.dry_run=true"]
    assert "No finished sweep of this study on these data says which." in command(lab, *dry).stderr
    assert command(lab, *small).returncode == 0
    told = command(lab, *dry).stderr
    assert "power: 9 seeds find a difference of 0.01 with probability" in told
    assert "Upper 80 % limits of sds from 'none " in told
    assert "says which" in command(lab, *dry, "dataset=wine").stderr
