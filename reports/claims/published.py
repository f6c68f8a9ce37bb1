"""`published`: the value of a metric in a paper's single run.

It is a draw like one of our seeds, so it is held against the prediction interval mean ± t · sd · √(1 + 1/n), not against the
interval of the mean: supported within it, else refuted. A value from our own distribution is refuted in 5 % of studies. A wide
interval passes much: a value 3 sd off is supported in 70 % of studies of 3 seeds, and in 14 % of studies of 10. Each claim is
judged alone: of ten true ones, one is refuted in 40 % of studies.
"""

from typing import Any

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, one_seed
from reports.claims.verdicts import Judged, why_not
from reports.schema.claims import Published
from reports.statistics import mean_interval, t_quantile

RULE = "A published single run is held against the interval in which one more seed would lie."


def evidence(claim: Published, measured: Measured) -> Any:
    """The metric, by seed."""
    return values_of(claim.cell, claim.metric, measured).to_numpy()


def verdict(claim: Published, values: Any) -> Judged:
    value, interval = float(claim.value), mean_interval(values)
    expected = f"{value:.5g}, a single run"
    if why := why_not(values):
        return Judged("undecided", why, expected)
    half = t_quantile(0.975, interval.n - 1) * interval.sd * (1 + 1 / interval.n) ** 0.5
    decided = "supported" if abs(value - interval.mean) <= half else "refuted"
    found = f"one more seed: [{interval.mean - half:.5g}, {interval.mean + half:.5g}], from {interval.n}"
    return Judged(decided, found.replace("-", "−"), expected)


def cannot(claim: Published, planned: Planned) -> str:
    return one_seed(planned)
