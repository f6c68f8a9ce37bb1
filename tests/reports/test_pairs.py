"""The figure of every arm against every other, where some of these have no test error."""

import pytest

from reports.comparison import compare
from reports.figures.pairs import matrix
from tests.reports.test_comparison import SEEDS, sweep_of

CELLS = {
    "none": ({"regularizer": "none"}, 0.30, 0.30),
    "l2": ({"regularizer": "l2"}, 0.20, 0.25),
    "l1": ({"regularizer": "l1"}, 0.22, 0.10),
}


def drawn(*diverged):
    sweep = sweep_of(CELLS, diverged=[(cell, seed) for cell in diverged for seed in SEEDS])
    sweep.study["compare"] = "pairs"
    return matrix(sweep, compare(sweep))


def test_a_pair_without_a_difference_has_no_square_and_the_caption_says_so():
    figure = drawn("l1")
    assert set(figure.chart.data.arm) == {"none", "l2"}
    assert len(figure.data) == 6  # its CSV has all
    assert "Where there is no square, no seed has both errors." in figure.caption
    assert "no square" not in drawn().caption


@pytest.mark.parametrize("diverged", [("l1", "l2"), ("none", "l1", "l2")])
def test_where_no_pair_has_a_difference_there_is_no_figure(diverged):
    assert drawn(*diverged) is None
