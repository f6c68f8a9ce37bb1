"""What each seed would have chosen: by its own validation error, as who has one validation set must, beside the pooled choice.

The table's choice takes an arm's cell of least validation error in the mean over all seeds, which nobody knows who trains one network.
Here every seed takes the cell that is best on its own validation rows (ties: by loss, then in the order of the sweep), the baseline too,
and test errors are compared again. The least of four validation errors is lower than one: so arms with more tries look better even
where nothing differs, and how many tries each had stands beside.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from reports.arms import choosing_rows
from reports.comparison import Comparison, by_seed, differences_by_seed
from reports.formats import number, p_value
from reports.load import Sweep, has_rows
from reports.max_t import UNTESTED, Together, max_t
from reports.schema.names import listed, short
from reports.sign_flips import Array


class Tried(NamedTuple):
    """One cell of an arm."""

    cell: str
    value: str  # of the axes that are chosen
    seeds: int  # how many would have chosen it
    pooled: bool  # whether all together do


class OwnChoice(NamedTuple):
    """One arm; the means of differences from its baseline in test error, and their families' p and simultaneous intervals."""

    arm: str
    tried: list[Tried]
    error: float  # mean test error over seeds, each at its own choice
    pooled: float  # both at the pooled choice; NaN for a baseline, and where data are not the baseline's
    pooled_together: Together
    own: float  # both at each seed's own choice
    own_together: Together


class Chosen(NamedTuple):
    """What the seeds of one arm choose."""

    cells: list[str]
    at: Int[Array, " seeds"]  # the number of each seed's cell; −1 where it has none
    error: "pd.Series"  # of each seed's own choice on test rows, by seed


def own_choices(sweep: Sweep, comparison: Comparison) -> list[OwnChoice]:
    """An entry per arm; none where there are no validation rows, or nothing to choose among."""
    chosen = by_arm(sweep) if has_rows(sweep, "validation") else {}
    if all(len(one.cells) < 2 for one in chosen.values()):
        return []
    compared = [row for row in comparison.rows if row.difference is not None]
    pooled = differences_by_seed(sweep, [(row.cell, row.reference) for row in compared])
    own = pd.DataFrame([chosen[row.arm].error - chosen[row.baseline].error for row in compared]).to_numpy(float)
    families = [dict(zip([row.arm for row in compared], with_max_t(table), strict=True)) for table in (pooled, own)]
    nothing = (float("nan"), UNTESTED)
    return [
        OwnChoice(
            row.arm,
            tried(chosen[row.arm], row.cell, sweep),
            float(chosen[row.arm].error.mean()),
            *families[0].get(row.arm, nothing),
            *families[1].get(row.arm, nothing),
        )
        for row in comparison.rows
    ]


def with_max_t(differences: Float[Array, "comparisons seeds"]) -> list[tuple[float, Together]]:
    """The mean difference of each comparison, and what max-T says of it in this family."""
    if not len(differences):
        return []
    counts = np.isfinite(differences).sum(axis=1)
    means = np.where(counts > 0, np.nansum(differences, axis=1) / np.maximum(counts, 1), np.nan)
    return list(zip(means.tolist(), max_t(differences), strict=True))


def by_arm(sweep: Sweep) -> dict[str, Chosen]:
    """What the seeds of each arm choose."""
    cells = sweep.results.drop_duplicates("cell").groupby("arm", sort=False)["cell"]
    part = choosing_rows(sweep)
    return {str(arm): chosen_by_seeds(sweep.results, list(own), part) for arm, own in cells}


def chosen_by_seeds(results: pd.DataFrame, cells: Sequence[str], part: str) -> Chosen:
    """Each seed's cell of least error on these validation rows, ties by loss, then in the order given."""
    errors, losses, tests = (
        by_seed(results, cells, metric) for metric in (f"{part}/error", f"{part}/loss", "test/error")
    )
    best = np.lexsort((losses.fillna(np.inf).to_numpy(), errors.fillna(np.inf).to_numpy()), axis=0)[0]
    error = tests.to_numpy()[best, np.arange(tests.shape[1])]
    at = np.where(errors.notna().any(axis=0), best, -1)
    return Chosen(list(cells), at, pd.Series(error, tests.columns))


