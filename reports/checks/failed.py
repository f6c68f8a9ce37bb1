"""L014: what the cells that failed leave out of tables, choices and comparisons."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reports.arms import Place, arms_of, numbers
from reports.load import Sweep
from reports.schema.names import arm_name, listed

if TYPE_CHECKING:
    from reports.comparison import Comparison


def failed_cells(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """A grid with failed cells.

    Found: cells of the sweep that ended with an error: an arm that has others left is chosen among these; an arm that has none is
    in no table; and where it was a baseline, its arms are compared with another one.

    Matters: what failed is seldom a matter of chance: it may be the largest network, or the strength that would have been chosen.
    Every statistic over the grid is over the cells that are left.

    Do: each failed cell's run in MLflow has its traceback; once mended, the same command trains the failed cells alone.
    """
    if not sweep.failed:
        return []
    arm_at = {place_of(cell, sweep): arm for cell, arm in cells_with_arms(sweep)}
    left = Counter(place_of(cell, sweep) for cell in sweep.cells)
    lost = Counter(place_of(cell, sweep) for cell in sweep.failed)
    fewer = [
        f"{arm_at[place]} was chosen among {left[place]} of {left[place] + count} cells: {count} failed"
        for place, count in lost.items()
        if place in arm_at
    ]
    return fewer + lost_arms(sweep, arm_at) + other_baselines(sweep, comparison, arm_at, lost)


def lost_arms(sweep: Sweep, arm_at: Mapping[Any, str]) -> list[str]:
    """A sentence on the arms of which no cell is left."""
    gone = [cell for cell in sweep.failed if place_of(cell, sweep) not in arm_at]
    names = dict.fromkeys(arm_name(cell["axes"], sweep.axes, sweep.study["choose"]) for cell in gone)
    return [f"In no table, figure or average, since all their cells failed: {listed([*names])}"] * bool(gone)


def other_baselines(sweep: Sweep, comparison: "Comparison", arm_at: Mapping[Any, str], lost: Counter[Any]) -> list[str]:
    """Sentences on arms whose own baseline, at the same value of all other axes, failed."""
    named = numbers({axis: value for axis, value in sweep.study["baseline"].items() if axis in sweep.axes})
    place_at = {arm: dict(place) for place, arm in arm_at.items()}
    moved: dict[str, list[str]] = {}
    for row in comparison.rows if named else []:
        meant = frozenset({**place_at[row.arm], **named}.items())
        if meant in lost and meant not in arm_at and row.arm != row.baseline:
            moved.setdefault(row.baseline, []).append(row.arm)
    return [
        f"Compared with {baseline}, since their own baseline failed: {listed(arms)}" for baseline, arms in moved.items()
    ]


def place_of(cell: Mapping[str, Any], sweep: Sweep) -> "frozenset[tuple[str, float | str]]":
    """Where the arm of a cell lies: its values on the axes that are not chosen."""
    place: Place = numbers({axis: value for axis, value in cell["axes"].items() if axis not in sweep.study["choose"]})
    return frozenset(place.items())


def cells_with_arms(sweep: Sweep) -> list[tuple[Mapping[str, Any], str]]:
    arm_of = arms_of(sweep)
    return [(cell, arm_of[cell["name"]]) for cell in sweep.cells]


def lost_cells(sweep: Sweep) -> list[str]:
    """Of a sweep that compares no arms, how many cells failed."""
    count, every = len(sweep.failed), len(sweep.failed) + len(sweep.cells)
    return [f"{count:,} of {every:,} cells failed: every statistic over the grid is over the others"] * bool(count)
