"""The interval of a paired difference on new data of the same kind: other rows to train and to test on, as many of them.

Seeds that divide one dataset share rows, so that more seeds do not show all about other data. With d_si the error of ours minus theirs
on test row i in seed s, m the mean over n seeds of their means over t test rows, S² the variance of these means over seeds,

    V = max(S², v)/n + C + U,    m ± t_{n−1} √V
    C = max(0, Σ_{s≠u} Σ_i (d_si − m)(d_ui − m) / (n (n − 1) t²)), i in both test sets: what common test rows add
    U = f/(1 − f) · max(0, S² − v):                                                     what common training rows add
    v = mean over seeds of the variance of d_si over rows / t − C:                      what test rows alone add to S²

Few seeds may happen to lie so close that S² is less than v, which is known from many more rows: then v stands for it. f is the share of
a training set that two seeds have in common. C is the moment of readers and cases (Gallas, Acad. Radiol. 13:353, 2006); U rests on
Hoeffding: the covariance of a symmetric function of two training sets that share f of their rows is at most f times its variance. Where
each seed draws test rows of its own, V is at most S² (1/n + t/train) (Nadeau & Bengio, Mach. Learn. 52:239, 2003). Where all seeds train
on the same rows (f = 1), nothing is known of other training sets, and there is no interval.

Simulated (tests/reports/simulation/): 20-16-3 networks with and without L2, ridge regression at two strengths; train/validation/test
rows, drawn by each seed; "own" rows test all seeds. For 5, 10 and 30 seeds: coverage by the t interval over seeds of the mean of all
seeds of these data (140 datasets of 240 seeds), by t of the mean over new data (840 datasets), by V of the same; and V's width over the
ideal, 2 t sd of a dataset's mean over datasets. Monte Carlo standard errors are at most .007, of t on new data .017.

                                       t: these data, t and V: new data, V's width / ideal
                                      5 seeds             | 10 seeds            | 30 seeds
    networks, 150/150/750 of 1,797    .950 .939 .976 1.05 | .954 .935 .968 1.12 | .956 .881 .977 1.30
    networks, 150/150/750 of 1,050    .952 .946 .989 1.12 | .945 .930 .974 1.23 | .951 .844 .992 1.48
    networks, 200/100/100 of 400      .953 .935 .982 1.38 | .955 .910 .971 1.43 | .961 .819 .971 1.54
    networks, 200/25/25 of 250        .953 .927 .962 1.04 | .949 .919 .974 1.18 | .955 .863 .971 1.32
    networks, 5-fold of 250           .960 .933 .986 1.20 | .966 .910 .974 1.33 | .961 .779 .967 1.42
    networks, 150/150 of 600, 750 own .949 .932 .985 1.23 | .947 .904 .988 1.36 | .944 .760 .992 1.55
    ridge, 200/100/100 of 400         .943 .899 .970 1.30 | .941 .861 .977 1.60 | .942 .711 .992 2.01
    ridge, 300/0/100 of 400           .947 .918 .983 1.28 | .947 .875 .989 1.48 | .949 .711 .996 1.75
    ridge, 5-fold of 400              .971 .957 .981 1.38 | .975 .929 .996 1.60 | .974 .800 .996 1.79
    ridge, 200/100 of 400, 800 own    .945 .882 .987 1.58 | .949 .774 .998 1.86 | .951 .552 1.00 2.08
    ridge, 200/100 of 400, 50 own     .943 .820 .976 1.20 | .943 .725 .960 1.25 | .952 .476 .976 1.32

Less two standard errors, V covers at least .94 everywhere, t over seeds of these data .93 (.928 in one of 33). V is widest where
Hoeffding's bound is far from reached: ridge with 30 seeds. Without C it covers .87 of the last line, without U .74 of the one before.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from reports.sign_flips import Array
from reports.statistics import t_quantile


class NewData(NamedTuple):
    """A difference and its 95 % interval on new data; NaN, and why, where there is none."""

    mean: float
    low: float
    high: float
    seeds: float = float("nan")  # max(S², v)/n
    test_rows: float = float("nan")  # C
    train_rows: float = float("nan")  # U
    why: str = ""


def none(why: str) -> NewData:
    nan = float("nan")
    return NewData(nan, nan, nan, why=why)


def interval(d: Float[Array, "n rows"], shared: float, train: float, level: float = 0.95) -> NewData:
    """The interval from each seed's differences on test rows, NaN on rows that are not in its test set.

    `shared` is f; `train` the number of training rows.
    """
    there = np.isfinite(d)
    d, there = d[there.any(axis=1)], there[there.any(axis=1)]
    n = len(d)
    if n < 2:
        return none("it needs two seeds")
    if not shared < 1:
        return none("all seeds train on the same rows")
    t = there.sum(axis=1)
    means = np.nansum(d, axis=1) / t
    m, s2 = float(means.mean()), float(means.var(ddof=1))
    e = np.where(there, d - m, 0.0) / t[:, None]
    c = max(0.0, float((e.sum(axis=0) ** 2 - (e**2).sum(axis=0)).sum()) / (n * (n - 1)))
    within = np.where(there, d - means[:, None], 0.0)
    v = float(np.mean((within**2).sum(axis=1) / np.maximum(t - 1, 1) / t)) - c
    u = shared / (1 - shared) * max(0.0, s2 - v)
    of_seeds = max(s2, v) / n
    variance = of_seeds + c + u
    if not (there == there[0]).all():  # each seed has test rows of its own
        variance = min(variance, s2 * (1 / n + float(t.mean()) / train))
    half = t_quantile((1 + level) / 2, n - 1) * variance**0.5
    return NewData(m, m - half, m + half, of_seeds, c, u)


def independent(means: Float[Array, " n"], level: float = 0.95) -> NewData:
    """The interval where every seed has data of its own, and so no row in common with another: the t interval."""
    means = means[np.isfinite(means)]
    n = len(means)
    if n < 2:
        return none("it needs two seeds")
    m, s2 = float(means.mean()), float(means.var(ddof=1))
    half = t_quantile((1 + level) / 2, n - 1) * (s2 / n) ** 0.5
    return NewData(m, m - half, m + half, s2 / n, 0.0, 0.0)
