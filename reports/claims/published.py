"""`published`: the value of a metric in a paper's single run.

It is a draw like one of our seeds, so that D = our mean − value has the standard error e = s √(1 + 1/n), with n − 1 degrees of
freedom. Without a margin a wide interval would pass anything: the claim is *refuted* if the value lies outside mean ± t · e, where one
more seed would lie at 95 %, else *compatible*, which is no support: at 3 seeds a value 3 sd off is compatible in 70 % of studies, at
10 seeds in 14 %. With a margin: supported if the 95 % interval D ± t · e lies within ± margin, refuted if it lies outside, else
undecided; these are two one-sided t tests at 2.5 %. Their run is taken to spread as ours do.

Simulated, margin 8 sd, 10 seeds: of means that lie on the margin 2.5 % are supported, of those just within it 2.5 % refuted. A value
from our own distribution is refuted in 5 % of studies that claim one, and one of ten in 4.5 %: see `reports.claims.refutation`.
"""

from typing import Any

import numpy as np

from reports.claims.evidence import Measured, values_of
from reports.claims.planned import Planned, confined, one_seed
from reports.claims.refutation import Difference, Held, against, decided, refuting_p
from reports.claims.verdicts import Judged, ends, why_not
from reports.schema.claims import Published

RULE = (
    "A published single run is held against the interval in which one more seed would lie: refuted outside (Holm over the study's "
    "published claims), else compatible, which is no support; with a margin supported where the 95 % interval of the difference from "
    "our mean lies within it."
)


def evidence(claim: Published, measured: Measured) -> Held:
    """The metric, by seed, and the p by which it refutes the value."""
    return held(claim, values_of(claim.cell, claim.metric, measured).to_numpy())


def held(claim: Published, values: Any) -> Held:
    p = float("nan") if why_not(values) else refuting_p(difference(values, claim), claim.value, claim.margin)
    return Held(values, p)


def difference(values: Any, claim: Published) -> Difference:
    """D = mean − value, e = s √(1 + 1/n), ν = n − 1."""
    n, sd = len(values), float(np.std(values, ddof=1))
    return Difference(float(np.mean(values)) - claim.value, sd * (1 + 1 / n) ** 0.5, n - 1.0)


def verdict(claim: Published, held: Held) -> Judged:
    expected = f"{claim.value:.5g}, a single run" + (f"; ± {claim.margin:.2g}" if claim.margin is not None else "")
    if why := why_not(held.values):
        return Judged("undecided", why, expected)
    D = difference(held.values, claim)
    found = f"{found_of(D, claim, held.values)}; {against(held, claim.margin)}"
    return Judged(decided(D, claim.margin, held), found, expected)


def found_of(D: Difference, claim: Published, values: Any) -> str:
    """The interval: of one more seed, or with a margin that of the difference."""
    low, high = D.ends()
    if claim.margin is not None:
        return f"{np.mean(values):.5g} over {len(values)} seeds; difference {ends(D.mean, low, high)}"
    return f"one more seed: [{claim.value + low:.5g}, {claim.value + high:.5g}], from {len(values)}".replace("-", "−")


def cannot(claim: Published, planned: Planned) -> str:
    if claim.margin is None:
        return one_seed(planned)
    return one_seed(planned) or confined(claim.metric, claim.value - claim.margin, claim.value + claim.margin, planned)
