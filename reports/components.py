"""Components of variance of a crossed design: how much of the spread each source of chance brings, and each meeting of them.

With sources A, B (and C) crossed, one network a cell, y = μ + a_i + b_j + (ab)_ij + …: independent effects with mean 0, whose variances
are asked for (Searle, Casella & McCulloch, Variance Components, 1992, chapter 4). The last effect holds all that is left. Intervals
are generalized ones (Weerahandi, JASA 88:899, 1993): each mean square M with f degrees of freedom is replaced by M f / χ²_f, many times,
and the ends are quantiles of what the same formula gives.

Coverage of the nominal 95 %, and the mean width of the sd's interval, in 5,000 simulated designs (Monte Carlo error .003; a slow test
holds it). The sds are those of networks, 1.24 of the split, .27 of weights and .73 of both; small, .3, .3 and 1; none, 0, 0 and 1; with
three orders, .72 of both, .14 of all three and 0 of all else.

| design | split | weights | order | split × weights | split × order | weights × order | all three |
|---|--:|--:|--:|--:|--:|--:|--:|
| 11 × 11, as networks | .949, 1.32 | .953, .47 | | .958, .21 | | | |
| 11 × 11, small | .949, .59 | .953, .60 | | .958, .28 | | | |
| 11 × 11, none | .975, .41 | .974, .41 | | .958, .28 | | | |
| 5 × 5, as networks | .951, 2.92 | .953, 1.08 | | .950, .56 | | | |
| 11 × 11 × 3, as networks | .946, 1.33 | .954, .47 | .976, .07 | .956, .21 | .977, .04 | .976, .04 | .957, .03 |

Modified large-sample intervals (Ting et al., J. Stat. Comput. Simul. 35:135, 1990) cover and measure the same in these designs;
Satterthwaite's cover .89 where a component is small and .56 where it is 0; a bootstrap over the draws of all sources .84 for the split.
All rest on Gaussian effects: with exponential ones, of skewness 2, those of the split cover .77 and of both .72. The effects of 1,600
networks, 40 splits × 40 initial weights of the study `variance`, have skewness within ± .2 and no excess kurtosis above 0: drawn from
again, 11 × 11, they are covered in .950, .971 and .952.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import prod
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

Array = np.ndarray
Effect = tuple[int, ...]  # the axes that an effect belongs to: (0,) and (1,) are main effects, (0, 1) their interaction
ALL: Effect = ()  # the key of all components together: the variance of one network
DRAWS = 20_000  # of every χ²: ends are settled to about 1 %


class MeanSquare(NamedTuple):
    """An effect's sum of squares over its degrees of freedom."""

    value: float
    freedom: int


class Component(NamedTuple):
    """The variance of one effect, with its 95 % interval, and its share of the variance of one network, the sum of all."""

    variance: float  # unbiased, so it can be negative: then there is no sign of it
    low: float  # at least 0
    high: float
    share: float  # of the sum, in which negative ones count as 0
    share_low: float
    share_high: float


def components(y: Float[Array, "..."], level: float = 0.95) -> dict[Effect, Component]:
    """The components of every effect of a crossed design, an axis a source, each with two levels or more; and of ALL together.

    >>> y = np.array([[1.0, 2.0], [5.0, 8.0]])  # main effects of rows ± 2.5, of columns ± 1; interaction ± 0.5
    >>> {effect: found.variance for effect, found in components(y).items()}
    {(): 14.5, (0,): 12.0, (1,): 1.5, (0, 1): 1.0}
    """
    squares = mean_squares(y)
    found = of_squares({effect: one.value for effect, one in squares.items()}, y.shape)
    drawn = {effect: np.maximum(0, values) for effect, values in of_squares(drawn_squares(squares), y.shape).items()}
    total, total_drawn = sum(max(0.0, value) for value in found.values()), sum(drawn.values())
    ends = (1 - level) / 2, (1 + level) / 2

    def component(variance: float, values: Any) -> Component:
        shares = np.divide(values, total_drawn, out=np.full(DRAWS, np.nan), where=total_drawn > 0)
        share = max(0.0, variance) / total if total > 0 else np.nan
        (low, high), (share_low, share_high) = np.quantile([values, shares], ends, axis=-1).T.tolist()
        return Component(variance, low, high, share, share_low, share_high)

    return {ALL: component(total, total_drawn)} | {effect: component(found[effect], drawn[effect]) for effect in found}


def effects_of(factors: int) -> list[Effect]:
    """Main effects, then interactions.

    >>> effects_of(2)
    [(0,), (1,), (0, 1)]
    """
    return [effect for size in range(1, factors + 1) for effect in combinations(range(factors), size)]


def mean_squares(y: Float[Array, "..."]) -> dict[Effect, MeanSquare]:
    """Every effect's mean square: deviations (ab)_ij = ȳ_ij − ȳ_i − ȳ_j + ȳ, and so on, squared, summed, over (I − 1)(J − 1)."""
    factors, found = range(y.ndim), {}
    means = {kept: y.mean(axis=tuple(set(factors) - set(kept)), keepdims=True) for kept in [(), *effects_of(y.ndim)]}
    for effect in effects_of(y.ndim):
        below = [kept for kept in means if set(kept) <= set(effect)]
        deviations = sum((-1) ** (len(effect) - len(kept)) * means[kept] for kept in below)
        freedom = prod(y.shape[axis] - 1 for axis in effect)
        found[effect] = MeanSquare(float((deviations**2).sum()) * others(effect, y.shape) / freedom, freedom)
    return found


def others(effect: Effect, shape: Sequence[int]) -> int:
    """How many networks share one level of an effect."""
    return prod(levels for axis, levels in enumerate(shape) if axis not in effect)


def of_squares(squares: Mapping[Effect, Any], shape: Sequence[int]) -> dict[Effect, Any]:
    """σ²_S = Σ_{T ⊇ S} (−1)^(|T| − |S|) M_T / (networks that share a level of S): of two factors σ²_A = (M_A − M_AB) / J.

    It solves E M_S = Σ_{T ⊇ S} σ²_T · (networks that share a level of T).
    """
    return {
        effect: sum(
            (-1) ** (len(above) - len(effect)) * squares[above] for above in squares if set(effect) <= set(above)
        )
        / others(effect, shape)
        for effect in squares
    }


def drawn_squares(squares: Mapping[Effect, MeanSquare]) -> dict[Effect, Float[Array, " draws"]]:
    """What the mean squares of such a design may be expected to be: M f / χ²_f, the same draws for the same design."""
    draw = np.random.default_rng(0)
    return {effect: one.value * one.freedom / draw.chisquare(one.freedom, DRAWS) for effect, one in squares.items()}