def tried(chosen: Chosen, pooled: str, sweep: Sweep) -> list[Tried]:
    """The cells of an arm in the order of the sweep, and how many seeds would have chosen each."""
    values = values_of(chosen.cells, sweep)
    counts = np.bincount(chosen.at[chosen.at >= 0], minlength=len(chosen.cells)).tolist()
    return [Tried(cell, values[cell], counts[n], cell == pooled) for n, cell in enumerate(chosen.cells)]


def values_of(cells: Sequence[str], sweep: Sweep) -> dict[str, str]:
    """The values that each cell has on axes that are chosen; of a single axis the value alone."""
    places: Mapping[str, Mapping[str, str]] = {
        cell["name"]: {axis: value for axis, value in cell["axes"].items() if axis in sweep.study["choose"]}
        for cell in sweep.cells
        if cell["name"] in set(cells)
    }
    axes = list(dict.fromkeys(axis for place in places.values() for axis in place))
    return {
        cell: " ".join(value if len(axes) == 1 else f"{short(axis, axes)}={value}" for axis, value in place.items())
        for cell, place in places.items()
    }


def own_choice_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The table, ready to show."""
    return [
        {
            "": one.arm,
            "tries": str(len(one.tried)),
            "chosen by all": next((cell.value for cell in one.tried if cell.pooled), "") or "–",
            "difference": told(one.pooled, one.pooled_together, comparison),
            "chosen by each": how_often(one) or "–",
            "difference, own choices": told(one.own, one.own_together, comparison),
            "p, own choices": p_value(one.own_together.p),
        }
        for one in own_choices(sweep, comparison)
    ]


def told(mean: float, together: Together, comparison: Comparison) -> str:
    """A difference with its simultaneous interval; alone where so few seeds bound nothing."""
    ends = [number(end, comparison, sign=True) for end in (together.low, together.high)]
    shown = number(mean, comparison, sign=True)
    return f"{shown} [{ends[0]}, {ends[1]}]" if np.isfinite(together.low) else shown


def how_often(one: OwnChoice) -> str:
    """
    >>> tried = [Tried("a", "0.1", 7, True), Tried("b", "0.2", 0, False), Tried("c", "0.3", 3, False)]
    >>> how_often(OwnChoice("l2", tried, 0.1, 0.0, UNTESTED, 0.0, UNTESTED))
    '0.1 × 7, 0.3 × 3'
    """
    return ", ".join(f"{cell.value} × {cell.seeds}" for cell in one.tried if cell.seeds and cell.value)


def unequal_tries(sweep: Sweep, comparison: Comparison) -> list[str]:
    """A note where an arm was chosen among more cells than its baseline, or fewer."""
    tries = sweep.results.groupby("arm")["cell"].nunique().to_dict() if has_rows(sweep, "validation") else {}
    differ: dict[tuple[int, str], list[str]] = {}
    for row in comparison.rows:
        if tries and row.difference is not None and tries[row.arm] != tries[row.baseline]:
            differ.setdefault((tries[row.arm], row.baseline), []).append(row.arm)
    told = "; ".join(
        f"{listed(arms)} had {in_tries(count)}{' each' if len(arms) > 1 else ''}, {baseline} {tries[baseline]}"
        for (count, baseline), arms in differ.items()
    )
    why = "The best of several is lower by chance too; study.baseline_tries gives the baseline as many."
    return [f"Not all were chosen among as many cells: {told}. {why}"] if told else []


def in_tries(count: int) -> str:
    """
    >>> in_tries(1), in_tries(4)
    ('1 try', '4 tries')
    """
    return "1 try" if count == 1 else f"{count} tries"
