"""Tables and figure of calibration: bins worked by hand, and what the table and the captions say of n and of what is not measured."""

import re

import numpy as np
import pandas as pd
import pytest

from reports.calibration import calibration_rows, reliability
from reports.comparison import compare
from reports.diagnostics import NORMALIZED, diagnostic_rows
from reports.figures.figure import specification
from reports.figures.reliability import FEWEST, reliability_diagram
from reports.of_networks import FITTED
from reports.statistics import mean_interval
from tests.reports.made import many
from tests.reports.test_bounds import reported
from tests.reports.test_comparison import CELLS, SEEDS, sweep_of

BINS = 5


def bins_of(examples, correct, confidence):
    """The columns of seeds with five bins of confidence, each given as (seeds, bins)."""
    given = {"examples": examples, "correct": correct, "confidence": confidence}
    return pd.DataFrame(
        {
            f"reliability/{what}/{b / BINS:.2f}": np.array(values, float)[:, b]
            for what, values in given.items()
            for b in range(BINS)
        }
    )


def test_bins_of_all_seeds_by_hand():
    """Of 4 + 6 examples at confidence 0.5 on average 2 + 3 are right; of 10 + 10 at 0.9, 8 + 9; all other bins are empty."""
    rows = bins_of(
        [[0, 0, 4, 0, 10], [0, 0, 6, 0, 10]], [[0, 0, 2, 0, 8], [0, 0, 3, 0, 9]], [[0, 0, 2, 0, 9], [0, 0, 3, 0, 9]]
    )
    found = reliability(rows)
    assert found[["from", "to"]].round(6).to_numpy().tolist() == [[0.4, 0.6], [0.8, 1.0]]
    assert found.examples.tolist() == [10, 20]
    assert found.share.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.confidence.tolist() == pytest.approx([0.5, 0.9])
    assert found.accuracy.tolist() == pytest.approx([0.5, 0.85])
    assert found.seeds.tolist() == [2, 2]


