"""Cross-entropy with a penalty on confident answers."""

from dataclasses import field
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number
from backprop.losses.class_weights import RULE, ClassWeights, check_class_weights, check_count, weighted
from backprop.losses.classes import log_softmax, misclassified
from backprop.losses.cross_entropy import SoftmaxCrossEntropy, softmax_cross_entropy
from backprop.losses.loss import Outputs, PerExample
from backprop.schedules import Schedule


def penalized_cross_entropy(z: Outputs, y: Outputs, strength: PerReplica):
    """cₙ = −log p of the class − β H, p = softmax(z), H = −Σ p log p; ∂J/∂z = (p − y − β p (−log p − H)) / B."""

    def pullback():
        return (p - y + strength * p * (logs + H)) / z.dtype.type(z.shape[-2])

    logs = log_softmax(z)
    p = np.exp(logs)
    H = -(p * logs).sum(axis=-1, keepdims=True)
    return -(y * logs).sum(axis=-1, keepdims=True) - strength * H, pullback


@choice
class ConfidencePenalty:
    """J = −(1/B) Σₙ (log pₙ of the class + β H(pₙ)), pₙ = softmax(zₙ), H its entropy, in nats; β is `strength`.

    Error: 1 where the largest output is not the class, else 0. The reported loss is plain cross-entropy: β = 0 and no
    `class_weights`. Pereyra et al., Regularizing Neural Networks by Penalizing Confident Output Distributions, 2017.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "softmax"
    strength: PerReplica = number(default=0.1, within="[0, inf)", scheduled=True)
    class_weights: ClassWeights = field(default="none", metadata=RULE)
    schedule: Schedule | None = None

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        check_count(self, y.shape[1])
        return y

    def __call__(self, z: Outputs, y: Outputs):
        return weighted(self.class_weights, y, *penalized_cross_entropy(z, y, self.strength))

    @property
    def reported(self) -> SoftmaxCrossEntropy:
        return SoftmaxCrossEntropy()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return softmax_cross_entropy(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return misclassified(z, y)
