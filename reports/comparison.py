"""The answer of a sweep: every arm at the value that validation data chose, against its baseline, paired by seed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from reports.load import Sweep
from reports.schema.names import as_number
from reports.sign_flips import Array, least_p
from reports.statistics import (
    Interval,
    PairedDifference,
    benjamini_hochberg,
    holm,
    mean_interval,
    paired_differences,
)

MOST = 12  # arms that a sentence names
MEASURED = ["test/error", "train/error", "gap/error", "diverged_at"]


class Corrected(NamedTuple):
    """A difference's p, corrected for the number of comparisons in the sweep; NaN where nothing was tested."""

    holm: float
    least: float  # the least that Holm's p could be with these seeds, however large the differences
    benjamini_hochberg: float


UNTESTED = Corrected(float("nan"), float("nan"), float("nan"))


class Row(NamedTuple):
    """One arm at its chosen value."""

    arm: str
    cell: str
    choice: dict[str, str]  # the value of every axis whose value is chosen
    test_error: Interval
    train_error: Interval
    gap: Interval
    baseline: str  # the arm it is compared with
    reference: str  # and its cell
    difference: PairedDifference | None  # of test error; None for a baseline, and where the data are not the baseline's
    corrected: Corrected
    diverged: int  # how many of the seeds
    seeds: int

    @property
    def chosen(self) -> str:
        """The choice in one line."""
        return " ".join(f"{axis.split('.', 1)[-1]}={value}" for axis, value in self.choice.items())

    @property
    def p(self) -> float:
        """The difference's p, corrected for the number of comparisons (Holm); NaN where there is none."""
        return self.corrected.holm


class Comparison(NamedTuple):
    """The rows in the order of the sweep, and what a reader must be told."""

    rows: list[Row]
    baseline: str  # the name of what the rows are compared with
    percent: bool  # errors are shares of examples
    tested: int  # how many differences, in the whole sweep, whichever rows are shown
    warnings: list[str]
    notes: list[str]  # what could be better about the sweep: values on the edge of what was tried, training cut short


def compare(sweep: Sweep) -> Comparison:
    """Chooses each arm's cell by mean validation error over seeds (ties: by validation loss), then compares test errors.

    A diverged seed's error counts as infinite in the choice, so a cell that has one is chosen only if all cells have one.
    """
    cells = {cell["name"]: cell for cell in sweep.cells}
    chosen_cells = chosen_on_validation(sweep.results)
    baselines, warnings = references(sweep)
    pairs = {arm: (cell, chosen_cells[baselines[arm]]) for arm, cell in chosen_cells.items() if arm != baselines[arm]}
    pairs = {arm: pair for arm, pair in pairs.items() if comparable(*(cells[cell] for cell in pair))}
    differences = dict(zip(pairs, paired_differences(differences_by_seed(sweep, list(pairs.values()))), strict=True))
    corrected = corrections(differences)
    own = measured(sweep)

    def row(arm: str, cell: str) -> Row:
        test, train, gap, diverged_at = own[cell]
        return Row(
            arm=arm,
            cell=cell,
            choice={axis: value for axis, value in cells[cell]["axes"].items() if axis in sweep.study["choose"]},
            test_error=mean_interval(test),
            train_error=mean_interval(train),
            gap=mean_interval(gap),
            baseline=baselines[arm],
            reference=chosen_cells[baselines[arm]],
            difference=differences.get(arm),
            corrected=corrected.get(arm, UNTESTED),
            diverged=int((diverged_at >= 0).sum()),
            seeds=len(test),
        )

    rows = [row(arm, cell) for arm, cell in chosen_cells.items()]
    tested = sum(difference.n > 1 for difference in differences.values())
    notes = edges(rows, sweep) + stages(rows, sweep) + unfinished(rows, sweep)
    return Comparison(
        rows, name_of(baselines, sweep), is_classification(sweep), tested, warnings + cautions(rows, sweep), notes
    )


def measured(sweep: Sweep) -> dict[str, Float[Array, "4 seeds"]]:
    """For each cell, the metrics named in MEASURED, by seed."""
    table = sweep.results.reindex(columns=MEASURED).to_numpy(float).T
    return {cell: table[:, rows] for cell, rows in sweep.results.groupby("cell", sort=False).indices.items()}


def corrections(differences: Mapping[str, PairedDifference]) -> dict[str, Corrected]:
    """Every arm's p, corrected for the number of comparisons."""
    p = [difference.p for difference in differences.values()]
    least = [least_p(difference.n) if difference.n > 1 else float("nan") for difference in differences.values()]
    found = map(Corrected, holm(p), holm(least), benjamini_hochberg(p))
    return dict(zip(differences, found, strict=True))


