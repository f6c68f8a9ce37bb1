"""The answer of a sweep: every arm at the value that validation data chose, against its baseline, paired by seed."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from reports.arms import choosing_rows, chosen_on_validation, name_of, references
from reports.checks import look
from reports.crossed import UNITS, first_source, of_independent_seeds
from reports.load import Sweep, is_classification, redrawn
from reports.max_t import Together, max_t
from reports.new_data import NewData
from reports.population import on_new_data, population
from reports.reference_lines import ReferenceLine, reference_lines
from reports.sign_flips import Array
from reports.statistics import Interval, PairedDifference, mean_interval, paired_differences, t_quantile

MEASURED = ["test/error", "train/error", "gap/error", "diverged_at"]


class Ends(NamedTuple):
    """The ends of an interval."""

    low: float
    high: float


class Pair(NamedTuple):
    """Two arms compared: the first's test error minus the second's, seed by seed."""

    arm: str
    other: str
    difference: PairedDifference
    together: Together  # over seeds, in the family of all comparisons of the table
    new_data: NewData  # as if it were the only comparison

    @property
    def beyond(self) -> Ends:
        """The interval on new data in the family of all: m ± q √V, never inside the one over seeds, m ± q √(S²/n)."""
        wider = self.together.quantile / t_quantile(0.975, self.difference.n - 1) if self.difference.n > 1 else np.nan
        half = (self.new_data.high - self.new_data.low) / 2 * wider
        return Ends(self.difference.mean - half, self.difference.mean + half)


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
    pair: Pair | None  # None for a baseline, and where the data are not the baseline's
    diverged: int  # how many of the seeds
    seeds: int

    @property
    def chosen(self) -> str:
        """The choice in one line."""
        return " ".join(f"{axis.split('.', 1)[-1]}={value}" for axis, value in self.choice.items())

    @property
    def difference(self) -> PairedDifference | None:
        """Of test error, from the baseline."""
        return self.pair and self.pair.difference

    @property
    def p(self) -> float:
        """The difference's p, corrected for the number of comparisons (max-T); NaN where there is none."""
        return self.pair.together.p if self.pair else float("nan")


class Comparison(NamedTuple):
    """The rows in the order of the sweep, and what a reader must know."""

    rows: list[Row]
    baseline: str  # the name of what the rows are compared with
    percent: bool  # errors are shares of examples
    tested: int  # how many differences, in the whole sweep, whichever rows are shown
    warnings: list[str]  # of checks, each with its code
    notes: list[str]  # the same: what could be better about the sweep
    references: Sequence[ReferenceLine] = ()  # what needs no network
    pairs: Sequence[
        Pair
    ] = ()  # all that were compared, in one family: with the baseline, or every arm with every other
    population: str = ""  # what the answer is true of, in words
    redrawn: bool = False  # every seed has data of its own
    smallest_effect: float | None = None  # the least difference that matters, where the study states one
    counted: str = ""  # of crossed seeds, the source whose draws n counts

    @property
    def unit(self) -> str:
        """What n counts, in words."""
        return UNITS[self.counted] if self.counted else "seeds"

    def typed(self, n: int) -> str:
        """What to write for n of them.

        >>> Comparison([], "none", True, 0, [], [], counted="split").typed(6)
        'seeds={split: 6, …}'
        """
        return f"seeds={{{self.counted}: {n}, …}}" if self.counted else f"seeds={n}"

    @property
    def these_seeds(self) -> str:
        """What an interval over seeds is over, in words."""
        return "seeds, each with data of its own" if self.redrawn else "seeds of these data"


