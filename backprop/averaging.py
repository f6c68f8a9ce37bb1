"""Averaged iterates: the weights that are measured are a mean over the path, the weights that are trained are not."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, integer, number
from backprop.layout import Parameters

State = tuple[Array, ...]


class Time(NamedTuple):
    """Which step was taken last."""

    t: int  # 1, 2, … T
    T: int  # steps in all
    epoch: int  # steps in an epoch


@runtime_checkable
class Averaging(Protocol):
    """What the loop asks of an average."""

    def init(self, W: Parameters) -> State:
        """Its state before the first step. The first array of it is the mean, which is measured; it starts as a copy of W."""

    def update(self, state: State, W: Parameters, time: Time) -> None:
        """Takes the W after this step into the state, in place."""


@choice
class Polyak:
    """W̄ = the mean of W over all steps after the fraction `start` of them; before, the last W.

    Polyak & Juditsky, SIAM J. Control Optim. 30:838 (1992).
    """

    start: PerReplica = number(default=0.5, within="[0, 1)")

    def init(self, W: Parameters) -> State:
        return (W.copy(),)

    def update(self, state: State, W: Parameters, time: Time) -> None:
        mean = state[0]
        n = np.maximum(time.t - np.floor(self.start * time.T), 1)  # how many iterates the mean is of
        mean += (W - mean) / n


@choice
class Exponential:
    """W̄ ← ρ W̄ + (1 − ρ) W; ρ is `decay`."""

    decay: PerReplica = number(default=0.99, within="[0, 1)")

    def init(self, W: Parameters) -> State:
        return (W.copy(),)

    def update(self, state: State, W: Parameters, time: Time) -> None:
        mean = state[0]
        mean += (1 - self.decay) * (W - mean)


@choice
class SWA:
    """W̄ = the mean of the samples W, one `every` so many steps after the fraction `start` of them; before the first, the last W.

    Stochastic weight averaging (Izmailov et al., UAI 2018), under a constant rate or schedule=cyclic, whose cycles of length
    `every` after the same start end at the samples. `every` null: one sample an epoch. The weights at the start are no
    sample; in the paper's algorithm 1 they are. With every = 1 this is Polyak's average.
    """

    start: PerReplica = number(default=0.5, within="[0, 1)")
    every: int | None = None

    def __post_init__(self) -> None:
        check_every(self)

    def init(self, W: Parameters) -> State:
        return (W.copy(),)

    def update(self, state: State, W: Parameters, time: Time) -> None:
        take(state[0], W, *samples(self.start, self.every, time))


@choice
class SWAG:
    """SWA's mean W̄, and a covariance Σ = ½ diag(σ²) + D Dᵀ / (2 (K − 1)): σ² the variance of the samples, D their last K deviations.

    Each deviation is from the mean at that time; K is `rank`, or the number of samples while there are fewer. Maddox et al.,
    NeurIPS 2019. The mean is measured; the `Moments` are a snapshot's `averages`.
    """

    start: PerReplica = number(default=0.5, within="[0, 1)")
    every: int | None = None
    rank: int = integer(default=20, within="[2, inf)")

    def __post_init__(self) -> None:
        check_every(self)

    def init(self, W: Parameters) -> "Moments":
        R, _, P = W.shape
        return Moments(W.copy(), np.zeros_like(W), np.zeros((R, self.rank, P), W.dtype), np.zeros((R, 1, 1), int))

    def update(self, state: State, W: Parameters, time: Time) -> None:
        mean, variance, deviations, taken = state
        k, new = samples(self.start, self.every, time)
        from_old_mean = W - mean
        take(mean, W, k, new)
        from_new_mean = W - mean
        np.copyto(taken, k, where=new, casting="unsafe")  # a whole number, held as a real one
        np.copyto(variance, variance + (from_old_mean * from_new_mean - variance) / np.maximum(k, 1), where=new)
        rows = np.flatnonzero(np.broadcast_to(new, taken.shape))
        deviations[rows, (taken[rows, 0, 0] - 1) % self.rank] = from_new_mean[rows, 0]


class Moments(NamedTuple):
    """What SWAG knows of the samples of R networks.

    A draw of weights is W̄ + σ z₁ / √2 + D z₂ / √(2 (K − 1)), z₁ of P and z₂ of K standard normal numbers:

    >>> from backprop.training import Examples, Recipe, train
    >>> draw = np.random.default_rng(0)
    >>> data = Examples(draw.standard_normal((1, 64, 3)), np.eye(2)[draw.integers(2, size=(1, 64))], np.array([0]))
    >>> *_, last = train(Recipe(averaging=SWAG(rank=5), epochs=20, dtype="float64"), data, [0], {40})
    >>> mean, variance, D, taken = last.averages
    >>> taken.item(), D.shape == (1, 5, last.layout.count())
    (10, True)
    >>> K = min(taken.item(), D.shape[1])
    >>> z1, z2 = draw.standard_normal(mean.shape), draw.standard_normal((1, 1, K))
    >>> W = mean + np.sqrt(variance / 2) * z1 + z2 @ D[:, :K] / np.sqrt(2 * (K - 1))
    >>> [array.shape for array in last.layout.weights(W).arrays]
    [(1, 3, 128), (1, 128, 2)]
    """

    mean: Parameters
    variance: Parameters  # over n, not n − 1
    deviations: Float[Array, "R K P"]  # of the last K samples, in turn: the n-th is row (n − 1) mod K
    taken: Int[Array, "R 1 1"]  # samples so far


def check_every(average: SWA | SWAG) -> None:
    """Raises ValueError unless `every` is a whole number or None."""
    if average.every is not None and average.every < 1:
        raise ValueError(
            f"{type(average).__name__}.every is {average.every!r}; it must be a whole number of at least 1, or null for an epoch's steps."
        )


def samples(start: Any, every: int | None, time: Time) -> tuple[Any, Any]:
    """How many samples there have been so far, and whether the last step's W is one."""
    period = every or time.epoch
    passed = time.t - np.floor(start * time.T)
    k = passed // period
    return k, (k > 0) & (passed % period == 0)


def take(mean: Parameters, W: Parameters, k: Any, new: Any) -> None:
    """W̄ ← W̄ + (W − W̄) / k where W is the k-th sample; W̄ ← W before the first; else W̄ stays."""
    np.copyto(mean, mean + (W - mean) / np.maximum(k, 1), where=new | (k < 1))
