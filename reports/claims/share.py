"""`share`: the share of seeds whose metric meets a condition lies between two bounds.

Clopper & Pearson's 95 % interval of k seeds out of n: its ends have P(K ≥ k) and P(K ≤ k) of 2.5 %. Supported if it lies within
[low, high], refuted if it lies outside, else undecided. Of shares on a bound at most 2.5 % are supported, and at most 2.5 % a
side are refuted; less, since counts are whole: with 20 seeds and a share of 0.5, claimed to be at least 0.5, 2.1 % and 2.1 %,
with 10 seeds 1.1 %. Each claim is judged alone.
"""

from typing import Any

import numpy as np
from scipy import stats

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, of_counts
from reports.claims.verdicts import Judged, by_interval, counted, ends, has
from reports.schema.claims import Share
from reports.schema.condition import condition

RULE = "A share of seeds is held against Clopper and Pearson's 95 % interval."


def evidence(claim: Share, measured: Measured) -> Any:
    """The metric, by seed."""
    return values_of(claim.cell, claim.metric, measured).to_numpy()


def verdict(claim: Share, values: Any) -> Judged:
    expected = f"a share from {claim.low:g} to {claim.high:g}"
    n, lost = len(values), int(np.isnan(values).sum())
    if lost:
        return Judged("undecided", f"{lost} of {counted(n, 'seed')} {has(lost)} no value", expected)
    k = int(condition(claim.holds).of(values).sum())
    low, high = clopper_pearson(k, n)
    found = f"{k} of {counted(n, 'seed')}: {ends(k / n, low, high)}"
    return Judged(by_interval(low, high, claim.low, claim.high), found, expected)


def clopper_pearson(k: Any, n: int, level: float = 0.95) -> tuple[Any, Any]:
    """The interval of a share, from k of n; k may be an array.

    >>> [round(float(end), 3) for end in clopper_pearson(5, 5)]
    [0.478, 1.0]
    """
    k = np.asarray(k)
    a = (1 - level) / 2
    low = np.where(k == 0, 0.0, stats.beta.ppf(a, np.maximum(k, 1), n - k + 1))
    high = np.where(k == n, 1.0, stats.beta.ppf(1 - a, k + 1, np.maximum(n - k, 1)))
    return low, high


def possible(claim: Share, n: int) -> set[str]:
    """The verdicts that n seeds can come to."""
    intervals = zip(*clopper_pearson(np.arange(n + 1), n), strict=True)
    return {by_interval(low, high, claim.low, claim.high) for low, high in intervals}


def cannot(claim: Share, planned: Planned) -> str:
    if claim.low <= 0 and claim.high >= 1:
        return "nothing could refute it: every share lies from 0 to 1"
    return of_counts(lambda n: possible(claim, n), planned.seeds)