def differences_by_seed(sweep: Sweep, pairs: Sequence[tuple[str, str]]) -> Float[Array, "pairs seeds"]:
    """For each pair of cells, the first's test error minus the second's, a column per seed; NaN where either lacks it."""
    cells = [cell for end in (0, 1) for cell in (pair[end] for pair in pairs)]
    ours, theirs = np.split(by_seed(sweep.results, cells, "test/error").to_numpy(float), 2)
    return ours - theirs


def by_seed(rows: pd.DataFrame, cells: Sequence[str], metric: str) -> pd.DataFrame:
    """A row per cell, a column per seed; NaN where a seed is missing, or its value infinite."""
    table = rows[rows.cell.isin(cells)].pivot(index="cell", columns="seed", values=metric)
    return table.astype(float).replace([np.inf, -np.inf], np.nan).reindex(cells)


def comparable(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether equal seeds mean equal data and equal chance."""
    return ours.get("data") == theirs.get("data") and ours["axes"].get("vary") == theirs["axes"].get("vary")


def chosen_on_validation(results: pd.DataFrame) -> dict[str, str]:
    """For each arm its cell with the least mean validation error."""
    measured = results.reindex(columns=["arm", "cell", "validation/error", "validation/loss"]).fillna(float("inf"))
    means = measured.groupby(["arm", "cell"], sort=False).mean()
    best = (
        means.sort_values(["validation/error", "validation/loss"], kind="stable").reset_index().drop_duplicates("arm")
    )
    cell_of = dict(zip(best.arm, best.cell, strict=True))
    return {str(arm): str(cell_of[arm]) for arm in results.arm.unique()}


def best_on_validation(rows: pd.DataFrame) -> str:
    """The cell with the least mean validation error."""
    return chosen_on_validation(rows.assign(arm="all"))["all"]


def references(sweep: Sweep) -> tuple[dict[str, str], list[str]]:
    """For each arm the arm it is compared with: the study's baseline at the same value of all other axes.

    Where the study names no baseline, or one that is not in the sweep, it is the first arm, and a warning says so.
    """
    place_of, named = places_of_arms(sweep), numbers(sweep.study["baseline"])
    matching = [arm for arm, place in place_of.items() if named and named.items() <= place.items()]
    default = matching[0] if matching else next(iter(place_of))
    warnings = []
    if named and not matching:
        stated = " ".join(f"{axis}={value}" for axis, value in sweep.study["baseline"].items())
        warnings.append(f"The study's baseline, {stated}, is not in this sweep; {default} stands in for it.")
    arm_at = {frozenset(place_of[arm].items()): arm for arm in reversed(matching)}
    baselines = {}
    for arm, place in place_of.items():
        same_but_for_the_baseline = frozenset({**place, **named}.items())
        baselines[arm] = arm_at.get(same_but_for_the_baseline, default)
    return baselines, warnings


def places_of_arms(sweep: Sweep) -> dict[str, dict[str, float | str]]:
    """Where each arm lies on the axes whose values are not chosen on validation data."""
    arm_of = arms_of(sweep)
    place_of: dict[str, dict[str, float | str]] = {}
    for cell in sweep.cells:
        place = {axis: value for axis, value in cell["axes"].items() if axis not in sweep.study["choose"]}
        place_of.setdefault(arm_of[cell["name"]], numbers(place))
    return place_of


def arms_of(sweep: Sweep) -> dict[str, str]:
    """Each cell's arm."""
    rows = sweep.results.drop_duplicates("cell")
    return {str(cell): str(arm) for cell, arm in zip(rows.cell, rows.arm, strict=True)}


def numbers(axes: Mapping[str, object]) -> dict[str, float | str]:
    """Axis values with numbers as numbers, so that 1e-3 equals 0.001."""
    return {axis: as_number(str(value)) for axis, value in axes.items()}


def name_of(baselines: Mapping[str, str], sweep: Sweep) -> str:
    """The baseline's name; where arms have baselines of their own, the values that these share."""
    distinct = list(dict.fromkeys(baselines.values()))
    return distinct[0] if len(distinct) == 1 else " ".join(str(value) for value in sweep.study["baseline"].values())


def cautions(rows: list[Row], sweep: Sweep) -> list[str]:
    """Warnings without which the table would mislead."""
    said = [
        f"{row.arm}: {row.diverged} of {row.seeds} seeds diverged; its averages are over the others."
        for row in rows
        if 0 < row.diverged < row.seeds
    ]
    said += [f"{row.arm}: all {row.seeds} seeds diverged." for row in rows if row.diverged == row.seeds]
    others = [row.arm for row in rows if row.difference is None and row.arm != row.baseline]
    if others:
        said.append(f"Not compared with the baseline, since their data or sources of chance differ: {listed(others)}.")
    apart = [row.arm for row in rows if row.difference is not None and not row.difference.n and row.test_error.n]
    if apart:
        said.append(f"Not compared with their baseline, since no seed finished in both: {listed(apart)}.")
    if sweep.params.get("selection") == "oracle":
        said.append("The step that counts was chosen on the test set (selection=oracle): these errors are optimistic.")
    return said


def edges(rows: list[Row], sweep: Sweep) -> list[str]:
    """Notes on chosen numbers that are the least or the largest of those tried: a better one may lie outside."""
    said = []
    arm_of, axes_of = arms_of(sweep), {cell["name"]: cell["axes"] for cell in sweep.cells}
    tried: dict[tuple[str, str], set[float | str]] = {}
    for cell, axes in axes_of.items():
        for axis in sweep.study["choose"]:
            if axis in axes:
                tried.setdefault((arm_of[cell], axis), set()).add(as_number(axes[axis]))
    for row in rows:
        for axis in sweep.study["choose"]:
            values = sorted(value for value in tried.get((row.arm, axis), ()) if isinstance(value, float))
            chosen = axes_of[row.cell].get(axis)
            if len(values) > 1 and chosen is not None and as_number(chosen) in (values[0], values[-1]):
                side = "largest" if as_number(chosen) == values[-1] else "least"
                said.append(f"{row.arm}: the {axis} chosen, {chosen}, is the {side} of those tried.")
    return said


def stages(rows: list[Row], sweep: Sweep) -> list[str]:
    """Notes where arms were trained for different numbers of steps, or only some of them fit their training examples."""
    steps = sweep.curves.groupby("cell").step.max().to_dict()
    lengths = {row.arm: int(steps[row.cell]) for row in rows}
    said = []
    if len(set(lengths.values())) > 1:
        said.append(
            f"Trained for different numbers of steps: {listed([f'{arm} {n:,}' for arm, n in lengths.items()])}."
        )
    fitted = [row.arm for row in rows if row.train_error.mean == 0]
    others = [row.arm for row in rows if row.train_error.mean > 0]
    if is_classification(sweep) and fitted and others:
        said.append(
            f"Only some arms fit the training examples without error: {listed(fitted)} do, {listed(others)} do not."
        )
    return said


def unfinished(rows: list[Row], sweep: Sweep) -> list[str]:
    """A note on arms whose validation loss still fell at the last step in most seeds, if the last step is what counts."""
    if sweep.params.get("selection", "last") != "last" or "validation/loss" not in sweep.curves:
        return []
    columns = ["cell", "seed", "step", "validation/loss"]
    curves = sweep.curves.loc[sweep.curves.cell.isin([row.cell for row in rows]), columns].sort_values("step")
    left = curves.groupby(["cell", "seed"]).cumcount(ascending=False)  # evaluations that follow
    curves = curves.assign(
        last=curves["validation/loss"].where(left == 0),
        before=curves["validation/loss"].where(left == 1),
        least=curves["validation/loss"].where(left > 0),
    )
    of_seed = curves.groupby(["cell", "seed"]).agg({"last": "max", "before": "max", "least": "min", "step": "size"})
    falling = (
        (of_seed["last"] < of_seed["least"]) & (of_seed["last"] < 0.98 * of_seed["before"]) & (of_seed["step"] > 2)
    )
    share = falling.groupby("cell").mean().to_dict()
    found = [row.arm for row in rows if share.get(row.cell, 0) > 0.5]
    if not found:
        return []
    return [f"Still improving at the last step, by two percent and more of validation loss: {listed(found)}."]


def listed(names: Sequence[str]) -> str:
    """The names, or the first MOST of them and how many more there are, to keep sentences short.

    >>> listed(["a", "b"]), listed([f"c{i}" for i in range(14)])
    ('a, b', 'c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 2 more')
    """
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more


def is_classification(sweep: Sweep) -> bool:
    """Whether errors are shares of examples, which are shown in percent."""
    tasks = {cell.get("task") or sweep.params.get("data.task") for cell in sweep.cells}
    return tasks == {"classification"}
