"""What a study claimed beforehand, judged by what was measured: supported, refuted, undecided, or compatible where no margin is stated."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from reports.claims import order, refutation
from reports.claims.deciding import KINDS, kind_of
from reports.claims.evidence import Measured
from reports.claims.verdicts import Judged, counted
from reports.load import Sweep
from reports.places import NotTested
from reports.schema.claims import CLAIMS, Claim, Order, Published, PublishedMean, words
from reports.schema.statements import claim as read

FAMILIES: list[
    tuple[tuple[type, ...], Any]
] = [  # kinds that are corrected together, each kind's claims of a whole study; and by what
    ((Order,), order.corrected),
    ((Published, PublishedMean), refutation.corrected),
]
VERDICTS = ("supported", "compatible", "refuted", "undecided", "not tested")


class Verdict(NamedTuple):
    """One claim and its verdict."""

    says: str
    verdict: str  # one of VERDICTS
    found: str
    expected: str
    source: str
    stated: str = ""  # before anything was run, or after what


class Case(NamedTuple):
    """A claim, and the evidence on it."""

    words: str
    source: str
    claim: Claim | None  # None where it cannot be tested
    evidence: Any  # what its kind makes of the sweep, or why it cannot be tested


def judge(sweep: Sweep, chosen: Collection[str]) -> list[Verdict]:
    """A verdict for every claim of the study, in its order; `chosen` are the cells that stand for their arms."""
    measured = Measured(sweep, chosen)
    cases = corrected([case_of(stated, measured) for stated in sweep.study.get("claims", [])])
    return [Verdict(case.words, *verdict_of(case), case.source) for case in cases]


def case_of(stated: Any, measured: Measured) -> Case:
    """A claim, as the study or a foreign record states it, with its evidence."""
    try:
        claim = read(stated)
    except ValueError as error:
        says, source = (str(stated.get(key, "")) if isinstance(stated, Mapping) else "" for key in ("says", "source"))
        return Case(says or "a claim that cannot be read", source, None, str(error))
    try:
        return Case(words(claim), claim.source, claim, kind_of(claim).evidence(claim, measured))
    except NotTested as reason:
        return Case(words(claim), claim.source, None, reason.why)


def corrected(cases: list[Case]) -> list[Case]:
    """The same cases, the claims of each family corrected together."""
    for kinds, correct in FAMILIES:
        adjusted = iter(correct([case.evidence for case in cases if isinstance(case.claim, kinds)]))
        cases = [case._replace(evidence=next(adjusted)) if isinstance(case.claim, kinds) else case for case in cases]
    return cases


def verdict_of(case: Case) -> Judged:
    if case.claim is None:
        return Judged("not tested", case.evidence, "")
    return kind_of(case.claim).verdict(case.claim, case.evidence)


def rules(claims: Iterable[Any]) -> list[str]:
    """The rules by which these claims, as stated, are judged: one of each kind."""
    kinds = [stated.get("kind") for stated in claims if isinstance(stated, Mapping)]
    return [KINDS[statement].RULE for kind, statement in CLAIMS.items() if kind in kinds]


def in_one_sentence(verdicts: list[Verdict]) -> str:
    """How many claims have which verdict, and the refuted ones by name."""
    counts = {kind: sum(verdict.verdict == kind for verdict in verdicts) for kind in VERDICTS}
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    refuted = "; ".join(verdict.says for verdict in verdicts if verdict.verdict == "refuted")
    return f"{counted(len(verdicts), 'claim')}: {listed}." + (f" Refuted: {refuted}." if refuted else "")
