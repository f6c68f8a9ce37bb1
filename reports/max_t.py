"""Single-step max-T: all comparisons of a family tested together on the same sign flips, p and interval from one quantile.

tⱼ = m̄ⱼ / (sⱼ / √nⱼ) of each comparison's differences over seeds. A flip changes the sign of a seed's differences in all comparisons
at once, so that their correlation counts. pⱼ is the share of flips whose largest |t| of the family is at least |tⱼ|; the simultaneous
95 % interval is m̄ⱼ ± q · sⱼ / √nⱼ, where q is the quantile of these largest values at which p reaches 0.05. So p < 0.05 exactly where
the interval excludes 0. The flips are exact where differences are symmetric about 0 under the null. Below six seeds nothing can
be decided: q is infinite.

Flips of differences that lie far from 0 are all alike, so that q is too small to hold all true differences at once: of eight arms 3 sd
off, families of intervals cover 88 %. So flips of the centred differences, xⱼ − m̄ⱼ, are tried too, and the larger p and the larger q
taken; the family-wise error is then at most 5 %, and such families cover 95 to 96 % wherever the true differences lie.

Simulated (tests/reports/simulation/test_family.py; Gaussian, arms that share a baseline): of families of 2 to 10 without a difference
something is decided in 2.5 % with 6 seeds, 4.3 % with 8, 3.9 % with 10, also where seeds are missing. Differences as skew as a
lognormal of σ = 1 are decided in 15 % where there is one, in 36 % of families of eight. Of eight arms that all lie 1.2 sd off:

    seeds    max-T    step-down    Holm    decided, of all arms
      8       .43        .61        0      Holm needs nine seeds for eight arms, whatever the difference
     10       .63        .82       .73
     12       .79        .92       .89

Westfall & Young (1993), Resampling-based multiple testing; Romano & Wolf, J. Am. Stat. Assoc. 100:94 (2005) for the step-down p.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike
from scipy import stats

from reports.sign_flips import BLOCK, EXACT, Array, sign_flips

DIGITS = 12  # shares of a possible |t| that differ by less count as equal
GRAIN = 1.5 * 10.0**-DIGITS  # two equal sums, added up in different order, may be rounded to neighbours


class Together(NamedTuple):
    """One comparison in its family: NaN where it has fewer than two seeds."""

    p: float  # corrected for the family: p < 0.05 where the interval excludes 0
    step_down: float  # p of the step-down test, of flips alone, never larger
    low: float  # the simultaneous 95 % interval
    high: float
    quantile: float  # q


UNTESTED = Together(*[float("nan")] * 5)


def max_t(differences: Sequence[ArrayLike] | Float[Array, "comparisons seeds"], level: float = 0.05) -> list[Together]:
    """Every comparison's p and simultaneous interval; a row per comparison, a column per seed, NaN where a seed is missing.

    >>> [round(value, 4) for value in max_t([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])[0][:2]]
    [0.0312, 0.0312]
    """
    table = np.atleast_2d(np.array(differences, float))
    finite = np.isfinite(table)
    tested = np.flatnonzero(finite.sum(axis=1) > 1)
    together = [UNTESTED] * len(table)
    if len(tested):
        seeds = finite[tested].any(axis=0)
        found = of_family(np.where(finite, table, 0.0)[np.ix_(tested, seeds)], finite[np.ix_(tested, seeds)], level)
        for place, one in zip(tested, found, strict=True):
            together[place] = one
    return together


def of_family(x: Float[Array, "m n"], there: Bool[Array, "m n"], level: float) -> list[Together]:
    """The same, with 0 in place of what is not there."""
    n, mean = there.sum(axis=1), x.sum(axis=1) / there.sum(axis=1)
    y, centred = unit(x), unit(np.where(there, x - mean[:, None], 0.0))
    observed = evidence_of(share(y.sum(axis=1), n) - GRAIN, n)  # so that the unflipped signs always count
    largest, step_down = over_flips(y, observed, n)
    by_chance, _ = over_flips(centred, observed, n)
    plus = int(x.shape[1] > EXACT)  # random flips lack the unflipped signs
    p = np.maximum(tail(largest, observed, plus), tail(by_chance, observed, plus))
    critical = max(critical_of(largest, level, plus), critical_of(by_chance, level, plus))
    half = halves(x, there, observed, critical)
    down = (step_down + plus) / (len(largest) + plus)
    columns = (p, np.minimum(down, p), mean - half, mean + half, quantiles(critical, n))
    return [Together(*map(float, row)) for row in zip(*columns, strict=True)]


def unit(x: Float[Array, "m n"]) -> Float[Array, "m n"]:
    """Each row divided by its length; rows of zeros stay so. Squares of very large values would overflow."""
    y = x / np.abs(x).max(axis=1, initial=1e-300, keepdims=True)
    length = np.sqrt((y**2).sum(axis=1, keepdims=True))
    return np.divide(y, length, out=np.zeros_like(y), where=length > 0)


def tail(largest: Float[Array, " flips"], observed: Float[Array, " m"], plus: int) -> Float[Array, " m"]:
    """The share of flips whose largest evidence is at least what is observed; `plus` flips more, which are not listed, count too."""
    return (len(largest) - np.searchsorted(np.sort(largest), observed) + plus) / (len(largest) + plus)


def critical_of(largest: Float[Array, " flips"], level: float, plus: int) -> float:
    """What evidence must exceed for a share of flips below the level to do as well; infinite where too few flips are there."""
    allowed = int(np.ceil(level * (len(largest) + plus))) - 1 - plus
    return float(np.sort(largest)[::-1][allowed]) if allowed > 0 else np.inf


def over_flips(
    y: Float[Array, "m n"], observed: Float[Array, " m"], n: Int[Array, " m"]
) -> tuple[Float[Array, " flips"], Float[Array, " m"]]:
    """The family's largest evidence in every flip; and in how many flips the step-down test finds as much."""
    order = np.argsort(-observed, kind="stable")
    largest, counts = [], np.zeros(len(y))
    for signs in sign_flips(y.shape[1], rows=max(1, BLOCK // max(y.shape))):
        flipped = evidence_of(share(signs @ y.T, n), n)[:, order]
        remaining = np.maximum.accumulate(flipped[:, ::-1], axis=1)[
            :, ::-1
        ]  # of this comparison and all with less evidence
        largest.append(remaining[:, 0])
        counts += (remaining >= observed[order]).sum(axis=0)
    step_down = np.empty(len(y))
    step_down[order] = np.maximum.accumulate(counts)
    return np.concatenate(largest), step_down


def share(sums: Float[Array, "... m"], n: Int[Array, " m"]) -> Float[Array, "... m"]:
    """|Σ y| / √n of differences whose squares sum to 1: it grows with |t|, and is 1 where all differences are equal."""
    return np.minimum(np.round(np.abs(sums) / np.sqrt(n), DIGITS), 1.0)


def evidence_of(shares: Float[Array, "... m"], n: Int[Array, " m"]) -> Float[Array, "... m"]:
    """A number that grows with |t| and is comparable between comparisons: the share itself.

    Where comparisons have different numbers of seeds, it is −log p of Student's t instead; and in those that have fewer, at most
    that of the least p that n flips can give: else a few equal signs would outdo all others.
    """
    if n.min() == n.max():
        return shares
    found = -np.log(2 * stats.t.sf(t_of(shares, n), n - 1) + 1e-300)
    return np.where(n < n.max(), np.minimum(found, most(n)), found)


def most(n: Int[Array, " m"]) -> Float[Array, " m"]:
    """−log of the least p that the flips of n seeds can give: 2^(1 − n)."""
    return (n - 1) * np.log(2.0)


def t_of(shares: Float[Array, "... m"], n: Int[Array, " m"]) -> Float[Array, "... m"]:
    """t = √(n − 1) u / √(1 − u²), where u = |Σ y| / √n and Σ y² = 1."""
    with np.errstate(divide="ignore"):
        return np.sqrt(n - 1) * shares / np.sqrt(1 - shares**2)


def quantiles(critical: float, n: Int[Array, " m"]) -> Float[Array, " m"]:
    """The quantile of |t| for every comparison."""
    if n.min() == n.max():
        return t_of(np.full(len(n), min(critical, 1.0)), n)
    out_of_reach = (n < n.max()) & (critical >= most(n))
    return np.where(out_of_reach, np.inf, stats.t.isf(np.exp(-critical) / 2, n - 1))


def halves(
    x: Float[Array, "m n"], there: Bool[Array, "m n"], observed: Float[Array, " m"], critical: float
) -> Float[Array, " m"]:
    """q · s / √n; it is above the mean's size exactly where the evidence is not above what is critical, whatever rounding does."""
    n, q = there.sum(axis=1), quantiles(critical, there.sum(axis=1))
    mean = x.sum(axis=1) / n
    sd = np.sqrt((np.where(there, x - mean[:, None], 0.0) ** 2).sum(axis=1) / (n - 1))
    half = np.where(np.isinf(q), np.inf, np.where(np.isinf(q), 0.0, q) * sd / np.sqrt(n))
    rounding = 1e-9 * np.abs(mean)
    tells = observed > critical
    return np.where(tells, np.minimum(half, np.abs(mean) - rounding), np.maximum(half, np.abs(mean)))
