"""Averaged iterates: the weights that are measured are a mean over the path, the weights that are trained are not."""

from typing import Protocol, runtime_checkable

import numpy as np

from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.layout import Parameters


@runtime_checkable
class Averaging(Protocol):
    def update(self, mean: Parameters, W: Parameters, t: int, T: int) -> None:
        """Takes the W after step t of T into the mean, in place; before the first step the mean is W."""


@choice
class Polyak:
    """W̄ = the mean of W over all steps after the fraction `start` of them; before, the last W.

    Polyak & Juditsky, SIAM J. Control Optim. 30:838 (1992).
    """

    start: PerReplica = number(default=0.5, within="[0, 1)")

    def update(self, mean: Parameters, W: Parameters, t: int, T: int) -> None:
        n = np.maximum(t - np.floor(self.start * T), 1)  # how many iterates the mean is of
        mean += (W - mean) / n


@choice
class Exponential:
    """W̄ ← ρ W̄ + (1 − ρ) W; ρ is `decay`."""

    decay: PerReplica = number(default=0.99, within="[0, 1)")

    def update(self, mean: Parameters, W: Parameters, t: int, T: int) -> None:
        mean += (1 - self.decay) * (W - mean)
