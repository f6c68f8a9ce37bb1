"""L009, L021: test rows that a network has seen in training."""

from typing import TYPE_CHECKING, Any

from reports.load import Sweep
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison

SHARE = 0.01  # of the test rows: fewer copies change an error by less than a percent of the rows


def test_rows_that_train(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Test rows that train as well.

    Found: in some seed's split, rows with the same number are for testing and for training or validation.

    Matters: a network is judged on what it has learnt by heart; errors on such rows say nothing of new data.

    Do: `split.overlap=false`, unless a paper that did so is repeated; then say it beside every number.
    """
    shared = arms_by(comparison, sweep, "overlap", "{0:,} of {1} test rows are for training or validation too")
    return [
        f"{'' if len(arms) == len(comparison.rows) else f'{listed(arms)}: '}{words} (split.overlap): errors on them say nothing of new data"
        for words, arms in shared.items()
    ]


def copies_of_training_rows(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Test rows that are copies of training rows.

    Found: in some seed's split, at least a percent of the test rows have the same features and target, to the last bit, as a
    training row. Looked for in data of at most 2²⁰ rows. In data of few columns with few values, copies are what new data would
    have, too.

    Matters: where copies come from collecting the data twice, a network knows them by heart, and the test error is too low.

    Do: remove the copies from the table, or keep those of one origin in one part, with `split=groups` and a column that names the
    origin.
    """
    shared = arms_by(comparison, sweep, "copies", "{0:,} of {1} test rows are copies of training rows", SHARE)
    return [
        f"{'' if len(arms) == len(comparison.rows) else f'{listed(arms)}: '}{words} in some seeds"
        for words, arms in shared.items()
    ]


def arms_by(comparison: "Comparison", sweep: Sweep, key: str, words: str, share: float = 0.0) -> dict[str, list[str]]:
    """The arms whose cells have a number under that key, of at least a share of the test rows, by what is said of it."""
    cell_of, found = {cell["name"]: cell for cell in sweep.cells}, dict[str, list[str]]()
    for row in comparison.rows:
        number: Any = cell_of[row.cell].get(key)
        t = (cell_of[row.cell].get("sizes") or {}).get("test", "?")
        if isinstance(number, int) and number and (not isinstance(t, int) or number >= share * t):
            found.setdefault(words.format(number, t), []).append(row.arm)
    return found
