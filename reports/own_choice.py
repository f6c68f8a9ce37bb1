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
from jaxtyping import Int

from reports.arms import choosing_rows
from reports.comparison import Comparison, by_seed
from reports.crossed import one_a_draw
from reports.formats import number, p_value
from reports.load import Sweep, has_rows
from reports.max_t import Together, max_t
from reports.schema.names import short
from reports.sign_flips import Array


class Tried(NamedTuple):
    """One cell of an arm."""

    cell: str
    value: str  # of the axes that are chosen
    seeds: int  # how many would have chosen it
    pooled: bool  # whether all together do


class Difference(NamedTuple):
    """The mean difference in test error, paired by seed, with the p and simultaneous interval of its family."""

    mean: float
    together: Together


class OwnChoice(NamedTuple):
    """One arm: what its seeds choose, and the test error that follows."""

    arm: str
    tried: list[Tried]
    error: float  # mean test error over seeds, each at its own choice
    pooled: (
        Difference | None
    )  # against the baseline, both at the pooled choice; None for a baseline, and where data are not the baseline's
    own: Difference | None  # both at each seed's own choice


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
    own = together([(pair.arm, pair.other) for pair in comparison.pairs], independent(chosen, sweep))
    return [
        OwnChoice(
            row.arm,
            tried(chosen[row.arm], row.cell, sweep),
            float(chosen[row.arm].error.mean()),
            row.pair and Difference(row.pair.difference.mean, row.pair.together),
            own.get((row.arm, row.baseline)),
        )
        for row in comparison.rows
    ]


def independent(chosen: Mapping[str, Chosen], sweep: Sweep) -> dict[str, Chosen]:
    """The same with the errors of crossed seeds as one mean for each draw of the first source."""
    cells = {cell["name"]: cell for cell in sweep.cells}
    return {arm: own._replace(error=one_a_draw(own.error, cells[own.cells[0]])) for arm, own in chosen.items()}


def together(pairs: Sequence[tuple[str, str]], chosen: Mapping[str, Chosen]) -> dict[tuple[str, str], Difference]:
    """The same pairs of arms as in the table, at each seed's own choices, as one family."""
    if not pairs:
        return {}
    differences = pd.DataFrame([chosen[ours].error - chosen[theirs].error for ours, theirs in pairs])
    found = zip(pairs, differences.mean(axis=1), max_t(differences.to_numpy(float)), strict=True)
    return {pair: Difference(float(mean), family) for pair, mean, family in found}


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
            "difference": told(one.pooled, comparison),
            "chosen by each": how_often(one) or "–",
            "difference, own choices": told(one.own, comparison),
            "p, own choices": p_value(one.own.together.p) if one.own else "–",
        }
        for one in own_choices(sweep, comparison)
    ]


def told(difference: Difference | None, comparison: Comparison) -> str:
    """A difference with its simultaneous interval; alone where so few seeds bound nothing."""
    if difference is None:
        return "–"
    mean, low, high = (
        number(end, comparison, sign=True)
        for end in (difference.mean, difference.together.low, difference.together.high)
    )
    return f"{mean} [{low}, {high}]" if np.isfinite(difference.together.low) else mean


def how_often(one: OwnChoice) -> str:
    """
    >>> tried = [Tried("a", "0.1", 7, True), Tried("b", "0.2", 0, False), Tried("c", "0.3", 3, False)]
    >>> how_often(OwnChoice("l2", tried, 0.1, None, None))
    '0.1 × 7, 0.3 × 3'
    """
    return ", ".join(f"{cell.value} × {cell.seeds}" for cell in one.tried if cell.seeds and cell.value)
