"""`published_mean`: the mean of a metric over n runs of a paper, with the runs' sd or the mean's standard error se = sd / √n.

Welch's interval of the difference D, ours − theirs: D ± t_ν · √(s²/n + se²), ν by Satterthwaite, at 95 %. With a margin:
supported if it lies within ± margin, refuted if it lies outside, else undecided. Without one nothing could support the claim:
it is refuted if the interval excludes 0, else *compatible*, with the difference that would have been found four times in five.

Simulated, 8 seeds against 5 runs of twice the sd: of equal means 5.2 % are refuted, and of differences on the margin 2.6 % are
supported. With 2 runs Welch's ν is too large: 11 and 5.6 %. Ours and theirs are not paired. Each claim is judged alone.
"""

from typing import Any, NamedTuple

import numpy as np

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, confined, one_seed
from reports.claims.verdicts import Judged, by_interval, show, why_not
from reports.schema.claims import PublishedMean
from reports.statistics import t_quantile

RULE = (
    "A published mean is held against Welch's 95 % interval of the difference: supported within the margin, refuted "
    "outside; without a margin refuted where it excludes 0, else compatible, which is no support."
)


class Difference(NamedTuple):
    """Ours − theirs, Welch's 95 % interval, and about the least difference found with power 0.8."""

    mean: float
    low: float
    high: float
    found: float


def evidence(claim: PublishedMean, measured: Measured) -> Any:
    """The metric, by seed."""
    return values_of(claim.cell, claim.metric, measured).to_numpy()


def verdict(claim: PublishedMean, values: Any) -> Judged:
    spread = f"sd {claim.sd:.2g}" if claim.sd is not None else f"s.e. {claim.se:.2g}"
    expected = f"{claim.value:.5g}, {spread}, over {claim.n} runs"
    if claim.margin is not None:
        expected += f"; ± {claim.margin:.2g}"
    if why := why_not(values):
        return Judged("undecided", why, expected)
    difference = welch(values, claim)
    found = f"{np.mean(values):.5g} over {len(values)} seeds; difference {show(difference)}"
    if claim.margin is not None:
        return Judged(by_interval(difference.low, difference.high, -claim.margin, claim.margin), found, expected)
    decided = "compatible" if difference.low <= 0 <= difference.high else "refuted"
    return Judged(decided, f"{found}; one of {difference.found:.2g} would have been found four times in five", expected)


def welch(values: Any, claim: PublishedMean) -> Difference:
    """D ± t_ν √(a + b), a = s²/n of ours, b = se² of theirs, ν = (a + b)² / (a²/(n − 1) + b²/(m − 1))."""
    n, m = len(values), claim.n
    a = float(np.var(values, ddof=1)) / n
    b = float(claim.se**2 if claim.se is not None else (claim.sd or 0.0) ** 2 / m)
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    D, error = float(np.mean(values)) - claim.value, (a + b) ** 0.5
    t = t_quantile(0.975, freedom)
    return Difference(D, D - t * error, D + t * error, (t + t_quantile(0.8, freedom)) * error)


def cannot(claim: PublishedMean, planned: Planned) -> str:
    if claim.margin is None:
        return one_seed(planned)
    return one_seed(planned) or confined(claim.metric, claim.value - claim.margin, claim.value + claim.margin, planned)
