"""L013, L020: parts of the data that have no rows."""

from typing import TYPE_CHECKING

from reports.load import Sweep, has_rows
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison


def no_validation_rows(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """No validation rows.

    Found: no cell has a validation loss.

    Matters: nothing can be chosen, neither a strength nor a step: an arm stands for the one value that it was given, good or bad.

    Do: give `split.validation` rows, and `study.choose` the axes whose value they choose.
    """
    if has_rows(sweep, "validation"):
        return []
    return [
        "There are no validation rows (split.validation=0): nothing is chosen on them, arms stand in the order of the sweep, and what "
        "other ways of choosing would have reported is left out"
    ]


def no_test_rows(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """No test rows.

    Found: an arm's chosen cell has no rows for testing.

    Matters: nothing is said of data that the network has not seen.

    Do: give `split.test` rows.
    """
    cell_of = {cell["name"]: cell for cell in sweep.cells}
    untested = [row.arm for row in comparison.rows if (cell_of[row.cell].get("sizes") or {}).get("test") == 0]
    return [f"Without test rows, and so without a test error: {listed(untested)}"] * bool(untested)
