"""L003: seeds whose loss became infinite."""

from typing import TYPE_CHECKING

from reports.load import Sweep

if TYPE_CHECKING:
    from reports.comparison import Comparison


def diverged(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """A seed diverged.

    Found: the loss of a seed of an arm's chosen cell was infinite, or not a number, at some step; the seed has no values from
    then on.

    Matters: the averages are over the seeds that went well, and flatter the arm; its comparison has fewer pairs.

    Do: take a smaller `optimizer.learning_rate`, or clip gradients (`clipping=norm`), for all arms alike; or say how many
    diverged wherever you give the average.
    """
    some = [
        f"{row.arm}: {row.diverged} of {row.seeds} seeds diverged; its averages are over the others"
        for row in comparison.rows
        if 0 < row.diverged < row.seeds
    ]
    return some + [f"{row.arm}: all {row.seeds} seeds diverged" for row in comparison.rows if row.diverged == row.seeds]
