"""Intervals and paired comparisons over seeds. Every ± says what it is, and n."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reports.sign_flips import BLOCK, Array, sign_flip_p


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


def benjamini_hochberg(p_values: ArrayLike) -> list[float]:
    """P-values adjusted so that at most 5 % of the differences claimed are expected to be false (Benjamini & Hochberg, 1995).

    Milder than `holm`, which bounds the chance of even one false claim. NaN stays NaN and does not count.
    """
    p = np.array(p_values, float)
    tested = np.isfinite(p)
    p[tested] = stats.false_discovery_control(p[tested]) if tested.any() else p[tested]
    return [float(value) for value in p]


def bootstrap_interval(values: ArrayLike, level: float = 0.95, resamples: int = 9999) -> Interval:
    """The mean with SciPy's bias-corrected and accelerated bootstrap interval, for values far from Gaussian.

    Nominally 95 %, it covered the mean of 3 Gaussian values in 72 %, of 5 in 85 %, of 10 in 90 %, of 20 in 93 % of
    2,000 trials each: with few seeds it is too narrow, and the t interval is the better one.
    """
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    plain = mean_interval(finite, level)
    if plain.n < 2 or plain.sd == 0:
        return plain
    batch = max(1, BLOCK // plain.n)  # resamples in memory at a time
    unit = plain.sd  # squares and cubes of very large values would overflow
    resampled = stats.bootstrap(
        (finite / unit,),
        np.mean,
        confidence_level=level,
        n_resamples=resamples,
        batch=batch,
        rng=np.random.default_rng(0),
    )
    low, high = (float(end) * unit for end in resampled.confidence_interval)
    return plain._replace(low=low, high=high)


def resampled_interval(ours: ArrayLike, theirs: ArrayLike, train: float, test: float, level: float = 0.95) -> Interval:
    """The paired difference with an interval that allows for training sets that overlap, since seeds divide one dataset.

    mean ± t · sd · √(1/n + test/train): the corrected resampled t of Nadeau & Bengio (Machine Learning 52:239, 2003),
    for how methods differ on other data of the same kind. It stays wide however many seeds there are.
    """
    difference = np.asarray(ours, float) - np.asarray(theirs, float)
    plain = mean_interval(difference, level)
    if plain.n < 2:
        return plain
    half = t_quantile((1 + level) / 2, plain.n - 1) * plain.sd * np.sqrt(1 / plain.n + test / train)
    return plain._replace(low=float(plain.mean - half), high=float(plain.mean + half))


def probability_of_improvement(ours: ArrayLike, theirs: ArrayLike) -> float:
    """The share of seeds in which ours is lower; a tie counts half."""
    difference = np.asarray(ours, float) - np.asarray(theirs, float)
    difference = difference[np.isfinite(difference)]
    return float(np.mean((difference < 0) + 0.5 * (difference == 0))) if len(difference) else np.nan
