"""Two sweeps side by side, where the spread comes from, and how networks overfit."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reports.comparison import compare
from reports.contrast import check_different, contrast
from reports.diagnostics import diagnostic_rows
from reports.figures.heat_map import heat_map
from reports.figures.weights import weight_distribution
from reports.schema.names import NoSuchSweep
from reports.sentence import sentence
from reports.statistics import sd_interval
from reports.variance import source_rows
from tests.reports.test_comparison import CELLS, sweep_of

FEWER = {name: CELLS[name] for name in ("none", "weak")}


def test_two_sweeps_are_compared_cell_by_cell_paired_by_seed():
    first = sweep_of(CELLS)._replace(params={"data.task": "classification", "epochs": "5"}, tags={"commit": "a"})
    second = sweep_of(FEWER)._replace(params={"data.task": "classification", "epochs": "9"}, tags={"commit": "b"})
    moved = second.results.assign(**{"test/error": second.results["test/error"] + 0.01})
    found = contrast(first, second._replace(results=moved))
    assert {row[""]: (row["A"], row["B"]) for row in found.settings} == {"epochs": ("5", "9"), "commit": ("a", "b")}
    assert [row["test/error of"] for row in found.results] == ["none", "weak"]
    assert found.only == {"A": ["strong"], "B": []}
    ours, theirs = (results[results.cell == "none"]["test/error"].mean() for results in (first.results, moved))
    assert found.results[0]["B − A"].startswith(f"{theirs - ours:+.4g}".replace("-", "−")[:5])
    assert found.results[0]["seeds"] == "8 paired"


def test_cells_of_other_data_are_not_paired():
    first, second = sweep_of(FEWER), sweep_of(FEWER)
    second = second._replace(cells=[cell | {"data": "other"} for cell in second.cells])
    assert contrast(first, second).results[0]["seeds"] == "8, 8"
    assert contrast(first, second).results[0]["p"] == "–"


def test_a_share_of_examples_is_not_taken_from_a_mean_square():
    first, second = (
        sweep._replace(cells=[cell | {"task": task, "data": task} for cell in sweep.cells])
        for sweep, task in ((sweep_of(FEWER), "classification"), (sweep_of(FEWER), "regression"))
    )
    assert {row["B − A"] for row in contrast(first, second).results} == {"–"}
    assert "–" not in {row["B − A"] for row in contrast(first, first).results}


def test_a_sweep_is_not_compared_with_itself():
    """Two names of one sweep: the message lists the newest by name."""
    runs = {f"run {n}": SimpleNamespace(info=SimpleNamespace(run_name=f"sweep: made {n}")) for n in range(3)}
    client = SimpleNamespace(
        get_run=runs.get,
        search_experiments=lambda: [SimpleNamespace(experiment_id="1")],
        search_runs=lambda *words, **settings: list(runs.values()),
    )
    check_different(client, "run 0", "run 1")
    with pytest.raises(
        NoSuchSweep, match=r"A and B are both the sweep 'made 1'; name two\..* 'made 0', 'made 1', 'made 2'"
    ):
        check_different(client, "run 1", "run 1")


def test_cells_of_other_seeds_are_compared_over_those_that_both_have():
    first, second = sweep_of(FEWER), sweep_of(FEWER)
    later = second.results.assign(seed=second.results.seed + 5)
    found = contrast(first, second._replace(results=later))
    assert [row["seeds"] for row in found.results] == ["3 paired"] * 2
    nothing_shared = second.results.assign(seed=second.results.seed + 50)
    assert contrast(first, second._replace(results=nothing_shared)).results[0]["seeds"] == "8, 8"


def varied(spreads):
    """A sweep in which only `vary` differs: (value, sd of test error)."""
    sweep = sweep_of({value: ({"vary": value}, 0.3, 0.3) for value in spreads}, choose=(), baseline={})
    draw = np.random.default_rng(0)
    tables = []
    for value, sd in spreads.items():
        own = sweep.results[sweep.results.cell == value]
        errors = draw.normal(size=len(own))
        errors = 0.3 + sd * (errors - errors.mean()) / errors.std(ddof=1)
        tables.append(own.assign(**{"test/error": errors, "axis/vary": value, "arm": value}))
    results = pd.concat(tables, ignore_index=True)
    return sweep._replace(
        axes=["vary"],
        results=results,
        curves=sweep.curves.assign(**{"axis/vary": sweep.curves.cell, "arm": sweep.curves.cell}),
    )


def test_the_spread_of_each_source_is_told_with_its_interval():
    sweep = varied({"[split,init,order]": 0.02, "[init]": 0.01})
    comparison = compare(sweep)
    everything, init = source_rows(sweep, comparison)
    assert everything["sd of test/error"] == "2.00"
    assert init["share of the variance"] == "25%"
    low, high = sd_interval(sweep.results[sweep.results.cell == "[init]"]["test/error"])
    assert init["95 % interval"] == f"[{100 * low:.2f}, {100 * high:.2f}]"
    assert "sources of chance differ: [init]" in sentence(comparison)  # seeds do not mean the same


@pytest.mark.parametrize("axis", ["batch_size", "width"])  # before and after `vary` in the alphabet
def test_a_sources_share_is_of_the_variance_at_its_own_other_axes(axis):
    """sd 0.01 of 0.02 is a quarter of the variance, 0.01 of 0.04 a sixteenth."""
    sweep = varied({"[split,init,order]": 0.02, "[init]": 0.01, "[order,split,init]": 0.04, "[order]": 0.01})
    comparison = compare(sweep)
    cells = [
        cell | {"axes": cell["axes"] | {axis: value}}
        for cell, value in zip(sweep.cells, ("1", "1", "2", "2"), strict=True)
    ]
    rows = source_rows(sweep._replace(cells=cells), comparison)
    assert [row["share of the variance"] for row in rows] == ["100%", "25%", "100%", "6%"]


def test_a_source_without_two_finished_seeds_has_no_spread_to_tell():
    """And where all sources together have none, none has a share of it."""
    sweep = varied({"[split,init,order]": 0.02, "[init]": 0.01, "[order]": 0.01})
    lost = (sweep.results.cell == "[split,init,order]") | ((sweep.results.cell == "[init]") & (sweep.results.seed > 0))
    errors = sweep.results["test/error"].where(~lost)
    (order,) = source_rows(sweep._replace(results=sweep.results.assign(**{"test/error": errors})), compare(sweep))
    assert (order["what varies"], order["share of the variance"], order["seeds"]) == ("[order]", "–", "8")


def test_intervals_of_a_standard_deviation_cover_it():
    draw = np.random.default_rng(0)
    ends = [sd_interval(draw.normal(0, 2, 6)) for _ in range(1000)]
    assert np.mean([low <= 2 <= high for low, high in ends]) == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / 1000) ** 0.5)


def test_a_heat_map_has_a_panel_for_cells_that_differ_in_two_numbers():
    cells = {
        f"{strength} {rate}": ({"penalty.strength": strength, "rate": rate}, 0.3 - 0.1 * i, 0.2)
        for i, (strength, rate) in enumerate([("0.1", "1"), ("0.1", "2"), ("0.2", "1"), ("0.2", "2")])
    }
    sweep = sweep_of(cells, choose=("penalty.strength", "rate"), baseline={})
    axes = {
        axis: sweep.results.cell.map({name: own[axis] for name, (own, _, _) in cells.items()}).astype(float)
        for axis in ("penalty.strength", "rate")
    }
    sweep = sweep._replace(
        axes=list(axes), results=sweep.results.assign(**{f"axis/{axis}": values for axis, values in axes.items()})
    )
    figure = heat_map(sweep, compare(sweep))
    assert len(figure.data) == 4
    assert figure.data[figure.data.chosen][["x", "y"]].to_numpy().tolist() == [[0.2, 2.0]]
    figure.chart.to_dict()
    assert "Empty places" not in figure.caption
    less = sweep._replace(cells=sweep.cells[:3], results=sweep.results[sweep.results.cell != "0.2 2"])
    assert heat_map(less, compare(less)).caption.endswith("Empty places: 1, where no cell was asked for.")
    lost = less._replace(failed=[{**sweep.cells[3], "status": "FAILED"}])
    assert "where cells failed, or were not asked for (L014)." in heat_map(lost, compare(lost)).caption
    single = sweep_of(CELLS)
    assert heat_map(single, compare(single)) is None


def test_diagnostics_are_means_of_the_chosen_cells():
    sweep = sweep_of(CELLS)
    values = sweep.results.cell.map({"none": 1.2345, "weak": 2.0, "strong": 3.0})
    shares = {"histogram/-5.00": 0.25, "histogram/0.00": 0.75}
    sweep = sweep._replace(results=sweep.results.assign(**{"weights/distance": values, **shares}))
    rows = diagnostic_rows(sweep, compare(sweep))
    assert [(row[""], row["weights/distance"]) for row in rows] == [
        ("none", "1.23"),
        ("l2", "2"),
    ]  # not strong, the best on test data
    figure = weight_distribution(sweep, compare(sweep))
    assert figure.data.groupby("arm").share.sum().tolist() == [1.0, 1.0]
    figure.chart.to_dict()
