"""`published_mean`: the mean of a metric over n runs of a paper, with the runs' sd or the mean's standard error se = sd / √n.

Welch's interval of the difference D, ours − theirs: D ± t_ν · √(s²/n + se²), ν by Satterthwaite, at 95 %. With a margin:
supported if it lies within ± margin, refuted if it lies outside, else undecided. Without one nothing could support the claim:
it is refuted if the interval excludes 0, else *compatible*, with the difference that would have been found four times in five.
Refuted by the p of `reports.claims.refutation`, corrected over the study's published claims: of one claim that is the interval's.

Simulated, 8 seeds against 5 runs of twice the sd: of equal means 5.2 % are refuted, and of differences on the margin 2.6 % are
supported. With 2 runs Welch's ν is too large: 11 and 5.6 %. Ours and theirs are not paired.
"""

from typing import Any

import numpy as np

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, confined, one_seed
from reports.claims.refutation import Difference, Held, against, decided, refuting_p
from reports.claims.verdicts import Judged, ends, why_not
from reports.schema.claims import PublishedMean
from reports.statistics import t_quantile

RULE = (
    "A published mean is held against Welch's 95 % interval of the difference: supported within the margin, refuted "
    "outside; without a margin refuted where it excludes 0, else compatible, which is no support. What refutes is corrected over the "
    "study's published claims (Holm)."
)


def evidence(claim: PublishedMean, measured: Measured) -> Held:
    """The metric, by seed, and the p by which it refutes the mean."""
    return held(claim, values_of(claim.cell, claim.metric, measured).to_numpy())


def held(claim: PublishedMean, values: Any) -> Held:
    p = float("nan") if why_not(values) else refuting_p(welch(values, claim), claim.value, claim.margin)
    return Held(values, p)


def verdict(claim: PublishedMean, held: Held) -> Judged:
    spread = f"sd {claim.sd:.2g}" if claim.sd is not None else f"s.e. {claim.se:.2g}"
    expected = f"{claim.value:.5g}, {spread}, over {claim.n} runs"
    if claim.margin is not None:
        expected += f"; ± {claim.margin:.2g}"
    if why := why_not(held.values):
        return Judged("undecided", why, expected)
    D = welch(held.values, claim)
    told = f"{np.mean(held.values):.5g} over {len(held.values)} seeds; difference {ends(D.mean, *D.ends())}; "
    told += against(held, claim.margin)
    word = decided(D, claim.margin, held)
    if word == "compatible":
        told += f"; one of {detectable(D, held.family):.2g} would have been found four times in five"
    return Judged(word, told, expected)


def welch(values: Any, claim: PublishedMean) -> Difference:
    """D, √(a + b) and ν = (a + b)² / (a²/(n − 1) + b²/(m − 1)), where a = s²/n of ours and b = se² of theirs."""
    n, m = len(values), claim.n
    a = float(np.var(values, ddof=1)) / n
    b = float(claim.se**2 if claim.se is not None else (claim.sd or 0.0) ** 2 / m)
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return Difference(float(np.mean(values)) - claim.value, (a + b) ** 0.5, freedom)


def detectable(D: Difference, family: int) -> float:
    """About the least difference that is found with power 0.8 at the first step of Holm."""
    return (t_quantile(1 - 0.025 / family, D.freedom) + t_quantile(0.8, D.freedom)) * D.error


def cannot(claim: PublishedMean, planned: Planned) -> str:
    if claim.margin is None:
        return one_seed(planned)
    return one_seed(planned) or confined(claim.metric, claim.value - claim.margin, claim.value + claim.margin, planned)
