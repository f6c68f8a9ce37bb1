"""Optimisers turn a gradient into a step on the one parameter array, in place."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.network import Parameters


@runtime_checkable
class Optimizer(Protocol):
    """What the loop asks of an optimiser."""

    def start(self, W: Parameters) -> tuple[Parameters, ...]:
        """Its averages before the first step."""

    def step(self, W: Parameters, g: Parameters, averages: tuple[Parameters, ...]) -> None:
        """One update of W and of the averages, in place."""

    def stationary_step(self) -> Any:
        """How far W moves, in total, for a unit of gradient: the step size a proximal method needs."""


@choice
class SGD:
    """W ← W − η g."""

    learning_rate: PerReplica = number(default=0.1, within="(0, inf)")

    def start(self, W: Parameters) -> tuple[Parameters, ...]:
        return ()

    def step(self, W: Parameters, g: Parameters, averages: tuple[Parameters, ...]) -> None:
        W -= self.learning_rate * g

    def stationary_step(self) -> Any:
        return self.learning_rate


@choice
class Momentum:
    """v ← μ v + g; W ← W − η v: Polyak's heavy ball (1964), in the form of Sutskever et al. with η outside v.

    PyTorch's SGD(momentum=μ, dampening=0) is the same. Texts that write v ← μ v − η g; W ← W + v agree while η is constant.
    """

    learning_rate: PerReplica = number(default=0.1, within="(0, inf)")
    momentum: PerReplica = number(default=0.9, within="[0, 1)")

    def start(self, W: Parameters) -> tuple[Parameters, ...]:
        return (np.zeros_like(W),)

    def step(self, W: Parameters, g: Parameters, averages: tuple[Parameters, ...]) -> None:
        (v,) = averages
        v *= self.momentum
        v += g
        W -= self.learning_rate * v

    def stationary_step(self) -> Any:
        return self.learning_rate / (1 - self.momentum)
