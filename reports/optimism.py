"""The optimism ledger: for the very same runs, what each way of choosing would have reported, and how much peeking flatters."""

from typing import NamedTuple

from reports.comparison import Comparison
from reports.load import Sweep
from reports.statistics import Interval, PairedDifference, mean_interval, paired_difference

RULES = ("last", "best_validation", "oracle")


class Entry(NamedTuple):
    """One arm: its test error by each rule for the step, at the value chosen on validation data; and by peeking at both."""

    arm: str
    by_rule: dict[str, Interval]
    flattery: PairedDifference  # the oracle's step less that of the best validation loss, paired by seed
    peeking: Interval  # the oracle's step, and the cell that is best on the test set


def ledger(sweep: Sweep, comparison: Comparison) -> list[Entry]:
    """An entry an arm, in the order of the report. The oracle chooses each seed's step by test error: never a result."""
    entries = []
    for row in comparison.rows:
        own = sweep.curves[sweep.curves.cell == row.cell]
        errors = {rule: own[own[f"selected/{rule}"]].set_index("seed")["test/error"] for rule in RULES}
        arm = sweep.curves[(sweep.curves.arm == row.arm) & sweep.curves["selected/oracle"]]
        means = arm.groupby("cell", sort=False)["test/error"].mean()
        best = arm[arm.cell == means.idxmin()] if means.notna().any() else arm
        entries.append(
            Entry(
                row.arm,
                {rule: mean_interval(values) for rule, values in errors.items()},
                paired_difference(*errors["oracle"].align(errors["best_validation"])),
                mean_interval(best["test/error"]),
            )
        )
    return entries
