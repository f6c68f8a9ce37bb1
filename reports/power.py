"""The power of the test by which an arm and its baseline are decided to differ, and the seeds that a stated smallest effect needs.

The test is the single-step max-T on the sign flips of seeds: with r_j = |Σ s_i d_ij| / (Σ d_ij²)^½, which rises with |t| of
comparison j, its p is the share of all flips s of which the largest r_j is at least that of the comparison's own differences; or
that of flips of centred differences, where this is larger (`max_t`).

Assumed: Gaussian differences; m − 1 other comparisons with nothing to find, independent of this one. Comparisons that share a
baseline are correlated, about ½, which makes the test a little stronger: power is .00–.07 higher, most at 40 comparisons.

Simulated against the t approximation at 1 − .95^(1/m), effect 1.2 standard deviations:

    seeds         6         7         8        10        12        16
    m = 1    .45 .66   .70 .75   .80 .83   .91 .92   .97 .97   .99 .99
    m = 8    .12 .22   .26 .32   .37 .42   .60 .61   .76 .76   .92 .93
    m = 40   .04 .07   .09 .11   .13 .17   .32 .32   .47 .49   .77 .77
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from reports.sign_flips import EXACT, Array

LEVEL, WANTED = 0.05, 0.8  # of p; the power that seeds are counted for
LEAST = 6  # seeds: of five, 1 of 2⁴ flips is .06, and nothing is ever decided
FLIPS, TRIALS, DRAWS = (
    2**11,
    2000,
    200_000,
)  # flips a trial (all, up to 12 seeds); trials; rows drawn, which many comparisons share
ROUNDING = 1e-5  # of single precision: what is nearer counts as equal
MOST = 10**9  # seeds: more are not counted
CLEAR = 10.0  # standard deviations: an effect so large that only the number of flips counts


class Rivals(NamedTuple):
    """What this comparison's r must exceed, flip by flip, in many simulated sweeps; and its own differences without an effect."""

    signs: Float[Array, "flips seeds"]  # the first leaves all as they are
    largest: Float[Array, "flips trials"]  # r of the other comparisons
    centred: Float[Array, "flips trials"]  # the same of their centred differences
    own: Float[Array, "trials seeds"]


def power(effect: float, seeds: int, comparisons: int = 1) -> float:
    """How often the test decides a difference of `effect` standard deviations, with its sign, as one of several comparisons.

    Below 17 seeds, where the test tries all flips, by simulation of the test itself (±.01); from there by `t_power`.

    >>> power(1.2, 5), round(power(1.2, 10), 1), round(power(1.2, 20, comparisons=8), 2)
    (0.0, 0.9, 0.98)
    """
    if seeds < LEAST:
        return 0.0
    if seeds > EXACT:
        return t_power(effect, seeds, corrected(comparisons))
    signs, largest, centred, own = rivals(seeds, comparisons)
    r = signs @ unit(own + min(abs(effect), CLEAR)).T
    r_centred = signs @ unit(own - own.mean(axis=-1, keepdims=True)).T
    told = r[0] > 0
    for others, ours in ((largest, r), (centred, r_centred)):
        told &= (np.maximum(others, np.abs(ours)) >= np.abs(r[0]) - ROUNDING).mean(axis=0) < LEVEL
    return float(told.mean())


