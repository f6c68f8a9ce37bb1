"""L008: seeds that are copies of each other."""

from typing import TYPE_CHECKING

from reports.load import Sweep
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison


def seeds_that_repeat(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """All seeds have the same numbers.

    Found: in an arm's chosen cell, every loss and error of every part is the same, to the last bit, in all of two or more seeds.

    Matters: the seeds are one network, counted many times: the interval has no width, and p is as small as the number of copies
    makes it, for any difference.

    Do: let something vary, `vary=[split,init,order]`; a split that is the same for all seeds (`split=own`, `time` or `files`)
    needs `init` or `order`.
    """
    errors = [name for name in sweep.metrics if name.endswith(("/error", "/loss")) and name in sweep.results]
    cells = sweep.results.groupby("cell")[errors]
    same = (cells.min() == cells.max()) | (cells.count() == 0)
    repeat = same.all(axis=1) & (cells.size() > 1) & (cells.count() > 1).any(axis=1)
    arms = [row.arm for row in comparison.rows if repeat.get(row.cell, False)]
    if not arms:
        return []
    return [
        "All seeds have the same numbers, since nothing that vary names differs between them: they are as good as one, whatever p and "
        f"intervals say (vary=[split,init,order] varies all): {listed(arms)}"
    ]
