"""The noise of stochastic gradient descent near a minimum, and what is left of it in a mean of iterates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.averaging import SWA, Time
from backprop.choices import choice, integer, number
from backprop.optimizers import SGD, Step
from backprop.randomness import Streams
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves

COORDINATES = 2000  # independent ones of every seed, whose squares are averaged
POINTS = 25  # of a curve, evenly spaced in the logarithm of the step


@choice
class AveragedNoise:
    """w ← w − ηh (w + ξ) with ξ ~ N(0, 1): descent on ½ h w² with noise of standard deviation h on its gradient.

    Started where it has settled, the last iterate keeps the variance γ = ηh / (2 − ηh); ηh is `relative_rate`. The mean of K
    iterates, one `every` so many steps, φ = (1 − ηh)^every apart in correlation, has γ/K ((1 + φ)/(1 − φ) − 2φ (1 − φᴷ) / (K (1 − φ)²)):
    of all iterates about 1/K, whatever the rate is (Polyak & Juditsky, SIAM J. Control Optim. 30:838, 1992), which for noise c/B
    and curvature h is c / (B h² K). Measured with the optimiser and the average themselves: `variance` of mean and last
    iterate, both over exact ones (`ratio`), and times the number of steps (`in_iterates`). The dataset is not used.
    """

    relative_rate: float = number(default=0.2, within="(0, 2)")
    every: int = integer(default=1, within="[1, inf)")
    steps: int = integer(default=1500, within="[1, 100000]")

    def check(self, dataset: Dataset) -> None:
        """Any dataset will do."""

    def names(self, dataset: Dataset) -> list[str]:
        variances = ["variance/mean", "variance/last"]
        return [*variances, *(f"theory/{name}" for name in variances), "ratio/mean", "ratio/last", "in_iterates"]

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        at = self.measured()
        found = np.array([[(w * w).mean(axis=(-2, -1)) for w in pair] for pair in self.descend(seeds, at)])
        exact = np.array([[self.of_mean(t // self.every), self.settled] for t in at])[..., None]
        mean, last = found[:, 0], found[:, 1]
        ratios = found / exact
        theory = np.broadcast_to(exact, found.shape)
        metrics = {
            "variance/mean": mean,
            "variance/last": last,
            "theory/variance/mean": theory[:, 0],
            "theory/variance/last": theory[:, 1],
            "ratio/mean": ratios[:, 0],
            "ratio/last": ratios[:, 1],
            "in_iterates": mean * np.array(at)[:, None],
        }
        return untrained_curves(seeds, at, metrics)

    @property
    def settled(self) -> float:
        """γ."""
        return self.relative_rate / (2 - self.relative_rate)

    def of_mean(self, K: int) -> float:
        """The variance of the mean of K iterates."""
        phi = (1 - self.relative_rate) ** self.every
        return self.settled / K * ((1 + phi) / (1 - phi) - 2 * phi * (1 - phi**K) / (K * (1 - phi) ** 2))

    def measured(self) -> list[int]:
        """The steps that are measured: those of samples, few at first."""
        last = max(self.steps // self.every, 1)
        return sorted({self.every * int(k) for k in np.geomspace(1, last, POINTS).round()})

    def descend(self, seeds: Sequence[int], at: Sequence[int]) -> "list[Pair]":
        """The mean and the last iterate of every coordinate at these steps."""
        optimizer, average = SGD(), SWA(start=0.0, every=self.every)
        noise = Streams(seeds, "gradients")
        W = self.settled**0.5 * Streams(seeds, "init").normal(1, COORDINATES, np.dtype(float))
        state, pairs = average.init(W), []
        for t in range(1, at[-1] + 1):
            gradient = W + noise.normal(1, COORDINATES, W.dtype)
            optimizer.update(W, gradient, (), Step(t, self.relative_rate, COORDINATES, np.copy, np.square))
            average.update(state, W, Time(t, at[-1], 1))
            if t in at:
                pairs.append(Pair(state[0].copy(), W.copy()))
        return pairs


class Pair(NamedTuple):
    mean: Float[Array, "S 1 P"]
    last: Float[Array, "S 1 P"]
