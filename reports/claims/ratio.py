"""`ratio`: the mean of a metric in one cell is so many times that in another, paired by seed.

Fieller's 90 % interval: all ρ for which the t test leaves the sign of the mean of ours − ρ · theirs undecided. Supported if it lies
within value ± margin, refuted if it lies outside, else undecided; also where the sign of the mean of theirs is undecided, since the
interval then has no ends. Of ratios that lie on the margin 5 % are supported (8 seeds, simulated: 5.2 %). Judged alone.

It is the ratio of means, which papers print, and needs no positive values. In simulations of 5 to 30 seeds with spreads of 10 to
30 % it covers .90, Gaussian or lognormal; the t interval of log ratios, which is about geometric means, .90 to .92 for Gaussian
values, and falls to .85 at 30 seeds where one of two lognormal cells spreads more than the other.
"""

from typing import Any, NamedTuple

import numpy as np

from reports.claims.evidence import Measured, Together, together
from reports.claims.planned import Planned, itself, one_seed
from reports.claims.verdicts import Judged, by_interval, show, why_no_pairs
from reports.schema.claims import Ratio, text
from reports.statistics import t_quantile

RULE = "A ratio of means is held against Fieller's 90 % interval, paired by seed (5 % a side)."


class Fieller(NamedTuple):
    """A ratio of two means, and its interval."""

    mean: float
    low: float
    high: float


def evidence(claim: Ratio, measured: Measured) -> Together:
    """The metric of both cells, by seed."""
    return together([claim.cell, claim.than], claim.metric, measured)


def verdict(claim: Ratio, pairs: Together) -> Judged:
    expected = f"{claim.value:.5g} ± {claim.margin:.2g}"
    if why := why_no_pairs(pairs):
        return Judged("undecided", why, expected)
    interval = fieller(*pairs.values)
    if interval is None:
        return Judged(
            "undecided",
            f"{text(claim.than)}: the sign of its mean is undecided, so that the ratio has no ends",
            expected,
        )
    decided = by_interval(interval.low, interval.high, claim.value - claim.margin, claim.value + claim.margin)
    return Judged(decided, f"ratio {show(interval)} (90 %), paired over {pairs.n} seeds", expected)


def fieller(ours: Any, theirs: Any, level: float = 0.90) -> Fieller | None:
    """The roots of A ρ² − 2 B ρ + C, where A = b̄² − k s_bb, B = ā b̄ − k s_ab, C = ā² − k s_aa and k = t²/n; None where A ≤ 0.

    Fieller, J. Roy. Stat. Soc. B 16:175 (1954).
    """
    unit = [
        float(np.abs(values).max()) or 1.0 for values in (ours, theirs)
    ]  # squares of very large values would overflow
    a, b = ours / unit[0], theirs / unit[1]
    n = len(a)
    (s_aa, s_ab), (_, s_bb) = np.cov(a, b)
    k = t_quantile((1 + level) / 2, n - 1) ** 2 / n
    A, B, C = b.mean() ** 2 - k * s_bb, a.mean() * b.mean() - k * s_ab, a.mean() ** 2 - k * s_aa
    if not A > 0:
        return None
    root = max(0.0, B**2 - A * C) ** 0.5
    low, ratio, high = (float(end) * unit[0] / unit[1] for end in ((B - root) / A, a.mean() / b.mean(), (B + root) / A))
    return Fieller(ratio, low, high)


def cannot(claim: Ratio, planned: Planned) -> str:
    return itself(claim.cell, claim.than) or one_seed(planned)
