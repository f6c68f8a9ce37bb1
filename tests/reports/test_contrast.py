"""Two sweeps side by side, where the spread comes from, and how networks overfit."""

import numpy as np
import pandas as pd
import pytest

from reports.answer import sentence
from reports.compare import contrast
from reports.comparison import compare
from reports.heatmap import heat_map
from reports.overfitting import diagnostic_rows, source_rows, weight_distribution
from reports.statistics import sd_interval
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
    assert everything["sd of test error"] == "2.00"
    assert init["share of the variance"] == "25%"
    low, high = sd_interval(sweep.results[sweep.results.cell == "[init]"]["test/error"])
    assert init["95 % interval"] == f"[{100 * low:.2f}, {100 * high:.2f}]"
    assert "so not compared with it: [init]" in sentence(comparison)  # seeds do not mean the same


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
    single = sweep_of(CELLS)
    assert heat_map(single, compare(single)) is None


def test_diagnostics_are_means_of_the_chosen_cells():
    sweep = sweep_of(CELLS)
    values = sweep.results.cell.map({"none": 1.0, "weak": 2.0, "strong": 3.0})
    shares = {"histogram/-5.00": 0.25, "histogram/0.00": 0.75}
    sweep = sweep._replace(results=sweep.results.assign(**{"last/distance": values, **shares}))
    rows = diagnostic_rows(sweep, compare(sweep))
    assert [(row[""], row["‖W − W₀‖"]) for row in rows] == [
        ("none", "1"),
        ("l2", "2"),
    ]  # not strong, the best on test data
    figure = weight_distribution(sweep, compare(sweep))
    assert figure.data.groupby("arm").share.sum().tolist() == [1.0, 1.0]
    figure.chart.to_dict()


def test_seeds_are_counted_for_the_difference_that_the_study_calls_worth_telling():
    from reports.certainty import certainties
    from reports.statistics import seeds_needed

    sweep = sweep_of(FEWER)
    (seen,) = certainties(sweep, compare(sweep))
    (named,) = certainties(sweep._replace(study={**sweep.study, "worth": 0.001}), compare(sweep))
    assert named.seeds == seeds_needed(0.001, named.t.sd) > seen.seeds
