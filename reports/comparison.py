"""The answer of a sweep: every arm at the value that validation data chose, against its baseline, paired by seed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from reports.load import Sweep, as_number
from reports.statistics import Interval, PairedDifference, holm, mean_interval, paired_difference


class Row(NamedTuple):
    """One arm at its chosen value."""

    arm: str
    cell: str
    chosen: str  # the values of the chosen axes
    test_error: Interval
    train_error: Interval
    gap: Interval
    baseline: str  # the arm it is compared with
    difference: PairedDifference | None  # of test error; None for a baseline, and where the data are not the baseline's
    p: float  # of the difference, corrected for the number of comparisons (Holm); NaN where there is none
    diverged: int  # seeds, of how many
    seeds: int


class Comparison(NamedTuple):
    """The rows in the order of the sweep, and what a reader must be told."""

    rows: list[Row]
    baseline: str  # how to call what the rows are compared with
    percent: bool  # errors are shares of examples
    warnings: list[str]
    notes: list[str]  # what could be better about the sweep: values on the edge of what was tried, training cut short


def compare(sweep: Sweep) -> Comparison:
    """Chooses each arm's cell by mean validation error over seeds (ties: by validation loss), then compares test errors.

    A diverged seed's error counts as infinite in the choice, so that a cell with one is taken only if all have some.
    """
    results = sweep.results
    cells = {cell["name"]: cell for cell in sweep.cells}
    chosen_cells = {arm: best_on_validation(rows) for arm, rows in results.groupby("arm", sort=False)}
    baselines, warnings = references(sweep)
    errors = {cell: rows.set_index("seed")["test/error"] for cell, rows in results.groupby("cell")}
    differences = {}
    for arm, cell in chosen_cells.items():
        reference = chosen_cells[baselines[arm]]
        if arm != baselines[arm] and comparable(cells[cell], cells[reference]):
            differences[arm] = paired_difference(*errors[cell].align(errors[reference], join="inner"))
    corrected = dict(zip(differences, holm([difference.p for difference in differences.values()]), strict=True))
    rows = []
    for arm, cell in chosen_cells.items():
        own = results[results.cell == cell]
        values = [
            f"{axis.split('.', 1)[-1]}={value}"
            for axis, value in cells[cell]["axes"].items()
            if axis in sweep.study["choose"]
        ]
        row = Row(
            arm=arm,
            cell=cell,
            chosen=" ".join(values),
            test_error=mean_interval(own["test/error"]),
            train_error=mean_interval(own["train/error"]),
            gap=mean_interval(own["gap/error"]),
            baseline=baselines[arm],
            difference=differences.get(arm),
            p=corrected.get(arm, float("nan")),
            diverged=int((own.diverged_at >= 0).sum()),
            seeds=len(own),
        )
        rows.append(row)
    notes = edges(rows, sweep) + stages(rows, sweep) + unfinished(rows, sweep)
    return Comparison(
        rows, name_of(baselines, sweep), is_classification(sweep), warnings + cautions(rows, sweep), notes
    )


def comparable(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether equal seeds mean equal data and equal chance."""
    return ours.get("data") == theirs.get("data") and ours["axes"].get("vary") == theirs["axes"].get("vary")


def best_on_validation(rows: pd.DataFrame) -> str:
    """The cell with the least mean validation error."""
    measured = rows[["cell", "validation/error", "validation/loss"]].fillna(float("inf"))
    means = measured.groupby("cell", sort=False).mean()
    return str(means.sort_values(["validation/error", "validation/loss"], kind="stable").index[0])


def references(sweep: Sweep) -> tuple[dict[str, str], list[str]]:
    """For each arm the arm it is compared with: the study's baseline at the same value of all other axes.

    Where the study names no baseline, or one that is not in the sweep, it is the first arm, and a warning says so.
    """
    chosen, named = sweep.study["choose"], numbers(sweep.study["baseline"])
    arm_of = sweep.results.drop_duplicates("cell").set_index("cell")["arm"]
    kept: dict[str, dict[str, float | str]] = {}
    for cell in sweep.cells:
        kept.setdefault(str(arm_of[cell["name"]]), numbers({a: v for a, v in cell["axes"].items() if a not in chosen}))
    arms = list(kept)
    matching = [arm for arm in arms if named and all(kept[arm].get(axis) == value for axis, value in named.items())]
    warnings = []
    if named and not matching:
        stated = " ".join(f"{axis}={value}" for axis, value in sweep.study["baseline"].items())
        warnings.append(f"The study's baseline, {stated}, is not in this sweep; {arms[0]} stands in for it.")
    default = matching[0] if matching else arms[0]
    same = {arm: next((other for other in matching if kept[other] == {**kept[arm], **named}), default) for arm in arms}
    return same, warnings


