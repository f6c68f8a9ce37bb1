"""L010, L011: what an arm is compared with."""

from typing import TYPE_CHECKING

from reports.arms import arms_at, stand_in
from reports.load import Sweep
from reports.schema.names import listed
from reports.schema.places import cells_at

if TYPE_CHECKING:
    from reports.comparison import Comparison


def compared_with_nothing(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """An arm that is compared with nothing.

    Found: an arm and its baseline have other data, or draw other things anew for every seed (`vary`), so that the same seed is
    not the same chance; or no seed finished in both.

    Matters: differences are paired by seed; those of unlike seeds would be of data and chance, not of the arms, and none is
    shown.

    Do: name a baseline that has the same data (`study.baseline`), and give all cells the same `vary` and `seeds`.
    """
    rows = comparison.rows
    others = [row.arm for row in rows if row.difference is None and row.arm != row.baseline]
    tested = {row.cell for row in rows if row.test_error.n}
    apart = [
        row.arm
        for row in rows
        if row.difference is not None and not row.difference.n and {row.cell, row.reference} <= tested
    ]
    sentences = []
    if others:
        sentences.append(
            f"Not compared with the baseline, since their data or sources of chance differ: {listed(others)}"
        )
    if apart:
        sentences.append(f"Not compared with their baseline, since no seed finished in both: {listed(apart)}")
    return sentences


def baseline_not_here(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """The baseline is not in this sweep.

    Found: `study.baseline` names a place at which this sweep has no cell that finished; the first arm is compared with instead.

    Matters: every difference is from another arm than the study means.

    Do: put the baseline among the cells, as in `'regularizer=none,l2'`, or name one that is there,
    `+study.baseline.regularizer=l2`.
    """
    stated = sweep.study["baseline"]
    if not stated or arms_at(stated, sweep):
        return []
    words = " ".join(f"{axis}={value}" for axis, value in stated.items())
    why = "failed" if cells_at(stated, sweep.failed) else "is not in this sweep"
    return [f"The study's baseline, {words}, {why}; {stand_in(sweep)} stands in for it"]
