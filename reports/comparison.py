"""The answer of a sweep: every arm at the strength that validation data chose, against the baseline, paired by seed."""

from typing import NamedTuple

import pandas as pd

from reports.load import Sweep, arm_name
from reports.statistics import Interval, PairedDifference, holm, mean_interval, paired_difference


class Row(NamedTuple):
    """One arm at its chosen value."""

    arm: str
    cell: str
    chosen: str  # the values of the chosen axes
    test_error: Interval
    train_error: Interval
    gap: Interval
    difference: PairedDifference | None  # of test error from the baseline; None for the baseline itself
    p: float  # of the difference, corrected for the number of arms (Holm); NaN for the baseline
    diverged: int  # seeds


class Comparison(NamedTuple):
    """The rows in the order of the sweep; the metric's unit; the baseline's name."""

    rows: list[Row]
    baseline: str
    percent: bool


def compare(sweep: Sweep) -> Comparison:
    """Chooses each arm's cell by mean validation error over seeds (ties: by validation loss), then compares on test error.

    A diverged seed's error counts as infinite in the choice, so that a cell with one is taken only if all have some.
    """
    results = sweep.results
    cells = {cell["name"]: cell for cell in sweep.cells}
    chosen_cells = {arm: best_on_validation(rows) for arm, rows in results.groupby("arm", sort=False)}
    baseline = baseline_arm(sweep, list(chosen_cells))
    errors = {cell: rows.set_index("seed")["test/error"] for cell, rows in results.groupby("cell")}
    reference = errors[chosen_cells[baseline]]
    differences = {
        arm: paired_difference(*errors[cell].align(reference, join="inner"))
        for arm, cell in chosen_cells.items()
        if arm != baseline
    }
    corrected = dict(zip(differences, holm([difference.p for difference in differences.values()]), strict=True))
    rows = []
    for arm, cell in chosen_cells.items():
        own = results[results.cell == cell]
        values = [f"{a.split('.', 1)[-1]}={v}" for a, v in cells[cell]["axes"].items() if a in sweep.study["choose"]]
        rows.append(
            Row(
                arm=arm,
                cell=cell,
                chosen=" ".join(values),
                test_error=mean_interval(own["test/error"]),
                train_error=mean_interval(own["train/error"]),
                gap=mean_interval(own["gap/error"]),
                difference=differences.get(arm),
                p=corrected.get(arm, float("nan")),
                diverged=int((own.diverged_at >= 0).sum()),
            )
        )
    return Comparison(rows, baseline, percent=is_classification(sweep))


def best_on_validation(rows: pd.DataFrame) -> str:
    """The cell with the least mean validation error."""
    measured = rows[["cell", "validation/error", "validation/loss"]].fillna(float("inf"))
    means = measured.groupby("cell", sort=False).mean()
    return str(means.sort_values(["validation/error", "validation/loss"], kind="stable").index[0])


def baseline_arm(sweep: Sweep, arms: list[str]) -> str:
    """The arm the study names as its baseline; the first where it names none or that one is not in the sweep."""
    named = {axis: str(value) for axis, value in sweep.study["baseline"].items()}
    wanted = arm_name(named, sweep.axes, sweep.study["choose"]) if named else None
    return wanted if wanted in arms else arms[0]


def is_classification(sweep: Sweep) -> bool:
    """An error that is a share of examples is shown in percent."""
    return sweep.params.get("data.task") == "classification"