def compare(sweep: Sweep) -> Comparison:
    """Chooses each arm's cell by mean validation error over seeds (ties: by validation loss), then compares test errors.

    A diverged seed's error counts as infinite in the choice, so a cell that has one is chosen only if all cells have one.
    """
    source, sweep = first_source(sweep), of_independent_seeds(sweep)
    cells = {cell["name"]: cell for cell in sweep.cells}
    chosen_cells = chosen_on_validation(sweep.results, choosing_rows(sweep))
    baselines = references(sweep)
    compared = paired(sweep, to_compare(sweep, chosen_cells, baselines), chosen_cells)
    of_arm = {(pair.arm, pair.other): pair for pair in compared}
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
            pair=of_arm.get((arm, baselines[arm])),
            diverged=int((diverged_at >= 0).sum()),
            seeds=len(test),
        )

    rows = [row(arm, cell) for arm, cell in chosen_cells.items()]
    tested = sum(pair.difference.n > 1 for pair in compared)
    lines = reference_lines(sweep, chosen_cells)
    comparison = Comparison(
        rows,
        name_of(baselines, sweep),
        is_classification(sweep),
        tested,
        [],
        [],
        lines,
        compared,
        population(sweep),
        redrawn(sweep),
        effect if isinstance(effect := sweep.study.get("smallest_effect"), float | int) and effect > 0 else None,
        source,
    )
    return comparison._replace(**look(sweep, comparison)._asdict())


def to_compare(sweep: Sweep, chosen: Mapping[str, str], baselines: Mapping[str, str]) -> list[tuple[str, str]]:
    """The pairs of arms that the study compares: each with its baseline, and with `compare: pairs` every arm with every other."""
    cells = {cell["name"]: cell for cell in sweep.cells}
    pairs = [(arm, baselines[arm]) for arm in chosen if arm != baselines[arm]]
    if sweep.study.get("compare") == "pairs":
        there = {frozenset(pair) for pair in pairs}
        pairs += [pair for pair in combinations(reversed(list(chosen)), 2) if frozenset(pair) not in there]
    return [pair for pair in pairs if comparable(*(cells[chosen[arm]] for arm in pair))]


def paired(sweep: Sweep, arms: Sequence[tuple[str, str]], chosen: Mapping[str, str]) -> list[Pair]:
    """These arms compared at their chosen cells, as one family."""
    named = {cell["name"]: cell for cell in sweep.cells}
    of_cells = [(chosen[ours], chosen[theirs]) for ours, theirs in arms]
    by_seed = differences_by_seed(sweep, of_cells)
    differences, together = paired_differences(by_seed.to_numpy()), max_t(by_seed.to_numpy())
    new_data = [
        on_new_data(sweep, [named[cell] for cell in cells], by_seed.iloc[place]) for place, cells in enumerate(of_cells)
    ]
    found = zip(arms, differences, together, new_data, strict=True)
    return [Pair(*pair, difference, family, new) for pair, difference, family, new in found]


def measured(sweep: Sweep) -> dict[str, Float[Array, "4 seeds"]]:
    """For each cell, the metrics named in MEASURED, by seed."""
    table = sweep.results.reindex(columns=MEASURED).to_numpy(float).T
    return {cell: table[:, rows] for cell, rows in sweep.results.groupby("cell", sort=False).indices.items()}


def differences_by_seed(sweep: Sweep, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """For each pair of cells, the first's test error minus the second's, a column per seed; NaN where either lacks it."""
    cells = [cell for end in (0, 1) for cell in (pair[end] for pair in pairs)]
    errors = by_seed(sweep.results, cells, "test/error")
    ours, theirs = np.split(errors.to_numpy(float), 2)
    return pd.DataFrame(ours - theirs, columns=errors.columns)


def by_seed(rows: pd.DataFrame, cells: Sequence[str], metric: str) -> pd.DataFrame:
    """A row per cell, a column per seed; NaN where a seed or the metric is missing, or its value infinite."""
    measured = rows[rows.cell.isin(cells)].reindex(columns=["cell", "seed", metric])
    table = measured.pivot(index="cell", columns="seed", values=metric)
    return table.astype(float).replace([np.inf, -np.inf], np.nan).reindex(cells)


def comparable(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether equal seeds mean equal data and equal chance."""
    same = all(ours.get(key) == theirs.get(key) for key in ("data", "crossed"))
    return same and ours["axes"].get("vary") == theirs["axes"].get("vary")
