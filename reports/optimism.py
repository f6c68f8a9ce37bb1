"""The optimism ledger: what each way of choosing, also on the test set, would have reported of the very same runs."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from reports.comparison import Comparison, by_seed
from reports.load import Sweep
from reports.schema import RULES, SELECTED
from reports.split_half import selection_bias
from reports.statistics import Interval, PairedDifference, mean_interval, paired_differences

BY_ERROR = "best_validation_error"  # a rule beside those that are recorded


class Entry(NamedTuple):
    """One arm's test error by each rule for the step, at the value chosen on validation data; differences are paired by seed."""

    arm: str
    reported: Interval  # at the step that the experiment's own rule takes
    by_rule: dict[str, Interval]
    against_reported: PairedDifference  # the oracle's test error less the one reported
    against_error: PairedDifference  # less the one at the least validation error
    split_half: (
        PairedDifference | None
    )  # the oracle's bias alone; None where errors of rows are not kept at several evaluations
    selected_on_test: Interval  # the oracle's step, and the cell that is best on the test set


def ledger(sweep: Sweep, comparison: Comparison) -> list[Entry]:
    """An entry per arm, in the order of the report. The oracle chooses each seed's step by test error: never a result.

    Nothing where a cell has no validation or no test rows, by which the rules go.
    """
    if sweep.seeds.reindex(columns=[SELECTED + rule for rule in RULES]).isna().any(axis=None):
        return []
    steps = {rule: at_the_step_of(rule, sweep) for rule in RULES} | {BY_ERROR: at_least_validation_error(sweep.curves)}
    chosen, best_by_arm = [row.cell for row in comparison.rows], best_on_test(steps["oracle"])
    errors = {rule: by_seed(rows, chosen, "test/error").to_numpy() for rule, rows in steps.items()}
    reported = by_seed(sweep.results, chosen, "test/error").to_numpy()
    best = by_seed(steps["oracle"], [best_by_arm[row.arm] for row in comparison.rows], "test/error").to_numpy()
    against_reported, against_error = (
        paired_differences(errors["oracle"] - less) for less in (reported, errors[BY_ERROR])
    )
    return [
        Entry(
            row.arm,
            mean_interval(reported[n]),
            {rule: mean_interval(of_rule[n]) for rule, of_rule in errors.items()},
            against_reported[n],
            against_error[n],
            split_half(sweep, row.cell),
            mean_interval(best[n]),
        )
        for n, row in enumerate(comparison.rows)
    ]


def split_half(sweep: Sweep, cell: str) -> PairedDifference | None:
    """The mean over seeds of the bias of choosing a cell's step on half of the test rows."""
    biases = selection_bias(sweep, cell)
    return None if biases is None else paired_differences([biases.to_numpy()])[0]


def at_the_step_of(rule: str, sweep: Sweep) -> pd.DataFrame:
    """The rows of the curves at the step that a rule takes, for every cell and seed."""
    taken = sweep.seeds[["cell", "seed", SELECTED + rule]].rename(columns={SELECTED + rule: "step"})
    return sweep.curves.merge(taken, on=["cell", "seed", "step"], sort=False)


def at_least_validation_error(curves: pd.DataFrame) -> pd.DataFrame:
    """The rows of the curves at each seed's least validation error, the first if several tie."""
    finite = curves.assign(least=curves["validation/error"].replace(np.nan, np.inf))
    ordered = finite.sort_values(["least", "step"], kind="stable")
    return ordered.drop_duplicates(["cell", "seed"]).drop(columns="least")


def best_on_test(rows: pd.DataFrame) -> dict[str, str]:
    """For each arm the cell whose mean test error is least."""
    means = rows.groupby(["arm", "cell"], sort=False)["test/error"].mean().sort_values(kind="stable").reset_index()
    best = means.drop_duplicates("arm")
    return dict(zip(best.arm, best.cell, strict=True))
