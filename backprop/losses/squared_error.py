"""The squared error of values."""

from typing import ClassVar

from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice
from backprop.losses.loss import Outputs, PerExample, mean


def squared_error(z: Outputs, y: Outputs):
    """cₙ = ‖zₙ − yₙ‖², without ½; ∂J/∂z = 2 (z − y) / B."""

    def pullback():
        return r * (2 / z.shape[-2])

    r = z - y
    return (r * r).sum(axis=-1, keepdims=True), pullback


@choice
class SquaredError:
    """J = (1/B) Σₙ ‖zₙ − yₙ‖²; error: ‖zₙ − yₙ‖², in the target's unit squared."""

    task: ClassVar[str] = "regression"
    link: ClassVar[str] = "none"

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        return y

    def __call__(self, z: Outputs, y: Outputs):
        cost, pullback = squared_error(z, y)
        return mean(cost), pullback

    @property
    def reported(self) -> "SquaredError":
        return self

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return squared_error(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return squared_error(z, y)[0]
