"""What a study claimed beforehand, judged by what was measured: supported, refuted or undecided.

Three kinds, each with a rule of its own (a rule that a wide interval can pass is no test):

- `exact`: theory gives a value and the study a margin. Supported if the whole 95 % t interval lies within the margin
  of the value, refuted if it lies outside, else undecided: more seeds would tell. The t test against the value itself is
  shown beside it.
- `published`: a single run's number. It is a draw like one of our seeds, so it is held against the prediction interval
  mean ± t · sd · √(1 + 1/n), not against the interval of the mean.
- `order`: one cell lower than another, paired by seed. Supported or refuted by the sign of the difference where the
  sign-flip test, with Holm's correction over the study's order claims, has p < 0.05; else undecided.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import pandas as pd
from scipy import stats

from reports.derived import column
from reports.formats import p_value
from reports.load import Sweep
from reports.places import NotTested, cell_at
from reports.schema.derived import NoSuchMetric
from reports.schema.statements import Claim, Exact, Order, Published, words
from reports.schema.statements import claim as read
from reports.sign_flips import least_p, least_seeds
from reports.statistics import Interval, PairedDifference, holm, mean_interval, paired_difference, t_quantile


class Verdict(NamedTuple):
    """One claim and its verdict."""

    says: str
    verdict: str  # supported, refuted, undecided; or not tested
    found: str
    expected: str
    source: str
    stated: str = ""  # before anything was run, or after what


class Pairs(NamedTuple):
    """What an order claim rests on."""

    paired: PairedDifference
    lost: int  # pairs with a diverged seed


class Case(NamedTuple):
    """A claim, and the evidence on it."""

    words: str
    source: str
    claim: Claim | None  # None where it cannot be tested
    evidence: Any  # the metric by seed, the pairs of an order, or why it cannot be tested


def judge(sweep: Sweep, chosen: Collection[str]) -> list[Verdict]:
    """A verdict for every claim of the study, in its order; `chosen` are the cells that stand for their arms."""
    cases = [case_of(stated, sweep, chosen) for stated in sweep.study.get("claims", [])]
    orders = [stated.evidence.paired.p for stated in cases if isinstance(stated.claim, Order)]
    corrected = iter(holm(orders))
    verdicts = []
    for says, source, claim, evidence in cases:
        match claim:
            case Exact():
                judged = exact(claim, evidence)
            case Published():
                judged = published(claim, evidence)
            case Order():
                judged = order(evidence, next(corrected), len(orders))
            case None:
                judged = ("not tested", evidence, "")
        verdicts.append(Verdict(says, *judged, source))
    return verdicts


def case_of(stated: Any, sweep: Sweep, chosen: Collection[str]) -> Case:
    """A claim, as the study or a foreign record states it, with its evidence."""
    try:
        claim = read(stated)
    except ValueError as error:
        says, source = (str(stated.get(key, "")) if isinstance(stated, Mapping) else "" for key in ("says", "source"))
        return Case(says or "a claim that cannot be read", source, None, str(error))
    try:
        evidence = (
            pairs_of(claim, sweep, chosen)
            if isinstance(claim, Order)
            else values_of(claim.cell, claim.metric, sweep, chosen).to_numpy()
        )
    except NotTested as reason:
        return Case(words(claim), claim.source, None, reason.why)
    return Case(words(claim), claim.source, claim, evidence)


def exact(claim: Exact, values: Any) -> tuple[str, str, str]:
    """Judge an exact claim: the verdict, what was found, what was expected."""
    value, margin = float(claim.value), float(claim.margin)
    interval = mean_interval(values)
    expected = f"{value:.5g} ± {margin:.2g}"
    if cannot := why_not(interval, values):
        return "undecided", cannot, expected
    inside = value - margin <= interval.low and interval.high <= value + margin
    outside = interval.high < value - margin or value + margin < interval.low
    verdict = "supported" if inside else "refuted" if outside else "undecided"
    z_test = ""
    if interval.sd > 1e-9 * abs(interval.mean):
        t = (interval.mean - value) / (interval.sd / interval.n**0.5)
        z_test = f"; against {value:.5g} itself {p_text(2 * stats.t.sf(abs(t), interval.n - 1))}"
    return verdict, f"{show(interval)}{z_test}", expected


def published(claim: Published, values: Any) -> tuple[str, str, str]:
    value, interval = float(claim.value), mean_interval(values)
    expected = f"{value:.5g}, a single run"
    if cannot := why_not(interval, values):
        return "undecided", cannot, expected
    half = t_quantile(0.975, interval.n - 1) * interval.sd * (1 + 1 / interval.n) ** 0.5
    verdict = "supported" if abs(value - interval.mean) <= half else "refuted"
    measured = f"one more seed: [{interval.mean - half:.5g}, {interval.mean + half:.5g}], from {interval.n}"
    return verdict, measured, expected


def why_not(interval: Interval, values: Any) -> str:
    """Why these seeds cannot decide a claim about a mean, if they cannot."""
    if interval.n < len(values):
        return f"{len(values) - interval.n} of {len(values)} seeds diverged; of the others {interval.mean:.5g}"
    return f"{interval.mean:.5g}, over {interval.n} seeds: no interval" if interval.n < 2 else ""


def order(pairs: Pairs, p: float, count: int) -> tuple[str, str, str]:
    paired, lost = pairs
    if paired.n < 2 or lost:
        why = f"{lost} of {paired.n + lost} pairs have a diverged seed" if lost else f"{paired.n} pairs: no interval"
        return "undecided", why, "below 0"
    verdict = "undecided" if not p < 0.05 else "supported" if paired.mean < 0 else "refuted"
    measured = f"difference {show(paired)}, paired over {paired.n} seeds; {p_text(p)}"
    if not least_p(paired.n) * count < 0.05:
        measured += f"; with {paired.n} seeds and {count} claims of order the test cannot reach p < 0.05"
        measured += f": take at least {needed} seeds" if (needed := least_seeds(count)) else ""
    return verdict, measured, "below 0"


def pairs_of(claim: Order, sweep: Sweep, chosen: Collection[str]) -> Pairs:
    ours, theirs = (values_of(place, claim.metric, sweep, chosen) for place in (claim.lower, claim.than))
    pairs = ours.align(theirs, join="inner")
    difference = paired_difference(*pairs)
    return Pairs(difference, len(pairs[0]) - difference.n)


def values_of(axes: Mapping[str, Any], metric: str, sweep: Sweep, chosen: Collection[str]) -> pd.Series:
    """The metric, by seed, of the one cell at these axis values; of an arm, that of its chosen cell. Raises NotTested."""
    cell = cell_at(axes, sweep, chosen)
    rows = sweep.results[sweep.results.cell == cell]
    try:
        values = column(metric, rows, sweep.curves[sweep.curves.cell == cell])
    except NoSuchMetric as error:
        raise NotTested(f"{cell}: {error}") from error
    if values.isna().all():
        raise NotTested(f"{cell} has no {metric}")
    return values.set_axis(rows["seed"])


def show(interval: Any) -> str:
    return f"{interval.mean:.5g} [{interval.low:.5g}, {interval.high:.5g}]".replace("-", "−")


def p_text(p: float) -> str:
    """
    >>> p_text(0.0314), p_text(0.0004)
    ('p = 0.031', 'p < 0.001')
    """
    shown = p_value(p)
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"


def in_one_sentence(verdicts: list[Verdict]) -> str:
    """How many claims have which verdict, and the refuted ones by name."""
    counts = {
        kind: sum(verdict.verdict == kind for verdict in verdicts)
        for kind in ("supported", "refuted", "undecided", "not tested")
    }
    counted = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    claims = "1 claim" if len(verdicts) == 1 else f"{len(verdicts)} claims"
    refuted = "; ".join(verdict.says for verdict in verdicts if verdict.verdict == "refuted")
    return f"{claims}: {counted}." + (f" Refuted: {refuted}." if refuted else "")
