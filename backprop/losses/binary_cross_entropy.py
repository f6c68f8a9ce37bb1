"""The cross-entropy of one output for two classes."""

from dataclasses import field
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice
from backprop.losses.class_weights import RULE, ClassWeights, check_class_weights, check_count, weighted
from backprop.losses.loss import Outputs, PerExample


def binary_cross_entropy(z: Outputs, y: Outputs):
    """cₙ = Σₖ log(1 + e^zₙₖ) − yₙₖ zₙₖ, in nats: −log σ(z) where y is 1; ∂J/∂z = (σ(z) − y) / B."""

    def pullback():
        return (0.5 * (1 + np.tanh(0.5 * z)) - y) / z.dtype.type(z.shape[-2])

    softplus = np.maximum(z, 0) + np.log1p(np.exp(-np.where(z > 0, z, -z)))
    return (softplus - y * z).sum(axis=-1, keepdims=True), pullback


@choice
class BinaryCrossEntropy:
    """J = −(1/B) Σₙ log p(yₙ | zₙ), p(1 | z) = σ(z), in nats: two classes, one output. Error: 1 on the wrong side of 0.

    The same model as softmax with two outputs, of which it is the difference. The reported loss has no `class_weights`.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "softmax"  # of the outputs 0 and z
    class_weights: ClassWeights = field(default="none", metadata=RULE)

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        if y.shape[1] != 2:
            raise ValueError(f"loss is BinaryCrossEntropy, which is for two classes; these data have {y.shape[1]}.")
        check_count(self, 2)
        return y[:, 1:]

    def __call__(self, z: Outputs, y: Outputs):
        return weighted(self.class_weights, y, *binary_cross_entropy(z, y))

    @property
    def reported(self) -> "BinaryCrossEntropy":
        return BinaryCrossEntropy()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return binary_cross_entropy(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return ((z > 0) != (y > 0.5)).any(axis=-1, keepdims=True).astype(z.dtype)
