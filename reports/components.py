"""Components of variance of a crossed design: how much of the spread each source of chance, and each pair of them, brings.

With sources A, B (and C) crossed, one network a cell, y = μ + a_i + b_j + (ab)_ij + …: independent effects with mean 0 and the variances
that are asked for (Searle, Casella & McCulloch, Variance Components, 1992, chapter 4). The last effect holds all that is left. Intervals
are generalized ones (Weerahandi, JASA 88:899, 1993): each mean square M with f degrees of freedom is replaced by M f / χ²_f, many times,
and the ends are quantiles of what the same formula gives. Coverage of the nominal 95 % and the mean width of the sd's interval,
5,000 simulated designs, errors ± .3 % (a slow test holds it), Gaussian effects:

| design, sd of split, weights, both (, order, the rest) | split | weights | both | order | the rest |
|---|--:|--:|--:|--:|--:|
| TABLE |

The modified large-sample intervals of Ting et al. (1990) cover and measure the same; Satterthwaite's cover .89 where a component is small,
.56 where it is 0, and a bootstrap over the levels of all factors .84. All rest on Gaussian effects: with exponential ones of skewness 2
those of split and of both cover .76 and .72.
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
