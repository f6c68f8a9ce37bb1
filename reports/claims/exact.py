"""`exact`: theory gives the value of a metric, and the study a margin.

Supported if the whole 95 % t interval, mean ± t · sd / √n, lies within value ± margin; refuted if it lies outside; else
undecided. These are two one-sided t tests at 2.5 %: of values that lie on the margin, 2.5 % are supported, and of those just
within it 2.5 % are refuted (8 seeds, simulated: 2.6 and 2.5 %). Each claim is judged alone: for "all are supported" no
correction is needed. The t test against the value itself is shown beside it.
"""

from typing import Any

from scipy import stats

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, confined, one_seed
from reports.claims.verdicts import Judged, by_interval, p_text, show, why_not
from reports.schema.claims import Exact
from reports.statistics import Interval, mean_interval

RULE = (
    "Exact theory is supported if the whole 95 % t interval over seeds lies within the margin, refuted if all of it "
    "lies outside."
)


def evidence(claim: Exact, measured: Measured) -> Any:
    """The metric, by seed."""
    return values_of(claim.cell, claim.metric, measured).to_numpy()


def verdict(claim: Exact, values: Any) -> Judged:
    value, margin = float(claim.value), float(claim.margin)
    expected = f"{value:.5g} ± {margin:.2g}"
    if why := why_not(values):
        return Judged("undecided", why, expected)
    interval = mean_interval(values)
    decided = by_interval(interval.low, interval.high, value - margin, value + margin)
    return Judged(decided, show(interval) + against(value, interval), expected)


def against(value: float, interval: Interval) -> str:
    """The t test of the mean against the value, unless all seeds agree."""
    if not interval.sd > 1e-9 * abs(interval.mean):
        return ""
    t = (interval.mean - value) / (interval.sd / interval.n**0.5)
    return f"; against {value:.5g} itself {p_text(2 * stats.t.sf(abs(t), interval.n - 1))}"


def cannot(claim: Exact, planned: Planned) -> str:
    return one_seed(planned) or confined(claim.metric, claim.value - claim.margin, claim.value + claim.margin, planned)
