"""First weights against their closed forms: moments, bounds, and orthonormality."""

import numpy as np
import pytest

from backprop.arrays import per_replica
from backprop.initializations import FanIn, Glorot, He, LeCun, Normal, Orthogonal, Uniform
from backprop.randomness import Streams

I, O, SEEDS = 113, 211, (0, 1)  # noqa: E741
GAUSSIAN, UNIFORM = 3.0, 1.8  # E w⁴ / (E w²)²

CASES = [
    (He(), 2 / I, GAUSSIAN),
    (Glorot(), 2 / (I + O), GAUSSIAN),
    (LeCun(), 1 / I, GAUSSIAN),
    (Normal(0.3), 0.3**2, GAUSSIAN),
    (FanIn(), 1 / (3 * I), UNIFORM),
    (Uniform(0.3), 0.3**2 / 3, UNIFORM),
]


@pytest.mark.parametrize(("initialization", "variance", "kurtosis"), CASES, ids=lambda one: type(one).__name__)
def test_mean_variance_and_kurtosis_are_those_of_the_docstring(initialization, variance, kurtosis):
    """Of N draws the mean is off by about σ/√N, the variance by σ² √((κ − 1)/N)."""
    for W in initialization(I, O, Streams(SEEDS, "init")):
        assert abs(W.mean()) < 4 * np.sqrt(variance / W.size)
        assert W.var() == pytest.approx(variance, rel=4 * np.sqrt((kurtosis - 1) / W.size))
        assert (W**4).mean() / W.var() ** 2 == pytest.approx(kurtosis, rel=0.05)


def test_fan_in_fills_its_interval_and_no_more():
    W = np.sqrt(I) * FanIn()(I, O, Streams(SEEDS, "init"))
    assert -1 <= W.min() < -0.999
    assert 0.999 < W.max() < 1


@pytest.mark.parametrize("shape", [(7, 7), (11, 5), (5, 11), (7, 1), (1, 7)], ids=str)
def test_orthogonal_has_orthonormal_columns_or_rows(shape):
    """WᵀW = c² I where there are no more columns than rows, else W Wᵀ = c² I: a gain c a replica."""
    gain = per_replica([1.0, 1.5], "float64")
    W = Orthogonal(gain)(*shape, Streams(SEEDS, "init"))
    assert W.shape == (2, *shape)
    gram = W.mT @ W if shape[0] >= shape[1] else W @ W.mT
    assert gram == pytest.approx(gain**2 * np.eye(min(shape)), abs=1e-12)
    assert (W[0] != W[1] / 1.5).any()  # other seeds, other weights


def test_orthogonal_is_uniform_on_the_orthogonal_matrices():
    """Of a uniform Q the trace has mean 0 and variance 1 (n ≥ 2), as an entry has mean 0 and variance 1/n; LAPACK's own Q has
    signs that lean to one side."""
    traces, entries = [], []
    for Q in Orthogonal()(5, 5, Streams(range(2000), "init")):
        traces.append(np.trace(Q))
        entries.append(Q[0, 0])
    assert np.mean(traces) == pytest.approx(0, abs=0.1)
    assert np.var(traces) == pytest.approx(1, abs=0.15)
    assert np.mean(entries) == pytest.approx(0, abs=0.05)
    assert np.var(entries) == pytest.approx(1 / 5, abs=0.03)


def test_an_orthogonal_start_keeps_lengths():
    x = np.random.default_rng(0).standard_normal((2, 3, 7))
    W = Orthogonal()(7, 7, Streams(SEEDS, "init"))
    assert np.linalg.norm(x @ W, axis=-1) == pytest.approx(np.linalg.norm(x, axis=-1))
