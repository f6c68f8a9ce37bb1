"""How rightly classifiers are sure: bins of confidence, the errors of calibration, and how large they are by chance alone.

The confidence of an example is the largest of its probabilities; calibrated are networks of which, among examples of confidence p,
the share p is right.
"""

from math import lgamma
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array

BINS = 15  # of confidence, of equal width


class Bins(NamedTuple):
    """Examples by confidence, in bins of [0, 1]; NaN where a probability is NaN. Sums over bins are over the last axis."""

    examples: Float[Array, "*R bins"]
    correct: Float[Array, "*R bins"]  # how many of them are right
    excess: Float[Array, "*R bins"]  # Σ (1 if right, else 0) − confidence

    @property
    def confidence(self) -> Float[Array, "*R bins"]:
        """The sum of confidences."""
        return self.correct - self.excess


def in_bins(p: Float[Array, "n K"], y: Float[Array, "n K"]) -> Bins:
    """The bins of examples with probabilities p and classes y, one-hot rows."""
    sure = p.max(axis=-1)
    if np.isnan(sure).any():
        return Bins(*np.full((3, BINS), np.nan))
    right = y[np.arange(len(y)), p.argmax(axis=-1)] > 0.5
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    return Bins(*(np.bincount(place, weights, BINS) for weights in (np.ones(len(p)), right, right - sure)))


def calibration_error(bins: Bins) -> Float[Array, "*R"]:
    """Σ_b (n_b / n) |accuracy_b − confidence_b|: the expected calibration error of Guo et al. (ICML 2017), a share in [0, 1].

    Above 0 even of calibrated networks, as every bin has finitely many examples: see `calibration_floor`.
    """
    return np.abs(bins.excess).sum(axis=-1) / bins.examples.sum(axis=-1)


def overconfidence(bins: Bins) -> Float[Array, "*R"]:
    """Mean confidence − accuracy, in [−1, 1]: above 0 where networks are surer than they are right. Of calibrated ones 0 on average."""
    return -bins.excess.sum(axis=-1) / bins.examples.sum(axis=-1)


def calibration_floor(bins: Bins) -> Float[Array, "*R"]:
    """Σ_b (1 / n) E|X_b − n_b p_b|, X_b ~ Binomial(n_b, p_b): the calibration error to expect of calibrated networks, a share.

    p_b is the bin's mean confidence. That confidences differ within a bin makes the truth at most 3.4 % smaller: its variance is
    Σ p (1 − p), which is at least 14/15 of the binomial's. The bias is that of Kumar, Liang & Ma (NeurIPS 2019).
    """
    mean = bins.confidence / np.maximum(bins.examples, 1)
    return mean_deviation(bins.examples, mean).sum(axis=-1) / bins.examples.sum(axis=-1)


def squared_calibration_error(bins: Bins) -> Float[Array, "*R"]:
    """Σ_b (n_b / n) [(accuracy_b − confidence_b)² − accuracy_b (1 − accuracy_b) / (n_b − 1)]: 0 on average of calibrated networks.

    The ℓ₂ error without the bias of finite bins (Kumar, Liang & Ma, NeurIPS 2019), squared: below 0 as often as chance has it.
    A single example in its bin tells nothing, and is left out.
    """
    n = np.where(bins.examples == 1, 0, bins.examples)
    accuracy, gap = (sums / np.maximum(bins.examples, 1) for sums in (bins.correct, bins.excess))
    debiased = gap**2 - accuracy * (1 - accuracy) / np.maximum(n - 1, 1)
    return (n * debiased).sum(axis=-1) / n.sum(axis=-1)


def mean_deviation(n: Float[Array, "*R bins"], p: Float[Array, "*R bins"]) -> Float[Array, "*R bins"]:
    """E|X − n p| = 2 n p (1 − p) P(Y = ⌊n p⌋), X ~ Binomial(n, p), Y ~ Binomial(n − 1, p): de Moivre's, of 1730.

    In Diaconis & Zabell (Statistical Science 6:284, 1991). Unlike √(2 n p (1 − p) / π) it holds where hardly an example is wrong.

    >>> mean_deviation(np.array([2.0]), np.array([0.8])).round(3)  # 0.04 · 1.6 + 0.32 · 0.6 + 0.64 · 0.4
    array([0.512])
    """
    p = np.clip(p, 1e-12, 1 - 1e-12)  # at the ends X is certain, and logarithms are not finite
    k = np.floor(n * p)
    ways = log_factorial(np.maximum(n - 1, 0)) - log_factorial(k) - log_factorial(np.maximum(n - 1 - k, 0))
    return 2 * n * p * (1 - p) * np.exp(ways + k * np.log(p) + (n - 1 - k) * np.log1p(-p))


def log_factorial(n: Float[Array, "*R bins"]) -> Float[Array, "*R bins"]:
    """log n!, by the standard library: SciPy's import would cost a worker more than all of this."""
    return np.vectorize(lambda value: lgamma(value + 1), otypes=[float])(n)