def test_where_each_seed_has_as_many_examples_the_interval_is_that_of_their_accuracies():
    rows = bins_of([[0, 0, 0, 0, 10]] * 3, [[0, 0, 0, 0, right] for right in (5, 7, 6)], [[0, 0, 0, 0, 9]] * 3)
    (found,) = reliability(rows).itertuples()
    expected = mean_interval([0.5, 0.7, 0.6])
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("right", "told"), [(5, True), (25, True), (4, False), (26, False)])
def test_of_fewer_than_five_right_or_wrong_examples_an_accuracy_has_no_interval(right, told):
    counts = [right // 3, right // 3, right - 2 * (right // 3)]
    rows = bins_of([[0, 0, 0, 0, 10]] * 3, [[0, 0, 0, 0, one] for one in counts], [[0, 0, 0, 0, 9]] * 3)
    (found,) = reliability(rows).itertuples()
    assert np.isfinite([found.low, found.high]).all() == told


def test_a_seed_that_diverged_is_in_no_bin_and_one_alone_has_no_interval():
    one = bins_of([[0, 0, 0, 0, 10]], [[0, 0, 0, 0, 5]], [[0, 0, 0, 0, 9]])
    (found,) = reliability(pd.concat([one, one * np.nan])).itertuples()
    assert (found.examples, found.seeds) == (10, 1)
    assert np.isnan([found.low, found.high]).all()
    assert reliability(one * np.nan).empty


def measured(sweep, **columns):
    """The sweep with further columns, each a number by cell plus a thousandth of the seed."""
    more = {name: sweep.results.cell.map(by_cell) + sweep.results.seed / 1000 for name, by_cell in columns.items()}
    return sweep._replace(results=sweep.results.assign(**more))


CALIBRATED = {
    "test/calibration_error": {"none": 0.03, "weak": 0.05, "strong": 0.9},
    "test/calibration_floor": {"none": 0.02, "weak": 0.02, "strong": 0.9},
    "test/overconfidence": {"none": 0.01, "weak": -0.04, "strong": 0.9},
}


def test_the_table_of_calibration_is_of_chosen_cells_in_points_with_interval_and_n():
    """Eight seeds at 0 … 7 thousandths above: 0.35 points, t = 2.365, sd 0.245, so ± 0.20. The floor is as far above, so no spread."""
    sweep = measured(sweep_of(CELLS), **CALIBRATED)
    none, l2 = calibration_rows(sweep, compare(sweep))
    assert none == {
        "": "none",
        "test/calibration_error": "3.35 [3.15, 3.55]",
        "by chance (test/calibration_floor)": "2.35",
        "above chance": "+1.00 [+1.00, +1.00]",
        "test/overconfidence": "+1.35 [+1.15, +1.55]",
        "seeds": str(len(SEEDS)),
    }
    assert l2["test/overconfidence"] == "−3.65 [−3.85, −3.45]"  # not strong's, which is best on test data
    lost = sweep.results["test/overconfidence"].where(sweep.results.seed > 2)
    fewer = sweep._replace(results=sweep.results.assign(**{"test/overconfidence": lost}))
    assert [row["seeds"] for row in calibration_rows(fewer, compare(fewer))] == ["5", "5"]


def test_without_probabilities_there_is_neither_table_nor_figure():
    sweep = sweep_of(CELLS)
    assert calibration_rows(sweep, compare(sweep)) == []
    assert reliability_diagram(sweep, compare(sweep)) is None


def test_the_diagram_has_a_panel_an_arm_and_draws_no_bin_of_few_rows():
    sweep = many(12, seeds=3, evaluations=2)
    rare = sweep.results.assign(**{"reliability/examples/0.00": 1.0, "reliability/correct/0.00": 0.0})
    sweep = sweep._replace(results=rare)
    figure = reliability_diagram(sweep, compare(sweep))
    assert figure.data.arm.nunique() == 12  # the CSV has all
    assert (figure.data.examples < FEWEST).sum() == 12
    assert "Shown: 9 of 12 arms" in figure.caption
    assert "over seeds of these data" in figure.caption
    spec = specification(figure)
    drawn = [row for rows in spec["datasets"].values() for row in rows if "examples" in row]
    assert min(row["examples"] for row in drawn) >= FEWEST
    assert {row["arm"] for row in drawn} == set(spec["facet"]["sort"])
    assert len(spec["facet"]["sort"]) == 9


PARAMS = {"data.task": "classification", "network": "mlp", "network.normalization": "none"}
SIZES = {
    "margin/10": {"none": 6, "weak": 5, "strong": 4},
    "weights/spectral_norm": {"none": 2, "weak": 10, "strong": 1},
}


def test_margins_are_shown_over_the_product_of_spectral_norms_alone():
    """At every seed 6 / 2 and 5 / 10: the arm of the larger weights has the smaller margin, though hardly so before."""
    sweep = sweep_of(CELLS)._replace(params=PARAMS)
    sizes = {name: sweep.results.cell.map(by_cell) for name, by_cell in SIZES.items()}
    sweep = sweep._replace(results=sweep.results.assign(**sizes))
    rows = diagnostic_rows(sweep, compare(sweep))
    assert [row[NORMALIZED] for row in rows] == ["3", "0.5"]
    assert [row["seeds"] for row in rows] == ["8", "8"]
    assert not any("margin/10" in row for row in rows)


@pytest.mark.parametrize("other", [{"network": "residual"}, {"network.normalization": "layer"}, {"network": "layers"}])
def test_where_weights_are_not_all_that_stretches_no_margin_is_normalized(other):
    sweep = measured(sweep_of(CELLS), **SIZES)._replace(params=PARAMS | other)
    assert all(
        "weights/spectral_norm" in row and NORMALIZED not in row for row in diagnostic_rows(sweep, compare(sweep))
    )


def test_a_diagnostic_that_some_seeds_lack_says_how_many_have_it():
    sweep = measured(sweep_of(CELLS), **{"weights/distance": {"none": 1, "weak": 2, "strong": 3}})
    lost = sweep.results["weights/distance"].where(sweep.results.seed > 2)
    sweep = sweep._replace(results=sweep.results.assign(**{"weights/distance": lost, "weights/zeros": 0.0}))
    (none, _) = diagnostic_rows(sweep, compare(sweep))
    assert none == {"": "none", "weights/distance": "1.0050 ± 0.0020 (5 of 8)", "seeds": "8"}


@pytest.mark.parametrize("fitted", [True, False])
def test_where_no_arm_errs_on_training_rows_it_is_said_once_that_the_gap_is_the_test_error(fitted, undrawn, tmp_path):
    sweep = many(3, seeds=2, evaluations=3)
    error = 0.0 if fitted else np.where(sweep.results.cell == sweep.cells[-1]["name"], 0.01, 0.0)
    sweep = sweep._replace(results=sweep.results.assign(**{"train/error": error}))
    made = reported(sweep, tmp_path / "report")
    page = " ".join(re.sub(r"<[^>]+>", " ", (made.folder / "index.html").read_text()).split())
    assert page.count(FITTED) == fitted
    assert made.findings.in_terminal[1].count(FITTED) == fitted
