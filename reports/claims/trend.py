"""`trend`: along an axis of numbers, a metric rises (or falls).

Each seed has its slope Σ (x − x̄) y / Σ (x − x̄)², x the axis or with `log` its logarithm. Supported if the 95 % t interval of
the mean slope lies on the stated side of 0. Refuted if it lies on the other side, or if two neighbors are decided to go the other
way: the largest T of the sign flips over all neighbors, at 2.5 %; that refutes a slope of the right sign too. Else undecided. So
*supported* says: it rises on the whole, and no step down is decided, as fewer than six seeds cannot; not that every step rises.

Simulated, 8 seeds, 5 cells: of flat lines 2.5 % are supported and 4.4 % refuted; of lines that rise at every step 1.5 % are
refuted where the steps are a tenth of the sd, and one of 6,000 where they are the sd. Each claim is judged alone.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from reports.claims.evidence import Array, Line, Measured, NotTested, along
from reports.claims.one_sided import one_sided
from reports.claims.planned import Planned, one_seed
from reports.claims.verdicts import Judged, p_text, show, why_no_pairs
from reports.schema.claims import Trend
from reports.statistics import mean_interval

RULE = (
    "A trend is supported if the 95 % t interval of the seeds' slopes lies on its side of 0; refuted if it lies on "
    "the other, or if some step to a neighbor is decided to go the other way (sign flips, p < 0.05, over all steps together)."
)


class Reversal(NamedTuple):
    """The step that most clearly goes the other way: from the cell of this number to the next; and twice its one-sided p."""

    step: int
    p: float


def evidence(claim: Trend, measured: Measured) -> Line:
    """The metric along the axis. Raises NotTested where its values are no numbers, or have no logarithms."""
    line = along(claim.axis, claim.cells, claim.metric, measured)
    wrong = [at for at in line.at if isinstance(at, str) or not np.isfinite(at)]
    if wrong:
        raise NotTested(f"{claim.axis}={wrong[0]} is no number, so that there is no slope")
    if claim.log and any(at <= 0 for at in line.at if not isinstance(at, str)):
        raise NotTested(f"{claim.axis}={line.at[0]:g} has no logarithm; leave log out, or that cell")
    return line


def verdict(claim: Trend, line: Line) -> Judged:
    side = 1.0 if claim.direction == "rising" else -1.0
    expected = f"slope {'above' if side > 0 else 'below'} 0"
    if why := why_no_pairs(line.together, "seed"):
        return Judged("undecided", why, expected)
    x = np.array(line.at, float)
    interval = mean_interval(slopes(np.log(x) if claim.log else x, line.together.values))
    back = reversal(side * line.together.values)
    with_it = interval.low > 0 if side > 0 else interval.high < 0
    against = interval.high < 0 if side > 0 else interval.low > 0
    decided = "refuted" if against or back.p < 0.05 else "supported" if with_it else "undecided"
    found = f"slope {show(interval)}, over {interval.n} seeds; {in_words(back, line)}"
    return Judged(decided, found, expected)


def slopes(x: Float[Array, " cells"], values: Float[Array, "cells seeds"]) -> Float[Array, " seeds"]:
    """Σ (x − x̄) y / Σ (x − x̄)², for each seed."""
    centered = x - x.mean()
    return centered @ values / (centered**2).sum()


def reversal(values: Float[Array, "cells seeds"]) -> Reversal:
    """Of steps between neighbours, the one most clearly downward."""
    downward = values[:-1] - values[1:]
    tested = one_sided(downward)
    return Reversal(int(tested.each.argmin()), min(1.0, 2 * tested.largest))


def in_words(back: Reversal, line: Line) -> str:
    """Whether neighbors are decided to go the other way, and which."""
    if not back.p < 0.05:
        return f"no step is decided to go the other way, {p_text(back.p)}"
    return f"from {line.at[back.step]:g} to {line.at[back.step + 1]:g} it goes the other way, {p_text(back.p)}"


def cannot(claim: Trend, planned: Planned) -> str:
    return one_seed(planned)
