"""Losses J: the mean over examples of a cost summed over outputs. Targets are arrays; a class is its one-hot row."""

from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice

Outputs = Float[Array, "R B K"]


@runtime_checkable
class Loss(Protocol):
    """What the loop asks of a loss."""

    task: ClassVar[str]

    def __call__(self, z: Outputs, y: Outputs):
        """J, shape (R, 1, 1), and its pullback: () ↦ ∂J/∂z."""

    def error(self, z: Outputs, y: Outputs) -> Float[Array, "R B"]:
        """The error of each example, in the unit people quote."""


def squared_error(z: Outputs, y: Outputs):
    """J = (1/B) Σₙ ‖zₙ − yₙ‖²: the mean over examples of the sum over outputs, without ½."""

    def pullback():
        return r * (2 / z.shape[-2])

    r = z - y
    return (r * r).sum(axis=-1, keepdims=True).mean(axis=-2, keepdims=True), pullback


def softmax_cross_entropy(z: Outputs, y: Outputs):
    """J = −(1/B) Σₙ Σₖ yₙₖ log softmax(zₙ)ₖ, in nats; rows of y sum to one."""

    def pullback():
        return (p - y) / p.dtype.type(z.shape[-2])

    shifted = z - z.max(axis=-1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    cost = np.log(total) - (y * shifted).sum(axis=-1, keepdims=True)
    return cost.mean(axis=-2, keepdims=True), pullback


@choice
class SquaredError:
    """J = (1/B) Σₙ ‖zₙ − yₙ‖²; error: ‖zₙ − yₙ‖², in the target's unit squared."""

    task: ClassVar[str] = "regression"

    def __call__(self, z: Outputs, y: Outputs):
        return squared_error(z, y)

    def error(self, z: Outputs, y: Outputs) -> Float[Array, "R B"]:
        return ((z - y) ** 2).sum(axis=-1)


@choice
class SoftmaxCrossEntropy:
    """J = −(1/B) Σₙ Σₖ yₙₖ log softmax(zₙ)ₖ, in nats; error: 1 where the largest output is not the class, else 0."""

    task: ClassVar[str] = "classification"

    def __call__(self, z: Outputs, y: Outputs):
        return softmax_cross_entropy(z, y)

    def error(self, z: Outputs, y: Outputs) -> Float[Array, "R B"]:
        return (z.argmax(axis=-1) != y.argmax(axis=-1)).astype(z.dtype)
