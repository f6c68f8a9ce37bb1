"""The cross-entropy of the softmax, with label smoothing."""

from dataclasses import field
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from backprop import kernels
from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number
from backprop.losses.class_weights import RULE, ClassWeights, check_class_weights, check_count, weighted
from backprop.losses.classes import misclassified
from backprop.losses.loss import Outputs, PerExample
from backprop.schedules import Schedule


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


@choice
class SoftmaxCrossEntropy:
    """J = −(1/B) Σₙ Σₖ ỹₙₖ log softmax(zₙ)ₖ, ỹ = (1 − ε) y + ε / K, in nats; ε is `smoothing`.

    Error: 1 where the largest output is not the class, else 0. The reported loss has ε = 0 and no `class_weights`. Label
    smoothing: Szegedy et al., CVPR 2016, section 7.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "softmax"
    smoothing: PerReplica = number(default=0.0, within="[0, 1)", scheduled=True)
    class_weights: ClassWeights = field(default="none", metadata=RULE)
    schedule: Schedule | None = None

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        check_count(self, y.shape[1])
        return y

    def __call__(self, z: Outputs, y: Outputs):
        smooth = self.smoothed(y) if self.smooths else y
        return weighted(self.class_weights, y, *softmax_cross_entropy(z, smooth))

    @cached_property
    def smooths(self) -> bool:
        return bool(np.any(self.smoothing))

    def smoothed(self, y: Outputs) -> Outputs:
        return (1 - self.smoothing) * y + self.smoothing / y.shape[-1]

    @property
    def reported(self) -> "SoftmaxCrossEntropy":
        return SoftmaxCrossEntropy()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return softmax_cross_entropy(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return misclassified(z, y)
