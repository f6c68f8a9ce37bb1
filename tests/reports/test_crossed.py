"""Crossed seeds that share a split are no independent ones, wherever an interval, a test or a tally is over seeds."""

import numpy as np
import pytest

from reports.calibration import calibration_rows
from reports.comparison import compare
from reports.design import design
from reports.diagnostics import diagnostic_rows
from reports.figures.every_difference import by_seed, every_difference
from reports.figures.seeds import spread
from reports.figures.strengths import along_axes, strengths
from reports.own_choice import own_choices
from reports.widths import widths
from tests.reports.made import many
from tests.reports.test_comparison import CELLS, SEEDS, sweep_of
from tests.reports.test_design import SWITCHES, of_errors

CROSSED = {"split": 4, "init": 2}  # eight seeds


def crossing(sweep):
    return sweep._replace(cells=[cell | {"crossed": CROSSED} for cell in sweep.cells])


@pytest.fixture(scope="module")
def sweep():
    return crossing(sweep_of(CELLS))


def test_effects_of_switches_count_splits():
    """Copies of four splits' errors are no evidence: over eight seeds both effects would have p < 0.05, over four none can."""
    by_split = 0.1 + 0.01 * np.random.default_rng(0).random((2, 2, 4))
    by_split[1] -= 0.05
    alone = of_errors(np.repeat(by_split, 2, axis=-1), SWITCHES[:2])
    assert design(alone).effects[0].pair.together.p < 0.05
    effect = design(crossing(alone)).effects[0]
    assert (effect.pair.difference.n, effect.pair.together.p >= 0.05) == (4, True)


def test_choices_of_each_seed_are_judged_over_splits(sweep):
    """The smallest p of four flips is 2/2⁴ = 0.125, that of eight 2/2⁸."""
    l2 = own_choices(sweep, compare(sweep))[1]
    assert l2.own.together.p == pytest.approx(0.125)
    assert l2.own.mean == pytest.approx(l2.pooled.mean)


def test_figures_of_differences_and_widths_have_a_dot_or_a_number_for_each_split(sweep):
    comparison = compare(sweep)
    assert len(by_seed(sweep, comparison)) == 4
    assert "in how many splits it is lower" in every_difference(sweep, comparison).caption
    assert "several share one of the splits" in spread(sweep, comparison).caption
    found = widths(sweep, comparison, ["l2"])
    assert found[~found.expected].seeds.max() == 4
    assert "over 4 seeds" in strengths(sweep, comparison).caption
    assert set(along_axes(sweep_of(CELLS), comparison, 1.0).seeds) == {len(SEEDS)}  # one that crosses nothing has all


def test_tables_of_calibration_and_of_training_count_splits():
    sweep = many(2, seeds=8)
    counts = [[row["seeds"] for row in make(sweep, compare(sweep))] for make in (calibration_rows, diagnostic_rows)]
    assert counts == [["8", "8"]] * 2
    sweep = crossing(sweep)
    counts = [[row["seeds"] for row in make(sweep, compare(sweep))] for make in (calibration_rows, diagnostic_rows)]
    assert counts == [["4", "4"]] * 2
