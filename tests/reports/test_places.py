"""A claim, a baseline and a figure name cells by any part of their config, as the sweep has recorded it."""

import pytest

from reports.arms import references
from reports.claims import judge
from reports.comparison import compare
from reports.figures.stated import measured
from reports.places import NotTested, cell_at
from reports.schema.record import what_is_wrong
from reports.schema.statements import StatedFigure
from tests.experiments.made_up import record
from tests.reports.test_comparison import CELLS, sweep_of


@pytest.fixture
def sweep():
    """The cells none and l2 (weak, strong) of 100 epochs, whose penalties are none and l2."""
    made = sweep_of(CELLS)
    cells = [
        {**cell, "settings": {"penalty": cell["axes"]["regularizer"], "epochs": "100", "hidden": "[64, 32]"}}
        for cell in made.cells
    ]
    return made._replace(cells=cells)


def test_a_cell_is_found_by_what_does_not_vary(sweep):
    assert cell_at({"penalty": "none", "epochs": 100.0, "hidden": [64, 32]}, sweep, ()) == "none"
    with pytest.raises(NotTested) as caught:
        cell_at({"penalty": "none", "epochs": 50}, sweep, ())
    assert caught.value.why == "no cells of this sweep are at penalty=none, epochs=50"


def test_of_several_cells_it_is_said_which_and_what_would_tell_them_apart(sweep):
    with pytest.raises(NotTested) as caught:
        cell_at({"penalty": "l2"}, sweep, ())
    assert caught.value.why == (
        "2 cells of this sweep are at penalty=l2: weak, strong; penalty.strength would tell them apart"
    )
    assert cell_at({"penalty": "l2"}, sweep, {"strong"}) == "strong"  # the one that stands for their arm


def test_a_claim_is_judged_at_such_a_place(sweep):
    claim = {"kind": "exact", "cell": {"penalty": "none"}, "metric": "test/error", "value": 100, "margin": 1}
    (found,) = judge(sweep._replace(study={**sweep.study, "claims": [claim]}), ())
    assert found.verdict == "refuted"


def test_a_baseline_is_named_by_a_key_that_is_no_axis(sweep):
    by_axis = sweep._replace(study={**sweep.study, "baseline": {"regularizer": "none"}})
    by_choice = sweep._replace(study={**sweep.study, "baseline": {"penalty": "none"}})
    assert references(by_choice) == references(by_axis)
    everywhere = sweep._replace(study={**sweep.study, "baseline": {"epochs": 100}})
    assert set(references(everywhere).values()) == {references(by_axis)["none"]}  # the first of all arms
    nowhere = sweep._replace(study={**sweep.study, "baseline": {"penalty": "l1"}})
    assert any("penalty=l1, is not in this sweep" in warning for warning in compare(nowhere).warnings)


def test_a_figure_shows_only_cells_at_such_a_place(sweep):
    shown = {}
    for only in ({"penalty": ["none"]}, {"penalty": ["none", "l2"]}, {"epochs": [50]}, {}):
        spec = StatedFigure(title="t", x="regularizer", points=["test/error"], only=only)
        shown[str(only)] = set(measured(spec, sweep)["x"]) if not measured(spec, sweep).empty else set()
    assert list(shown.values()) == [{"none"}, {"none", "l2"}, set(), {"none", "l2"}]


@pytest.mark.parametrize("settings", [3, [], {"epochs": 100}, {"epochs": None}, "epochs"])
def test_settings_of_a_strangers_record_are_checked(settings):
    strange = record("made 2026-11-24 09:00:00", ["r0", "r1"])
    assert what_is_wrong(strange) is None
    strange["cells"][1]["settings"] = settings
    assert what_is_wrong(strange) == "a cell's settings are no mapping of keys to texts"