@lru_cache(maxsize=EXACT)  # of one number of comparisons 100 MB in all
def rivals(seeds: int, comparisons: int) -> Rivals:
    """Draws the sweeps once for all effects; the same every time."""
    draw = np.random.default_rng(0)
    signs = flips(seeds, draw)
    trials = int(np.clip(DRAWS // comparisons, TRIALS // 10, TRIALS))
    largest, centred = np.zeros((2, len(signs), trials), np.float32)
    for _ in range(comparisons - 1):
        others = draw.normal(size=(trials, seeds))
        np.maximum(largest, np.abs(signs @ unit(others).T), out=largest)
        np.maximum(centred, np.abs(signs @ unit(others - others.mean(axis=-1, keepdims=True)).T), out=centred)
    return Rivals(signs, largest, centred, draw.normal(size=(trials, seeds)))


def flips(seeds: int, draw: np.random.Generator) -> Float[Array, "flips seeds"]:
    """All flips but for their opposites, which are as large; or FLIPS of them, drawn at random after that which changes nothing."""
    if 2 ** (seeds - 1) <= FLIPS:
        bits = np.arange(2 ** (seeds - 1))[:, None] >> np.arange(seeds) & 1
    else:
        bits = draw.integers(2, size=(FLIPS, seeds))
        bits[0] = 0
    return (1.0 - 2.0 * bits).astype(np.float32)


def unit(values: Float[Array, "trials seeds"]) -> Float[Array, "trials seeds"]:
    """Each row divided by its norm: r is then the size of a product with signs."""
    return (values / np.linalg.norm(values, axis=-1, keepdims=True)).astype(np.float32)


def corrected(comparisons: int) -> float:
    """The level of each of m independent comparisons of which one or more is decided by chance in 5 %: 1 − .95^(1/m) (Šidák, 1967).

    >>> round(corrected(8), 5)
    0.00639
    """
    return float(-np.expm1(np.log1p(-LEVEL) / comparisons))


def t_power(effect: float, n: int, alpha: float) -> float:
    """The power of the two-sided t test of n differences whose mean is `effect` standard deviations, above 0.

    It leaves out the chance of finding the wrong sign, which is below 10⁻⁵ where the power is 0.8.
    """
    return float(stats.nct.sf(stats.t.isf(alpha / 2, n - 1), n - 1, effect * np.sqrt(n)))


def sd_limit(sd: float, n: int, level: float = 0.8) -> float:
    """The upper limit of a standard deviation estimated from n Gaussian values: sd · √((n − 1) / χ²), χ² its lower quantile.

    At 80 %, the true one lies below it four times in five: what a pilot study should plan with (Browne, Stat. Med. 14:1933, 1995).

    >>> round(sd_limit(1.0, 10), 2)
    1.29
    """
    return float(sd * np.sqrt((n - 1) / stats.chi2.ppf(1 - level, n - 1)))


def seeds_needed(effect: float, comparisons: int = 1) -> int:
    """The least number of seeds, at most MOST, with which the test's power for `effect`, in standard deviations, is 0.8.

    `effect` is the study's smallest effect over the sd's upper limit (`sd_limit`), never the difference that was found: of seeds
    counted for that, half are too few (Hoenig & Heisey, Am. Stat. 55:19, 2001). Raises ValueError where it is not above 0.

    Pilots of 10 seeds, simulated: how many of them advise seeds that reach a power of 0.8, with the sd's upper limit and with
    the sd itself, and the median of the seeds advised.

        smallest effect          comparisons   seeds that reach it   by the limit   by the sd itself
        .5 standard deviations             1                    34   80 %     51       44 %     31
        1 standard deviation               1                    11   81 %     15       45 %     11
        1 standard deviation               8                    17   81 %     24       46 %     16
        1.5 standard deviations            8                    10   87 %     13       56 %     10

    >>> seeds_needed(1.0), seeds_needed(1.0, comparisons=8), seeds_needed(10.0)
    (11, 17, 6)
    """
    if not effect > 0:
        raise ValueError(f"the effect is {effect} standard deviations; it must be above 0.")
    effect, alpha = min(effect, CLEAR), corrected(comparisons)
    gaussian = ((stats.norm.isf(alpha / 2) + stats.norm.ppf(WANTED)) / effect) ** 2  # the limit of many seeds
    if gaussian > 1000:
        return int(np.ceil(min(gaussian, MOST)))
    n = max(LEAST, int(gaussian))
    while t_power(effect, n, alpha) < WANTED:
        n += 1
    while power(effect, n, comparisons) < WANTED:  # with few seeds the test itself is weaker
        n += 1
    return n
