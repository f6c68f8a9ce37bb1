"""How sure the answer is: the same differences by other intervals, and other corrections."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reports.comparison import Comparison, Row, differences_by_seed
from reports.load import Sweep, redrawn, varies
from reports.sign_flips import Array
from reports.statistics import (
    Interval,
    bootstrap_interval,
    mean_interval,
    probability_of_improvement,
    resampled_interval,
)


class Certainty(NamedTuple):
    """One compared arm; differences of test error from its baseline, paired by seed."""

    arm: str
    t: Interval  # over seeds of this dataset
    bootstrap: Interval
    other_data: Interval  # allows for overlapping training sets
    lower: float  # the share of seeds in which the arm has the lower error
    holm: float
    benjamini_hochberg: float


def certainties(sweep: Sweep, comparison: Comparison) -> list[Certainty]:
    """An entry for every row that is compared with a baseline over two seeds or more."""
    rows = [row for row in comparison.rows if row.difference is not None and row.difference.n > 1]
    differences = differences_by_seed(sweep, [(row.cell, row.reference) for row in rows])
    cells = {cell["name"]: cell for cell in sweep.cells}
    resplit, own_data = varies(sweep, "split"), redrawn(sweep)  # else the seeds say nothing about other data

    def certainty(row: Row, difference: Array) -> Certainty:
        train, test = sizes(cells[row.cell], sweep) if resplit else (math.nan, math.nan)
        t = mean_interval(difference)
        return Certainty(
            arm=row.arm,
            t=t,
            bootstrap=bootstrap_interval(difference),
            other_data=t if own_data else resampled_interval(difference, np.zeros_like(difference), train, test),
            lower=probability_of_improvement(difference, np.zeros_like(difference)),
            holm=row.p,
            benjamini_hochberg=row.corrected.benjamini_hochberg,
        )

    return [certainty(row, difference) for row, difference in zip(rows, differences, strict=True)]


def sizes(cell: Mapping[str, Any], sweep: Sweep) -> tuple[float, float]:
    """How many training and test examples a seed of that cell has; NaN where that was not recorded.

    Older records have the sizes of the first cell alone; they are those of all where no axis can change them.
    """
    recorded = cell.get("sizes") or {}
    if not recorded and not {axis.lstrip("+~").split(".")[0] for axis in sweep.axes} & {"dataset", "split"}:
        recorded = {part: sweep.params.get(f"data.{part}", math.nan) for part in ("train", "test")}
    return float(recorded.get("train", math.nan)), float(recorded.get("test", math.nan))
