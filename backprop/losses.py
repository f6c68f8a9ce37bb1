"""Losses J: the mean over examples of a cost summed over outputs. Targets are arrays; a class is its one-hot row."""

from functools import cached_property
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop import kernels
from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number

Outputs = Float[Array, "R B K"]
PerExample = Float[Array, "R B 1"]


@runtime_checkable
class Loss(Protocol):
    """What the loop asks of a loss, and what is measured of it."""

    task: ClassVar[str]

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        """The targets in the form that this loss compares with the outputs."""

    def __call__(self, z: Outputs, y: Outputs):
        """What is descended: J, shape (R, 1, 1), and its pullback, () ↦ ∂J/∂z."""

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        """What is reported as the loss of each example: J without whatever is only for training."""

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        """The error of each example, in the unit people quote."""


def mean(cost: PerExample) -> Float[Array, "R 1 1"]:
    J = np.empty_like(cost[:, :1])
    kernels.column_sums(cost, 1 / cost.shape[-2], J)
    return J


def squared_error(z: Outputs, y: Outputs):
    """cₙ = ‖zₙ − yₙ‖², without ½; ∂J/∂z = 2 (z − y) / B."""

    def pullback():
        return r * (2 / z.shape[-2])

    r = z - y
    return (r * r).sum(axis=-1, keepdims=True), pullback


def softmax_cross_entropy(z: Outputs, y: Outputs):
    """cₙ = −Σₖ yₙₖ log softmax(zₙ)ₖ, in nats, rows of y summing to one; ∂J/∂z = (softmax(z) − y) / B."""

    def pullback():
        dz = np.empty_like(p)
        kernels.scaled_difference(p, y, p.dtype.type(1 / z.shape[-2]), dz)
        return dz

    shifted, cost = np.empty_like(z), np.empty_like(z[..., :1])
    kernels.shift_scores(z, y, shifted, cost)
    p = np.exp(shifted, out=shifted)
    kernels.normalise_scores(p, cost)
    return cost, pullback


def binary_cross_entropy(z: Outputs, y: Outputs):
    """cₙ = Σₖ log(1 + e^zₙₖ) − yₙₖ zₙₖ, in nats: −log σ(z) where y is 1; ∂J/∂z = (σ(z) − y) / B."""

    def pullback():
        return (0.5 * (1 + np.tanh(0.5 * z)) - y) / z.dtype.type(z.shape[-2])

    softplus = np.maximum(z, 0) + np.log1p(np.exp(-np.where(z > 0, z, -z)))
    return (softplus - y * z).sum(axis=-1, keepdims=True), pullback


@choice
class SquaredError:
    """J = (1/B) Σₙ ‖zₙ − yₙ‖²; error: ‖zₙ − yₙ‖², in the target's unit squared."""

    task: ClassVar[str] = "regression"

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        return y

    def __call__(self, z: Outputs, y: Outputs):
        cost, pullback = squared_error(z, y)
        return mean(cost), pullback

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return squared_error(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return squared_error(z, y)[0]


@choice
class SoftmaxCrossEntropy:
    """J = −(1/B) Σₙ Σₖ ỹₙₖ log softmax(zₙ)ₖ, ỹ = (1 − ε) y + ε / K, in nats; ε is `smoothing`.

    Error: 1 where the largest output is not the class, else 0. The reported loss has ε = 0. Label smoothing: Szegedy
    et al., CVPR 2016, section 7.
    """

    task: ClassVar[str] = "classification"
    smoothing: PerReplica = number(default=0.0, within="[0, 1)")

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        return y

    def __call__(self, z: Outputs, y: Outputs):
        smooth = self.smoothed(y) if self.smooths else y
        cost, pullback = softmax_cross_entropy(z, smooth)
        return mean(cost), pullback

    @cached_property
    def smooths(self) -> bool:
        return bool(np.any(self.smoothing))

    def smoothed(self, y: Outputs) -> Outputs:
        return (1 - self.smoothing) * y + self.smoothing / y.shape[-1]

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return softmax_cross_entropy(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        error = np.empty_like(z[..., :1])
        kernels.misclassified(z, y, error)
        return error


@choice
class BinaryCrossEntropy:
    """J = −(1/B) Σₙ log p(yₙ | zₙ), p(1 | z) = σ(z), in nats: two classes, one output. Error: 1 on the wrong side of 0.

    The same model as softmax with two outputs, of which it is the difference.
    """

    task: ClassVar[str] = "classification"

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        if y.shape[1] != 2:
            raise ValueError(f"loss is BinaryCrossEntropy, which is for two classes; these data have {y.shape[1]}.")
        return y[:, 1:]

    def __call__(self, z: Outputs, y: Outputs):
        cost, pullback = binary_cross_entropy(z, y)
        return mean(cost), pullback

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return binary_cross_entropy(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return ((z > 0) != (y > 0.5)).any(axis=-1, keepdims=True).astype(z.dtype)
