"""`equal`: a metric is the same in two cells but for less than a margin, paired by seed.

Supported if the 90 % t interval of the differences lies within ± margin, refuted if it lies outside, else undecided. This is
TOST, two one-sided t tests at 5 %: of differences that lie on the margin 5 % are supported, and of those just within it 5 % are
refuted (8 seeds, simulated: 5.0 and 5.2 %). Each claim is judged alone: for "all are supported" no correction is needed.
"""

from reports.claims.evidence import Measured, Together, together
from reports.claims.planned import Planned, confined, itself, one_seed
from reports.claims.verdicts import Judged, by_interval, show, why_no_pairs
from reports.schema.claims import Equal
from reports.statistics import mean_interval

RULE = (
    "Cells are equal if the 90 % t interval of their differences, paired by seed, lies within the margin; refuted "
    "if it lies outside (two t tests at 5 %)."
)
LEVEL = 0.90


def evidence(claim: Equal, measured: Measured) -> Together:
    """The metric of both cells, by seed."""
    return together([claim.cell, claim.than], claim.metric, measured)


def verdict(claim: Equal, pairs: Together) -> Judged:
    expected = f"0 ± {claim.margin:.2g}"
    if why := why_no_pairs(pairs):
        return Judged("undecided", why, expected)
    ours, theirs = pairs.values
    interval = mean_interval(ours - theirs, LEVEL)
    decided = by_interval(interval.low, interval.high, -claim.margin, claim.margin)
    return Judged(decided, f"difference {show(interval)} (90 %), paired over {interval.n} seeds", expected)


def cannot(claim: Equal, planned: Planned) -> str:
    return (
        itself(claim.cell, claim.than)
        or one_seed(planned)
        or confined(claim.metric, 1 - claim.margin, claim.margin, planned)
    )
