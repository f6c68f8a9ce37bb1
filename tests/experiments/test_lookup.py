"""Names of a study are looked up before training: what no cell can have is a mistake, what this part of a study lacks is not."""

import pytest
from omegaconf import OmegaConf

from experiments.config.composition import Job
from experiments.config.errors import ConfigurationError
from experiments.config.lookup import look_up_cells, look_up_keys, look_up_metrics
from experiments.config.reach import Sweeping
from experiments.config.values import settings_of, value_of
from experiments.study.study import Study

METRICS = ["test/error", "train/error", "exact/1", "exact/2"]
GRIDS = [{"regularizer": ["none"]}, {"regularizer": ["l2"], "penalty.strength": ["0.01", "0.1"]}]


def job(**overrides: str) -> Job:
    """A job of 100 epochs whose regulariser is the one it names, by default none."""
    given = {key.replace("__", "."): value for key, value in overrides.items()}
    chosen = given.get("regularizer", "none")
    penalty = {"strength": float(given.get("penalty.strength", 0.01))} if chosen == "l2" else {}
    config = OmegaConf.create({"epochs": 100, "hidden": [64, 32], "penalty": penalty, "seeds": 3})
    return Job(given, config, {"regularizer": chosen, "penalty": chosen, "dataset": "digits"})


NONE, WEAK, STRONG = (
    job(regularizer="none"),
    job(regularizer="l2", penalty__strength="0.01"),
    job(regularizer="l2", penalty__strength="0.1"),
)
WHOLE = Sweeping([NONE, WEAK, STRONG], GRIDS)
ONE_OF_THREE = Sweeping([NONE], GRIDS)


def study(*places, choose=(), claims=(), **more):
    claims = list(claims) + [
        {"kind": "exact", "cell": place, "metric": "test/error", "value": 0, "margin": 1} for place in places
    ]
    return Study("s", "Q?", claims=claims, choose=list(choose), **more)


@pytest.mark.parametrize(
    "place",
    [
        {"regularizer": "none"},
        {"regularizer": "l2", "penalty.strength": "1e-2"},
        {"penalty": "l2", "penalty.strength": 0.1, "epochs": 100},  # a choice, an axis, and a key that does not vary
        {"regularizer": "none", "hidden": [64, 32], "dataset": "digits"},
    ],
)
def test_a_place_is_any_part_of_a_cells_config(place):
    look_up_keys(study(place), WHOLE)
    assert look_up_cells(study(place), WHOLE) == []


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ({"regularizer": "l3"}, "study.claims[0].cell names regularizer=l3; here regularizer is none or l2."),
        ({"penalty.strength": 0.3}, "here penalty.strength is 0.01 or 0.1."),
        ({"epochs": 50}, "study.claims[0].cell names epochs=50; here epochs is 100."),
        ({"regularizer": "none", "penalty.strength": 0.1}, "and no cell has all of these values. The cells: "),
    ],
)
def test_a_place_where_no_cell_can_be_is_a_mistake(place, says):
    with pytest.raises(ConfigurationError) as caught:
        look_up_cells(study(place), WHOLE)
    assert says in str(caught.value)


def test_what_a_part_of_a_study_lacks_is_not_tested():
    """The command line chose one of the grid's cells: claims on the others cannot be tested; a misspelt one is still a mistake."""
    there = {"regularizer": "l2", "penalty.strength": 0.1}
    (left,) = look_up_cells(study({"regularizer": "none"}, there), ONE_OF_THREE)
    assert left.why == "no cell is at regularizer=l2, penalty.strength=0.1"
    for wrong in ({"regularizer": "l3"}, {"regularizer": "l2", "penalty.strength": 0.2}):
        with pytest.raises(ConfigurationError):
            look_up_cells(study(wrong), ONE_OF_THREE)


def test_a_value_that_the_command_line_replaces_is_not_tested():
    """`study=x epochs=5` for a quick look, where a claim names epochs: 100."""
    quick = [one._replace(overrides={**one.overrides, "epochs": "5"}) for one in WHOLE.jobs]
    (left,) = look_up_cells(study({"regularizer": "none", "epochs": 100}), WHOLE._replace(jobs=quick))
    assert left.why == "no cell is at regularizer=none, epochs=100"


def test_where_another_sweeper_chooses_the_values_no_place_is_impossible():
    assert look_up_cells(study({"penalty.strength": 0.3}), Sweeping(WHOLE.jobs, None))


def test_a_place_of_several_arms_says_what_would_tell_them_apart():
    (left,) = look_up_cells(study({"regularizer": "l2"}), WHOLE)
    assert left.why.startswith(
        "2 cells of this sweep are at regularizer=l2: penalty.strength=0.01, penalty.strength=0.1;"
    )
    assert left.why.endswith("penalty.strength would tell them apart")
    assert look_up_cells(study({"regularizer": "l2"}, choose=["penalty.strength"]), WHOLE) == []


