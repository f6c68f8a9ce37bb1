"""Which file judges a kind of claim; and what can be said of a claim before anything is trained."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from reports.claims import (
    equal,
    exact,
    extreme,
    first,
    order,
    published,
    published_mean,
    ratio,
    share,
    trend,
)
from reports.claims.evidence import Measured
from reports.claims.planned import Planned
from reports.claims.verdicts import Judged
from reports.schema import claims as stated
from reports.schema.claims import Claim


class Kind(Protocol):
    """What the file of a kind has."""

    RULE: str  # in a sentence, for readers of the page

    def evidence(self, claim: Any, measured: Measured) -> Any:
        """What the sweep has measured on the claim. Raises NotTested."""

    def verdict(self, claim: Any, evidence: Any) -> Judged:
        """Judge the claim by it."""

    def cannot(self, claim: Any, planned: Planned) -> str:
        """Why these seeds cannot decide it, or nothing could refute it; empty if all is well."""


KINDS: dict[type, Any] = {
    stated.Exact: exact,
    stated.Published: published,
    stated.PublishedMean: published_mean,
    stated.Order: order,
    stated.Equal: equal,
    stated.Ratio: ratio,
    stated.Extreme: extreme,
    stated.Trend: trend,
    stated.Share: share,
    stated.First: first,
}


def kind_of(claim: Claim) -> Kind:
    found: Kind = KINDS[type(claim)]
    return found


def cannot(claim: Claim, seeds: int, claims: Sequence[Claim], shares: Collection[str] = ()) -> str:
    """Why so many seeds a cell cannot decide a claim, or nothing could refute it; empty if all is well.

    `claims` are all of the study, which are corrected together; `shares` metrics that always lie from 0 to 1.
    """
    return kind_of(claim).cannot(claim, Planned(seeds, claims, shares))
