"""`order`: a metric is lower in one cell than in another, paired by seed.

Supported or refuted by the sign of the mean difference where the sign-flip test, with Holm's correction over the study's claims of
order, has p < 0.05; else undecided. Where no cells differ, at most 5 % of studies have such a claim that is not undecided.
"""

from collections.abc import Sequence
from typing import NamedTuple

from reports.claims.evidence import Measured, Together, together
from reports.claims.planned import Planned, itself, too_few_flips
from reports.claims.verdicts import Judged, counted, p_text, show, why_no_pairs
from reports.schema.claims import Order
from reports.sign_flips import least_p, least_seeds
from reports.statistics import holm, paired_difference

RULE = "An order is decided by a sign-flip test paired by seed (p < 0.05), with Holm's correction over the claims of order."


class Paired(NamedTuple):
    """What a claim of order rests on; p is corrected over all of the study, of which there are `family`."""

    pairs: Together
    p: float
    family: int


def evidence(claim: Order, measured: Measured) -> Paired:
    """Lower and than, by seed, and the p of this one pair."""
    pairs = together([claim.lower, claim.than], claim.metric, measured)
    return Paired(pairs, paired_difference(*pairs.values).p, 1)


def corrected(family: Sequence[Paired]) -> list[Paired]:
    """The same with Holm's correction."""
    adjusted = holm([one.p for one in family])
    return [one._replace(p=p, family=len(family)) for one, p in zip(family, adjusted, strict=True)]


def verdict(claim: Order, evidence: Paired) -> Judged:
    pairs, p, family = evidence
    if why := why_no_pairs(pairs):
        return Judged("undecided", why, "below 0")
    paired = paired_difference(*pairs.values)
    decided = "undecided" if not p < 0.05 else "supported" if paired.mean < 0 else "refuted"
    found = f"difference {show(paired)}, paired over {paired.n} seeds; {p_text(p)}"
    if not least_p(paired.n) * family < 0.05:
        found += f"; with {paired.n} seeds and {counted(family, 'claim of order', 'claims of order')} the test cannot reach p < 0.05"
        found += f": take at least {needed} seeds" if (needed := least_seeds(family)) else ""
    return Judged(decided, found, "below 0")


def cannot(claim: Order, planned: Planned) -> str:
    family = sum(isinstance(other, Order) for other in planned.claims)
    return itself(claim.lower, claim.than) or too_few_flips(planned.seeds, family, "claim of order", "claims of order")
