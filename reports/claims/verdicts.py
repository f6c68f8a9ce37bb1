"""What a judgement consists of, and how its evidence is written."""

from typing import Any, NamedTuple

import numpy as np

from reports.claims.evidence import Together
from reports.formats import p_value


class Judged(NamedTuple):
    """A verdict, and the evidence that it rests on."""

    verdict: str  # supported, refuted, undecided; compatible where no margin is stated
    found: str
    expected: str


def by_interval(low: float, high: float, least: float, most: float) -> str:
    """Supported where [low, high] lies within [least, most], refuted where it lies outside, else undecided: more seeds are needed."""
    if least <= low and high <= most:
        return "supported"
    return "refuted" if high < least or most < low else "undecided"


def why_not(values: Any) -> str:
    """Why these values, one a seed, cannot decide a claim about a mean, if they cannot."""
    finite = values[np.isfinite(values)]
    if lost := len(values) - len(finite):
        rest = f"; of the others {finite.mean():.5g}" if len(finite) else ""
        return f"{lost} of {counted(len(values), 'seed')} {has(lost)} no finite value{rest}"
    return f"{finite.mean():.5g}, over 1 seed: no interval" if len(finite) < 2 else ""


def why_no_pairs(pairs: Together, what: str = "pair") -> str:
    """Why these seeds cannot decide a claim about several cells, if they cannot."""
    if pairs.lost:
        return f"{pairs.lost} of {counted(pairs.n + pairs.lost, what)} {has(pairs.lost)} no finite value"
    return f"{counted(pairs.n, what)}: no interval" if pairs.n < 2 else ""


def counted(count: int, one: str, many: str = "") -> str:
    """
    >>> counted(1, "pair"), counted(2, "pair"), counted(2, "claim of order", "claims of order")
    ('1 pair', '2 pairs', '2 claims of order')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def has(count: int) -> str:
    return "has" if count == 1 else "have"


def show(interval: Any) -> str:
    return ends(interval.mean, interval.low, interval.high)


def ends(middle: float, low: float, high: float) -> str:
    """
    >>> ends(-0.5, -1.0, 0.0)
    '−0.5 [−1, 0]'
    """
    return f"{middle:.5g} [{low:.5g}, {high:.5g}]".replace("-", "−")


def p_text(p: float) -> str:
    """
    >>> p_text(0.0314), p_text(0.0004)
    ('p = 0.031', 'p < 0.001')
    """
    shown = p_value(p)
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"
