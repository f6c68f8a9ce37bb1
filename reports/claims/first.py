"""`first`: a share of the seeds has seen an event by a time that lies between two bounds; the metric is the time.

With share 0.5 it is about the median time. In the order of times, the 95 % interval of that quantile runs from the r-th to the
s-th: P(K < r) and P(K ≥ s) are at most 2.5 %, K binomial of n and the share. Supported if it lies within [low, high], refuted if
it lies outside, else undecided. A seed where the event never came has an infinite time, later than all others; no shape of the
times is assumed. Of quantiles just beyond a bound at most 2.5 % are supported, and of those just within it at most 2.5 % are
refuted: of medians of 20 seeds 2.1 %, of 8 seeds 0.4 %. Each claim is judged alone.
"""

from typing import Any

import numpy as np
from scipy import stats

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, of_counts
from reports.claims.verdicts import Judged, by_interval, counted, has
from reports.schema.claims import First

RULE = (
    "A time by which a share of seeds has seen an event is held against the 95 % interval from the order of times; "
    "an event that never came is later than all."
)


def evidence(claim: First, measured: Measured) -> Any:
    """The times, by seed."""
    return values_of(claim.cell, claim.metric, measured).to_numpy()


def verdict(claim: First, times: Any) -> Judged:
    expected = claim.bounds_in_words()
    n, lost = len(times), int(np.isnan(times).sum())
    if lost:
        return Judged("undecided", f"{lost} of {counted(n, 'seed')} {has(lost)} no value", expected)
    low, high = interval(times, claim.share)
    at = float(np.quantile(times, claim.share, method="inverted_cdf"))
    never = int(np.isinf(times).sum())
    found = f"{claim.share:g} of seeds by {time(at)} [{time(low)}, {time(high)}], over {counted(n, 'seed')}"
    found += f", of which {never} never" if never else ""
    return Judged(by_interval(low, high, *claim.bounds()), found, expected)


def ranks(n: int, share: float, level: float = 0.95) -> tuple[int, int]:
    """The largest r with P(K < r) ≤ 2.5 % and the least s with P(K ≥ s) ≤ 2.5 %; 0 and n + 1 are no times of seeds.

    >>> ranks(6, 0.5), ranks(5, 0.5)
    ((1, 6), (0, 6))
    """
    ends = stats.binom.ppf([(1 - level) / 2, (1 + level) / 2], n, share)
    return int(ends[0]), int(ends[1]) + 1


def interval(times: Any, share: float) -> tuple[float, float]:
    """From the r-th to the s-th time; without an end where there is no such seed."""
    r, s = ranks(len(times), share)
    ordered = [-np.inf, *np.sort(times), np.inf]
    return float(ordered[r]), float(ordered[s])


def time(value: float) -> str:
    """A time in words: infinite is never."""
    return f"{value:.5g}" if np.isfinite(value) else "never" if value > 0 else "any time"


def possible(claim: First, n: int) -> set[str]:
    """The verdicts that n seeds can come to: their interval has a lower end, an upper end, both or neither."""
    r, s = ranks(n, claim.share)
    below, above = r >= 1, s <= n
    supported = (claim.low is None or below) and (claim.high is None or above)
    refuted = (claim.low is not None and above) or (claim.high is not None and below)
    return {word for word, is_possible in (("supported", supported), ("refuted", refuted)) if is_possible}


def cannot(claim: First, planned: Planned) -> str:
    return of_counts(lambda n: possible(claim, n), planned.seeds)
