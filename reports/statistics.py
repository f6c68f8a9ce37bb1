"""Intervals and paired comparisons over seeds. Every ± says what it is, and n."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


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
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * sd / np.sqrt(n)
    return Interval(mean, float(mean - half), float(mean + half), sd, n)


def paired_difference(ours: ArrayLike, theirs: ArrayLike) -> PairedDifference:
    """ours − theirs, seed by seed, over the seeds where both are finite.

    The sign-flip test asks how often a mean difference at least as large (two-sided) comes from flipping the signs of
    the differences at random; all 2ⁿ flips are tried for n ≤ 16 (the test is exact), else 65,536 random ones.
    """
    difference = np.asarray(ours, float) - np.asarray(theirs, float)
    difference = difference[np.isfinite(difference)]
    interval = mean_interval(difference)
    if interval.n < 2:
        return PairedDifference(*interval[:3], interval.n, np.nan, np.nan)
    test = stats.permutation_test(
        (difference,),
        lambda d, axis: d.mean(axis=axis),
        permutation_type="samples",
        n_resamples=2**16,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    effect = interval.mean / interval.sd if interval.sd > 0 else np.nan
    return PairedDifference(interval.mean, interval.low, interval.high, interval.n, float(test.pvalue), effect)


def holm(p_values: ArrayLike) -> list[float]:
    """P-values of a family of comparisons, adjusted so that a true null is rejected in at most 5 % of families (Holm, 1979).

    NaN (a comparison without a test) stays NaN and does not count.
    """
    from statsmodels.stats.multitest import multipletests

    p = np.asarray(p_values, float)
    tested = np.isfinite(p)
    if tested.any():
        p[tested] = multipletests(p[tested], method="holm")[1]
    return [float(value) for value in p]
