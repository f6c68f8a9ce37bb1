"""The answer of a sweep: every arm at the value that validation data chose, against its baseline, paired by seed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from reports.arms import chosen_on_validation, name_of, references
from reports.crossed import of_independent_seeds
from reports.load import Sweep, is_classification
from reports.notes import cautions, edges, left_out, stages, unfinished
from reports.reference_lines import ReferenceLine, not_beaten, reference_lines
from reports.sign_flips import Array, least_p
from reports.statistics import (
    Interval,
    PairedDifference,
    benjamini_hochberg,
    holm,
    mean_interval,
    paired_differences,
)

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
    """The rows in the order of the sweep, and what a reader must know."""

    rows: list[Row]
    baseline: str  # the name of what the rows are compared with
    percent: bool  # errors are shares of examples
    tested: int  # how many differences, in the whole sweep, whichever rows are shown
    warnings: list[str]
    notes: list[str]  # what could be better about the sweep: values on the edge of what was tried, training cut short
    references: Sequence[ReferenceLine] = ()  # what needs no network


def compare(sweep: Sweep) -> Comparison:
    """Chooses each arm's cell by mean validation error over seeds (ties: by validation loss), then compares test errors.

    A diverged seed's error counts as infinite in the choice, so a cell that has one is chosen only if all cells have one.
    """
    sweep = of_independent_seeds(sweep)
    cells = {cell["name"]: cell for cell in sweep.cells}
    chosen_cells = chosen_on_validation(sweep.results)
    baselines, warnings = references(sweep)
    pairs = {arm: (cell, chosen_cells[baselines[arm]]) for arm, cell in chosen_cells.items() if arm != baselines[arm]}
    pairs = {arm: pair for arm, pair in pairs.items() if comparable(*(cells[cell] for cell in pair))}
    differences = dict(zip(pairs, paired_differences(differences_by_seed(sweep, list(pairs.values()))), strict=True))
    corrected = corrections(differences)
    errors_of = measured(sweep)

    def row(arm: str, cell: str) -> Row:
        test, train, gap, diverged_at = errors_of[cell]
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
    lines = reference_lines(sweep, chosen_cells)
    warnings += cautions(rows, sweep) + not_beaten(lines, {row.arm: row.test_error.mean for row in rows})
    notes = edges(rows, sweep) + stages(rows, sweep) + unfinished(rows, sweep) + left_out(sweep)
    return Comparison(rows, name_of(baselines, sweep), is_classification(sweep), tested, warnings, notes, lines)


def measured(sweep: Sweep) -> dict[str, Float[Array, "4 seeds"]]:
    """For each cell, the metrics named in MEASURED, by seed."""
    table = sweep.results.reindex(columns=MEASURED).to_numpy(float).T
    return {cell: table[:, rows] for cell, rows in sweep.results.groupby("cell", sort=False).indices.items()}


def corrections(differences: Mapping[str, PairedDifference]) -> dict[str, Corrected]:
    """Every arm's p, corrected for the number of comparisons."""
    p = [difference.p for difference in differences.values()]
    least = [least_p(difference.n) if difference.n > 1 else float("nan") for difference in differences.values()]
    corrected = map(Corrected, holm(p), holm(least), benjamini_hochberg(p))
    return dict(zip(differences, corrected, strict=True))


def differences_by_seed(sweep: Sweep, pairs: Sequence[tuple[str, str]]) -> Float[Array, "pairs seeds"]:
    """For each pair of cells, the first's test error minus the second's, a column per seed; NaN where either lacks it."""
    cells = [cell for end in (0, 1) for cell in (pair[end] for pair in pairs)]
    ours, theirs = np.split(by_seed(sweep.results, cells, "test/error").to_numpy(float), 2)
    return ours - theirs


def by_seed(rows: pd.DataFrame, cells: Sequence[str], metric: str) -> pd.DataFrame:
    """A row per cell, a column per seed; NaN where a seed or the metric is missing, or its value infinite."""
    measured = rows[rows.cell.isin(cells)].reindex(columns=["cell", "seed", metric])
    table = measured.pivot(index="cell", columns="seed", values=metric)
    return table.astype(float).replace([np.inf, -np.inf], np.nan).reindex(cells)


def comparable(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether equal seeds mean equal data and equal chance."""
    same = all(ours.get(key) == theirs.get(key) for key in ("data", "crossed"))
    return same and ours["axes"].get("vary") == theirs["axes"].get("vary")
