"""Intervals and paired comparisons over seeds. Every ± says what it is, and n."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reports.sign_flips import Array, sign_flip_p


class Interval(NamedTuple):
    """A mean over n seeds with its 95 % t interval; `sd` is the sample standard deviation (ddof 1)."""

    mean: float
    low: float
    high: float
    sd: float
    n: int


class PairedDifference(NamedTuple):
    """Differences paired by seed: mean and 95 % t interval, the sign-flip test's p of this one comparison, and Cohen's d."""

    mean: float
    low: float
    high: float
    n: int
    p: float
    d: float  # mean / sd of the differences: d_z of Cohen (1988)


@cache  # a sweep asks thousands of times for the same few
def t_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t distribution."""
    return float(stats.t.ppf(probability, freedom))


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """mean ± t · sd / √n over the finite values; an interval needs two.

    >>> mean_interval([1.0, 2.0, 3.0])
    Interval(mean=2.0, low=-0.48..., high=4.48..., sd=1.0, n=3)
    """
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    n = len(finite)
    if n < 2:
        mean = float(finite.mean()) if n else np.nan
        return Interval(mean, np.nan, np.nan, np.nan, n)
    mean, sd = float(finite.mean()), float(finite.std(ddof=1))
    half = t_quantile((1 + level) / 2, n - 1) * sd / np.sqrt(n)
    return Interval(mean, float(mean - half), float(mean + half), sd, n)


def sd_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The interval of a standard deviation of Gaussian values: sd · √((n − 1) / χ²) at both ends.

    >>> [round(end, 2) for end in sd_interval([1.0, 2.0, 3.0])]
    [0.52, 6.28]
    """
    finite = np.asarray(values, float)
    n, sd = len(finite), finite.std(ddof=1)
    low, high = (float(sd * np.sqrt((n - 1) / stats.chi2.ppf((1 + side * level) / 2, n - 1))) for side in (1, -1))
    return low, high


def paired_difference(ours: ArrayLike, theirs: ArrayLike) -> PairedDifference:
    """ours − theirs, seed by seed, over the seeds where both are finite; p is that of `sign_flip_p`."""
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is no difference
        return paired_differences([np.asarray(ours, float) - np.asarray(theirs, float)])[0]


def paired_differences(differences: Sequence[ArrayLike] | Array) -> list[PairedDifference]:
    """The same for many comparisons at once, given as differences by seed; those of equally many seeds share flips."""
    finite = [values[np.isfinite(values)] for values in (np.asarray(by_seed, float) for by_seed in differences)]
    seeds = np.array([len(values) for values in finite])
    p = np.full(len(finite), np.nan)
    for n in set(seeds[seeds > 1]):
        p[seeds == n] = sign_flip_p(np.stack([values for values in finite if len(values) == n]))
    results = []
    for values, own_p in zip(finite, p, strict=True):
        interval = mean_interval(values)
        effect = interval.mean / interval.sd if interval.sd > 0 else np.nan
        results.append(PairedDifference(*interval[:3], interval.n, float(own_p), effect))
    return results


def holm(p_values: ArrayLike) -> list[float]:
    """P-values of a family of comparisons, adjusted so that a true null is rejected in at most 5 % of families (Holm, 1979).

    The least of m is multiplied by m, the next by m − 1, and so on, and none is less than the one before. NaN (a
    comparison without a test) stays NaN and does not count.
    """
    p = np.array(p_values, float)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # NaN is last
    p[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return [float(value) for value in p]
