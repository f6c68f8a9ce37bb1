"""What checks of comparisons look at: every pair of arms that is compared, by a name, and its difference in every seed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from reports.load import Sweep

if TYPE_CHECKING:
    from reports.comparison import Comparison, Pair


class Compared(NamedTuple):
    """The test error of an arm minus another's, in every seed where both are finite."""

    name: str  # of the arm; where the other is not its baseline, of both
    cell: str  # of the arm
    differences: "np.ndarray[Any, Any]"


def compared(sweep: Sweep, comparison: "Comparison") -> list[Compared]:
    """All comparisons that share a seed."""
    if not comparison.pairs or "test/error" not in sweep.results:
        return []
    rows = sweep.results[["cell", "seed", "test/error"]]
    errors = rows.pivot(index="cell", columns="seed", values="test/error").astype(float)
    place, values = {cell: n for n, cell in enumerate(errors.index)}, errors.to_numpy()
    cell_of = {row.arm: row.cell for row in comparison.rows}
    baselines, found = {row.arm: row.baseline for row in comparison.rows}, []
    for pair in comparison.pairs:
        ours, theirs = (values[place[cell_of[arm]]] for arm in (pair.arm, pair.other))
        both = np.isfinite(ours) & np.isfinite(theirs)
        if both.any():
            found.append(Compared(name_of(pair, baselines), cell_of[pair.arm], (ours - theirs)[both]))
    return found


def name_of(pair: "Pair", baselines: Mapping[str, str]) -> str:
    """The arm where it is compared with its baseline, else both: "l1 − l2"."""
    return pair.arm if baselines[pair.arm] == pair.other else f"{pair.arm} − {pair.other}"