def numbers(axes: Mapping[str, object]) -> dict[str, float | str]:
    """Axis values as they compare: 1e-3 is 0.001."""
    return {axis: as_number(str(value)) for axis, value in axes.items()}


def name_of(baselines: Mapping[str, str], sweep: Sweep) -> str:
    """One arm's name, or, where each arm has a baseline of its own, the values that they share."""
    distinct = list(dict.fromkeys(baselines.values()))
    return distinct[0] if len(distinct) == 1 else " ".join(str(value) for value in sweep.study["baseline"].values())


def cautions(rows: list[Row], sweep: Sweep) -> list[str]:
    """What would mislead a reader who was not told."""
    said = [
        f"{row.arm}: {row.diverged} of {row.seeds} seeds diverged; its averages are over the others."
        for row in rows
        if 0 < row.diverged < row.seeds
    ]
    said += [f"{row.arm}: all {row.seeds} seeds diverged." for row in rows if row.diverged == row.seeds]
    others = [row.arm for row in rows if row.difference is None and row.arm != row.baseline]
    if others:
        said.append(
            f"Other data or other chance than the baseline's, and so not compared with it: {', '.join(others)}."
        )
    if sweep.params.get("selection") == "oracle":
        said.append("The step that counts was chosen on the test set (selection=oracle): these errors flatter.")
    return said


def edges(rows: list[Row], sweep: Sweep) -> list[str]:
    """Chosen numbers that are the least or the largest of those tried: a better one may lie outside."""
    said = []
    cells = {cell["name"]: cell["axes"] for cell in sweep.cells}
    arms = sweep.results.drop_duplicates("cell").set_index("cell")["arm"]
    for row in rows:
        for axis in sweep.study["choose"]:
            tried = {as_number(cells[cell][axis]) for cell in cells if arms[cell] == row.arm and axis in cells[cell]}
            numbers = sorted(value for value in tried if isinstance(value, float))
            if len(numbers) > 1 and as_number(cells[row.cell][axis]) in (numbers[0], numbers[-1]):
                side = "largest" if as_number(cells[row.cell][axis]) == numbers[-1] else "least"
                said.append(f"{row.arm}: the {axis} chosen, {cells[row.cell][axis]}, is the {side} of those tried.")
    return said


def stages(rows: list[Row], sweep: Sweep) -> list[str]:
    """Arms that were trained for other numbers of steps, or only some of which fit their training examples."""
    steps = sweep.curves.groupby("cell").step.max()
    lengths = {row.arm: int(steps[row.cell]) for row in rows}
    said = []
    if len(set(lengths.values())) > 1:
        said.append(
            f"Trained for different numbers of steps: {', '.join(f'{arm} {n:,}' for arm, n in lengths.items())}."
        )
    fitted = [row.arm for row in rows if row.train_error.mean == 0]
    others = [row.arm for row in rows if row.train_error.mean > 0]
    if is_classification(sweep) and fitted and others:
        said.append(
            f"At different stages: {', '.join(fitted)} make no error on training examples any more, {', '.join(others)} do."
        )
    return said


def unfinished(rows: list[Row], sweep: Sweep) -> list[str]:
    """Arms whose validation loss was still falling at the last step in most seeds, if the last step is what counts."""
    if sweep.params.get("selection", "last") != "last" or "validation/loss" not in sweep.curves:
        return []
    found = []
    for row in rows:
        own = sweep.curves[sweep.curves.cell == row.cell].pivot(index="step", columns="seed", values="validation/loss")
        if len(own) > 2 and ((own.iloc[-1] < own.iloc[:-1].min()) & (own.iloc[-1] < 0.98 * own.iloc[-2])).mean() > 0.5:
            found.append(row.arm)
    if not found:
        return []
    return [f"Still improving at the last step, by two percent and more of validation loss: {', '.join(found)}."]


def is_classification(sweep: Sweep) -> bool:
    """An error that is a share of examples is shown in percent."""
    tasks = {cell.get("task") or sweep.params.get("data.task") for cell in sweep.cells}
    return tasks == {"classification"}
