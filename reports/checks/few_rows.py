"""L018: a test set so small that it, and not the arms, decides a difference."""

from typing import TYPE_CHECKING, Any

import numpy as np

from reports.checks.evidence import compared
from reports.load import Sweep, is_classification

if TYPE_CHECKING:
    from reports.comparison import Comparison


def few_test_rows(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Few test rows for these differences.

    Found: in classification, the sampling of t test rows alone makes at least half of the variance of a comparison's differences
    over seeds. Two networks disagree on at least |d| of the rows, where d is the difference of their errors; so that the variance
    from test rows is at least the mean over seeds of (|d| − d²) / (t − 1), without knowing any row. Where it is more than half of
    s², the variance of d over seeds, this is said. Only differences of two or more seeds that are not all equal. Where test rows
    make a quarter of the variance, s² of Gaussian differences is small enough by chance in 26 % (5 seeds), 12 % (10) and 1 % (30)
    of comparisons, at most.

    Matters: one row more or less is a large part of the difference; another test set of this size would give another one.

    Do: give `split.test` more rows, or `split=k_fold`, which tests on every row; more seeds help where each has test rows of its
    own.
    """
    if not is_classification(sweep):
        return []
    size_of = {cell["name"]: (cell.get("sizes") or {}).get("test") for cell in sweep.cells}
    found = [(name, d, size_of[cell]) for name, cell, d in compared(sweep, comparison)]
    return [
        f"{name}: the difference varies over {len(d)} seeds by {100 * d.std(ddof=1):.2g} points (sd); {t:,} test rows, of which one is "
        f"{100 / t:.2g} points, alone make it vary by at least {100 * least_variance(d, t) ** 0.5:.2g}"
        for name, d, t in found
        if isinstance(t, int) and decide(d, t)
    ]


def decide(d: "np.ndarray[Any, Any]", t: int) -> bool:
    """Whether t test rows make at least half of the variance of these differences."""
    return len(d) > 1 and t > 1 and 0 < d.var(ddof=1) < 2 * least_variance(d, t)


def least_variance(d: "np.ndarray[Any, Any]", t: int) -> float:
    """The least variance of a difference of errors that the sampling of t test rows makes: the mean of (|d| − d²) / (t − 1).

    >>> least_variance(np.array([0.5, -0.5]), 26)
    0.01
    """
    return float((np.abs(d) - d**2).mean() / (t - 1))