@pytest.mark.parametrize(
    "named",
    [
        {"claims": [{"kind": "exact", "cell": {"regulariser": "l2"}, "metric": "a", "value": 0, "margin": 1}]},
        {"figures": [{"title": "t", "x": "regulariser", "lines": ["a"]}]},
        {"figures": [{"title": "t", "x": "step", "lines": ["a"], "only": {"regulariser": ["l2"]}}]},
        {"choose": ["regulariser"]},
        {"baseline": {"regulariser": "none"}},
    ],
)
def test_a_misspelt_key_is_a_mistake_wherever_it_stands(named):
    with pytest.raises(
        ConfigurationError, match=r"'regulariser', which is no key of this config\. Did you mean 'regularizer'"
    ):
        look_up_keys(Study("s", "Q?", **named), WHOLE)


@pytest.mark.parametrize(
    "named",
    [
        {"claims": [{"kind": "exact", "cell": {"penalty": "l2"}, "metric": "test/eror", "value": 0, "margin": 1}]},
        {"figures": [{"title": "t", "x": "penalty", "lines": ["test/e?r"]}]},
        {"measures": ["last_mean(test/eror, 3)"]},
    ],
)
def test_a_metric_that_nothing_measures_is_a_mistake_that_lists_those_there_are(named):
    with pytest.raises(
        ConfigurationError, match=r"which nothing here measures\.( Did you mean 'test/error'\?)? There are exact/1, exa"
    ):
        look_up_metrics(Study("s", "Q?", **named), METRICS)


def test_patterns_of_figures_and_derived_metrics_are_looked_up_by_what_they_need():
    figures = [{"title": "t", "x": "penalty", "lines": ["exact/*"], "points": ["test/error"]}]
    look_up_metrics(Study("s", "Q?", figures=figures, measures=["first_step(test/error < 0.1)"]), METRICS)
    with pytest.raises(ConfigurationError, match=r"study.measures names 'exact/\*'"):
        look_up_metrics(Study("s", "Q?", measures=["exact/*"]), METRICS)


def test_a_baseline_typed_with_dots_names_its_axis():
    """Hydra reads +study.baseline.penalty.strength=0.1 as a mapping in a mapping."""
    typed = study(baseline={"regularizer": "l2", "penalty": {"strength": 0.1}})
    assert typed.baseline == {"regularizer": "l2", "penalty.strength": 0.1}
    assert look_up_cells(typed, WHOLE) == []
    with pytest.raises(
        ConfigurationError, match=r"study\.baseline names penalty\.strength=0\.3; here penalty\.strength is"
    ):
        look_up_cells(study(baseline={"penalty": {"strength": 0.3}}), WHOLE)


def test_a_misspelt_baseline_or_excerpt_is_a_mistake():
    with pytest.raises(ConfigurationError, match=r"study\.baseline names regularizer=nnoe"):
        look_up_cells(study(baseline={"regularizer": "nnoe"}), WHOLE)
    only = [{"title": "t", "x": "step", "lines": ["a"], "only": {"penalty.strength": [0.1, 0.2]}}]
    with pytest.raises(ConfigurationError, match=r"study\.figures\[0\]\.only names penalty\.strength=0\.2"):
        look_up_cells(study(figures=only), WHOLE)


def test_of_a_claim_along_an_axis_the_values_are_looked_up_too():
    along = {"kind": "extreme", "which": "least", "metric": "a", "axis": "penalty.strength", "cells": {"penalty": "l2"}}
    assert look_up_cells(study(claims=[{**along, "inside": [0.1]}]), WHOLE) == []
    assert look_up_cells(study(claims=[{**along, "inside": {"from": 0, "to": 1}}]), WHOLE) == []
    with pytest.raises(ConfigurationError, match=r"claims\[0\]\.inside names penalty\.strength=0\.2; here"):
        look_up_cells(study(claims=[{**along, "inside": [0.1, 0.2]}]), WHOLE)


def test_values_are_texts_and_keep_references_to_the_environment(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    config = OmegaConf.create({"a": {"b": "${oc.env:SECRET}", "c": "${a.d}", "d": 1e-3}, "e": ["${oc.env:SECRET}"]})
    one = Job({"x": "0.5"}, config, {"penalty": "l2"})
    assert settings_of(one, ["x", "penalty", "a.c", "a", "a.nothing"]) == {"x": "0.5", "penalty": "l2", "a.c": "0.001"}
    assert "hunter2" not in f"{value_of(one, 'a.b')}{value_of(one, 'e')}"
