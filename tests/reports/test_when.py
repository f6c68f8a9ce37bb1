"""A claim is stated before anything was run if its earliest sweep began before the training of every seed it is about."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from reports.claims import judge
from reports.schema import BEGAN
from reports.schema.statement import MOST, TAG, as_tag, digest, first_stated, in_tag
from reports.verdicts import as_json, dated
from reports.when import statement
from tests.reports.test_comparison import CELLS, sweep_of

CLAIM = {
    "kind": "order",
    "metric": "test/error",
    "lower": {"regularizer": "l2", "penalty.strength": 0.1},
    "than": {"regularizer": "none"},
}


def trained_at(**times):
    """The sweep, its claim stated at the time 1000, its cells trained from these times on: one a cell, or one a seed."""
    sweep = sweep_of(CELLS)
    rows = sweep.results.drop_duplicates(["cell", "seed"])[["cell", "seed"]].reset_index(drop=True)
    rows[BEGAN] = 5000
    for name, time in times.items():
        mine = rows["cell"] == name
        rows.loc[mine, BEGAN] = np.resize(time, mine.sum())
    study = {**sweep.study, "claims": [CLAIM]}
    return sweep._replace(seeds=rows, study=study, stated={digest(CLAIM): 1000})


@pytest.mark.parametrize(
    ("none", "weak", "words"),
    [
        (1000, 1000, "stated before anything was run"),  # its own sweep begins, then trains, in one millisecond
        (999, 1000, "stated after 1 of 2 cells"),
        (999, 10, "stated after 2 of 2 cells"),
        ([2000, 999, 3000], 2000, "stated after 1 of 2 cells"),  # one seed is enough
        ([2000, -1, 3000], 2000, "not known when it was stated"),
        (2000, -1, "not known when it was stated"),
    ],
)
def test_it_counts_the_cells_of_which_any_seed_was_trained_before(none, weak, words):
    assert statement(CLAIM, trained_at(none=none, weak=weak)).in_words() == words


@pytest.mark.parametrize("times", [np.nan, np.inf, -np.inf, 0, -5, 1e300])
def test_a_strangers_time_is_not_known(times):
    sweep = trained_at()
    strange = sweep._replace(seeds=sweep.seeds.assign(**{BEGAN: float(times)}))
    assert statement(CLAIM, strange).in_words() == "not known when it was stated"


def test_a_record_without_times_or_hashes_is_not_known():
    sweep = trained_at()
    assert statement(CLAIM, sweep._replace(seeds=sweep.seeds.drop(columns=BEGAN))).trained is None
    assert statement(CLAIM, sweep._replace(stated={})).trained is None
    assert statement({**CLAIM, "metric": "train/error"}, sweep).trained is None  # another claim than the one stated


def test_a_claim_reworded_is_the_same_and_one_with_another_margin_is_not():
    reworded = {
        **CLAIM,
        "says": "It helps",
        "source": "a paper",
        "lower": {"penalty.strength": "1e-1", "regularizer": "l2"},
    }
    assert digest(reworded) == digest(CLAIM)
    assert digest({**CLAIM, "than": {"regularizer": "l1"}}) != digest(CLAIM)
    assert digest({**CLAIM, "metric": "test/loss"}) != digest(CLAIM)


def store_of(*runs):
    """As much of a client as the search asks for: runs with a start and a tag, two to a page."""

    class Page(list):
        token = None

    def search_runs(experiments, wanted, view, order_by, page_token):
        start = int(page_token or 0)
        page = Page(found[start : start + 2])
        page.token = str(start + 2) if start + 2 < len(found) else None
        return page

    found = [
        SimpleNamespace(info=SimpleNamespace(start_time=at), data=SimpleNamespace(tags={TAG: tag})) for at, tag in runs
    ]
    return SimpleNamespace(search_experiments=lambda view: [], search_runs=search_runs)


def test_a_claim_is_as_old_as_the_first_sweep_that_stated_it():
    """A claim may be added to a study without making the others younger."""
    other = {**CLAIM, "metric": "train/error"}
    client = store_of((5, ""), (10, as_tag([CLAIM])), (20, as_tag([CLAIM])), (30, as_tag([other, CLAIM])))
    assert first_stated(client, [CLAIM, other]) == {digest(CLAIM): 10, digest(other): 30}
    assert first_stated(client, [{**CLAIM, "metric": "gap/error"}]) == {}


@pytest.mark.parametrize("time", [None, "soon", -1, 0, 1.5])
def test_a_strangers_tag_or_start_is_passed_over(time):
    tags = (as_tag([CLAIM])[:15], "'; DROP TABLE runs", "é" * 8000, as_tag([CLAIM]).upper())
    client = store_of((time, as_tag([CLAIM])), *((5, tag) for tag in tags), (40, f"x {as_tag([CLAIM])} y"))
    assert first_stated(client, [CLAIM]) == {digest(CLAIM): 40}


def test_a_tag_stays_within_what_mlflow_keeps():
    many = as_tag({**CLAIM, "metric": str(n)} for n in range(3 * MOST))
    assert len(many) < 8000
    assert len(in_tag(many)) == MOST


def test_verdicts_are_a_file_for_programs():
    sweep = trained_at(none=999)
    verdicts = dated(judge(sweep, [cell["name"] for cell in sweep.cells]), sweep)
    (found,) = (record := json.loads(as_json(verdicts, sweep)))["verdicts"]
    assert (record["format"], record["sweep"], record["study"]) == (1, sweep.name, sweep.study["name"])
    assert found.pop("measured").startswith("difference ")
    assert found == {
        "claim": CLAIM,
        "says": verdicts[0].says,
        "verdict": verdicts[0].verdict,
        "expected": "below 0",
        "source": "",
        "stated": "stated after 1 of 2 cells",
        "stated_at": 1000,
        "cells": 2,
        "trained_before": 1,
    }


def test_a_claim_along_an_axis_is_about_the_cells_that_have_it():
    along = {"kind": "trend", "metric": "test/error", "axis": "penalty.strength", "direction": "falling"}
    sweep = trained_at(none=1, weak=1)._replace(stated={digest(along): 1000})
    assert statement(along, sweep) == (1000, 2, 1)  # weak and strong
    assert statement({**along, "cells": {"regularizer": "none"}}, sweep).cells == 0


def test_a_claim_that_is_not_tested_has_no_age():
    sweep = trained_at()
    claims = [{**CLAIM, "lower": {"regularizer": "dropout"}}]
    asked = sweep._replace(study={**sweep.study, "claims": claims})
    assert [verdict.stated for verdict in dated(judge(asked, ()), asked)] == [""]
