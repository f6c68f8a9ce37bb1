"""`extreme`: along an axis, a metric is least (or greatest) at one of the values stated.

Supported if every cell outside them is decided to be worse than the best inside. For one cell outside: of its differences from the
cells inside, the largest T of the sign flips, which keeps its level although the best inside is picked on the same seeds. All
outside must pass, so that no correction over them is needed (intersection–union). Refuted if one cell outside is decided to be
better than all inside: the largest p of its comparisons, times the number of cells outside, of which the best is picked. Else
undecided. Each side is tested at 2.5 %; the p shown is twice the one-sided one, to be held against 0.05 as everywhere.

Simulated, 8 seeds, 3 cells inside and 4 outside: where one outside is as good as the three inside, 1.9 % are supported (5.7 % if
the best inside is compared as if it had not been picked); where all outside are as good as the best inside, 1.4 % are refuted
(6.6 %). Each claim is judged alone.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from reports.claims.evidence import Array, Line, Measured, NotTested, along
from reports.claims.one_sided import one_sided
from reports.claims.planned import Planned, too_few_flips
from reports.claims.verdicts import Judged, p_text, why_no_pairs
from reports.schema.claims import Extreme
from reports.schema.names import as_override

RULE = (
    "An extreme is supported if every cell outside the values stated is decided to be worse than the best inside, "
    "refuted if one is decided to be better than all inside (sign flips that allow for picking the best, p < 0.05)."
)


class Decided(NamedTuple):
    """Twice the one-sided p for the claim, and against it."""

    support: float
    refute: float


def evidence(claim: Extreme, measured: Measured) -> Line:
    """The metric along the axis. Raises NotTested where there is nothing inside, or outside."""
    line = along(claim.axis, claim.cells, claim.metric, measured)
    held = [claim.holds(value) for value in line.at]
    if all(held) or not any(held):
        every = "every" if all(held) else "no"
        raise NotTested(f"{every} cell of this sweep is at {claim.axis} {claim.range_in_words()}")
    return line


def verdict(claim: Extreme, line: Line) -> Judged:
    expected = f"{claim.which} at {claim.axis} {claim.range_in_words()}"
    if why := why_no_pairs(line.together, "seed"):
        return Judged("undecided", why, expected)
    inside = np.array([claim.holds(value) for value in line.at])
    values = line.together.values if claim.which == "least" else -line.together.values
    p = decided(values[inside], values[~inside])
    told = "supported" if p.support < 0.05 else "refuted" if p.refute < 0.05 else "undecided"
    shown = p_text(p.refute if told == "refuted" else p.support)
    best = [best_of(line, values, where) for where in (inside, ~inside)]
    return Judged(told, f"inside {best[0]}, outside {best[1]}, over {line.together.n} seeds; {shown}", expected)


def decided(inside: Float[Array, "I seeds"], outside: Float[Array, "O seeds"]) -> Decided:
    """Test "min inside < min outside" both ways; values are better the lower they are."""
    support = max(one_sided(one - inside).largest for one in outside)
    refute = min(one_sided(inside - one).each.max() for one in outside) * len(outside)
    return Decided(min(1.0, 2 * support), min(1.0, 2 * float(refute)))


def best_of(line: Line, values: Float[Array, "cells seeds"], where: Array) -> str:
    """The best cell of some, with its mean."""
    best = int(np.flatnonzero(where)[values[where].mean(axis=1).argmin()])
    at, mean = line.at[best], line.together.values[best].mean()
    shown = as_override(at) if isinstance(at, str) else f"{at:g}"
    return f"best {mean:.5g} at {shown}".replace("-", "−")


def cannot(claim: Extreme, planned: Planned) -> str:
    return too_few_flips(planned.seeds, 1, "comparison")
