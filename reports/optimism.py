"""The optimism ledger: what each way of choosing, also on the test set, would have reported of the very same runs."""

from typing import NamedTuple

import pandas as pd

from reports.comparison import Comparison, by_seed
from reports.load import Sweep
from reports.schema import RULES, SELECTED
from reports.statistics import Interval, PairedDifference, mean_interval, paired_differences


class Entry(NamedTuple):
    """One arm's test error: by each rule for the step at the value chosen on validation data, and at that chosen on the test set."""

    arm: str
    by_rule: dict[str, Interval]
    optimism: PairedDifference  # test error at the oracle's step minus that at the best validation loss, paired by seed
    selected_on_test: Interval  # the oracle's step, and the cell that is best on the test set


def ledger(sweep: Sweep, comparison: Comparison) -> list[Entry]:
    """An entry per arm, in the order of the report. The oracle chooses each seed's step by test error: never a result.

    Nothing where a cell has no validation or no test rows, by which the rules go.
    """
    if sweep.seeds.reindex(columns=[SELECTED + rule for rule in RULES]).isna().any(axis=None):
        return []
    steps = {rule: at_the_step_of(rule, sweep) for rule in RULES}
    chosen, best_by_arm = [row.cell for row in comparison.rows], best_on_test(steps["oracle"])
    errors = {rule: by_seed(rows, chosen, "test/error").to_numpy() for rule, rows in steps.items()}
    best = by_seed(steps["oracle"], [best_by_arm[row.arm] for row in comparison.rows], "test/error").to_numpy()
    optimism = paired_differences(errors["oracle"] - errors["best_validation"])
    return [
        Entry(row.arm, {rule: mean_interval(errors[rule][n]) for rule in RULES}, optimism[n], mean_interval(best[n]))
        for n, row in enumerate(comparison.rows)
    ]


def at_the_step_of(rule: str, sweep: Sweep) -> pd.DataFrame:
    """The rows of the curves at the step that a rule takes, for every cell and seed."""
    taken = sweep.seeds[["cell", "seed", SELECTED + rule]].rename(columns={SELECTED + rule: "step"})
    return sweep.curves.merge(taken, on=["cell", "seed", "step"], sort=False)


def best_on_test(rows: pd.DataFrame) -> dict[str, str]:
    """For each arm the cell whose mean test error is least."""
    means = rows.groupby(["arm", "cell"], sort=False)["test/error"].mean().sort_values(kind="stable").reset_index()
    best = means.drop_duplicates("arm")
    return dict(zip(best.arm, best.cell, strict=True))
