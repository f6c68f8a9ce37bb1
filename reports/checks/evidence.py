"""What statistical checks look at: the difference of every comparison, seed by seed."""

from typing import TYPE_CHECKING, Any

import numpy as np

from reports.load import Sweep

if TYPE_CHECKING:
    from reports.comparison import Comparison, Row


def differences(sweep: Sweep, comparison: "Comparison") -> "list[tuple[Row, np.ndarray[Any, Any]]]":
    """Each row that is compared, with its test error minus its baseline's in every seed where both are finite."""
    compared = [row for row in comparison.rows if row.difference is not None and row.difference.n]
    if not compared or "test/error" not in sweep.results:
        return []
    rows = sweep.results[["cell", "seed", "test/error"]]
    errors = rows.pivot(index="cell", columns="seed", values="test/error").astype(float)
    place = {cell: n for n, cell in enumerate(errors.index)}
    values = errors.to_numpy()
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is no difference
        pairs = [(row, values[place[row.cell]] - values[place[row.reference]]) for row in compared]
    return [(row, by_seed[np.isfinite(by_seed)]) for row, by_seed in pairs]
