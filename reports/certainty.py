"""How sure the answer is: the same differences by other intervals, other corrections, and what more seeds would tell."""

from typing import NamedTuple

from reports.comparison import Comparison, Row
from reports.load import Sweep, varies
from reports.statistics import (
    Interval,
    benjamini_hochberg,
    bootstrap_interval,
    mean_interval,
    probability_of_improvement,
    resampled_interval,
    seeds_needed,
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
    seeds: int | None  # that would tell the study's `worth`, or a difference of this size, from 0; None where it is 0


def certainties(sweep: Sweep, comparison: Comparison) -> list[Certainty]:
    """An entry for every arm that is compared with a baseline over two seeds or more."""
    errors = {cell: rows.set_index("seed")["test/error"] for cell, rows in sweep.results.groupby("cell")}
    cell_of = {row.arm: row.cell for row in comparison.rows}
    compared = [row for row in comparison.rows if row.difference is not None and row.difference.n > 1]
    corrected = benjamini_hochberg([row.difference.p for row in compared if row.difference is not None])
    resplit = varies(sweep, "split")  # else the seeds say nothing about other data
    train, test = (float(sweep.params.get(f"data.{part}", "nan")) for part in ("train", "test"))

    def certainty(row: Row, adjusted: float) -> Certainty:
        ours, theirs = errors[row.cell].align(errors[cell_of[row.baseline]], join="inner")
        difference = ours - theirs
        t = mean_interval(difference)
        told = sweep.study.get("worth") or t.mean
        tells = seeds_needed(told, t.sd, len(compared)) if t.sd > 0 and told != 0 else None
        return Certainty(
            row.arm,
            t,
            bootstrap_interval(difference),
            resampled_interval(ours, theirs, train, test if resplit else float("nan")),
            probability_of_improvement(ours, theirs),
            row.p,
            adjusted,
            tells,
        )

    return [certainty(row, p) for row, p in zip(compared, corrected, strict=True)]
