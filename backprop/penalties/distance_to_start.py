"""The distance to where training started."""

from dataclasses import replace
from typing import Any

from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of
from backprop.layout import Weights
from backprop.penalties.penalty import METHODS, Cost
from backprop.schedules import Schedule

Start = Float[Array, "R 1 Q"]


@choice
class DistanceToStart:
    """½ λ ‖W − W₀‖², W₀ the initial weights, whose gradient is λ (W − W₀): each step goes back by a factor.

    Every replica has a W₀ of its own. L2-SP for W₀ from another task (Li, Grandvalet & Davoine, ICML 2018); for random ones, Hu, Li & Yu,
    ICLR 2020.
    """

    strength: PerReplica = number(default=0.0, within="[0, inf)", scheduled=True)
    method: str = one_of(default="gradient", options=METHODS)
    biases: bool = False
    schedule: Schedule | None = None
    start: Start | None = None  # W₀, which `from_start` sets

    def from_start(self, W: Weights) -> "DistanceToStart":
        return replace(self, start=W.flat.copy())

    def value(self, W: Weights) -> Cost:
        return 0.5 * self.strength * (self.way(W) ** 2).sum(axis=-1, keepdims=True)

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        g.flat[...] += scale * self.strength * self.way(W)

    def proximal(self, W: Weights, c: Any) -> None:
        a = c * self.strength
        W.flat[...] -= a / (1 + a) * self.way(W)

    def way(self, W: Weights) -> Start:
        """W − W₀. Raises ValueError where no start is known."""
        if self.start is None:
            raise ValueError(
                "DistanceToStart has not seen the initial weights; backprop.penalties.from_start(penalty, W) shows them "
                "to it, as `train` does."
            )
        return W.flat - self.start
