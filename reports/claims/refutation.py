"""What speaks against a published value, and its p, corrected over all published claims of a study.

With D = ours − theirs, its standard error e and degrees of freedom ν, the claim is refuted if |D| is decided to be more than the margin
(0 where none is stated):

    p = 2 P(t_ν > (|D| − margin) / e),    at most 1

by Holm's correction over the study's claims `published` and `published_mean`: of studies whose ten published claims are all true,
4.5 % have one refuted, and 39 % without it (simulated, 10 seeds). What is supported needs no correction: all must be.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from scipy import stats

from reports.claims.verdicts import by_interval, counted, p_text
from reports.statistics import holm, t_quantile

ROUNDING = 1e-9  # of the value: what is nearer counts as equal where all seeds agree


class Held(NamedTuple):
    """Our values, by seed, and the p by which they refute a published one; `family` are corrected together."""

    values: Any
    p: float  # NaN where the values cannot decide
    family: int = 1


class Difference(NamedTuple):
    """Ours − theirs, its standard error, and the degrees of freedom."""

    mean: float
    error: float
    freedom: float

    def ends(self, level: float = 0.95) -> tuple[float, float]:
        half = t_quantile((1 + level) / 2, self.freedom) * self.error
        return self.mean - half, self.mean + half


def corrected(family: Sequence[Held]) -> list[Held]:
    """The same with Holm's correction."""
    adjusted = holm([one.p for one in family])
    return [one._replace(p=p, family=len(family)) for one, p in zip(family, adjusted, strict=True)]


def refuting_p(difference: Difference, value: float, margin: float | None) -> float:
    """The p against a published value; where all seeds agree it is 0, or 1 if they agree with the value."""
    beyond = abs(difference.mean) - (margin or 0.0)
    if not difference.error > 0:
        return float(beyond <= ROUNDING * abs(value))
    return min(1.0, 2 * float(stats.t.sf(beyond / difference.error, difference.freedom)))


def decided(difference: Difference, margin: float | None, held: Held) -> str:
    """Refuted by p; else, with a margin, supported where the 95 % interval lies within it, or undecided; without, compatible."""
    if held.p < 0.05:
        return "refuted"
    if margin is None:
        return "compatible"
    supported = by_interval(*difference.ends(), -margin, margin) == "supported"
    return "supported" if supported else "undecided"


def against(held: Held, margin: float | None) -> str:
    """The p, and over how many claims it is corrected."""
    what = "of a difference" if margin is None else "of a difference beyond the margin"
    over = f", corrected over {counted(held.family, 'published claim')}" if held.family > 1 else ""
    return f"{p_text(held.p)} {what}{over}"
