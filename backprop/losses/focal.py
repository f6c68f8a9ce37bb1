"""The focal loss: examples that are already right count less."""

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


def focal(z: Outputs, y: Outputs, focusing: PerReplica):
    """cₙ = −q^γ log p, p = softmax(z) of the class, q = 1 − p; ∂J/∂z = q^γ (1 + γ p (−log p) / q) (softmax(z) − y) / B.

    q is the sum over the other classes, not 1 − p, which is 0 to rounding long before q is; (−log p) / q is 1 at q = 0.
    """

    def pullback():
        ratio = np.where(q == 0, 1, -log_p / np.where(q == 0, 1, q))
        return faded * (1 + focusing * p * ratio) * (softmax - y) / z.dtype.type(z.shape[-2])

    logs = log_softmax(z)
    softmax = np.exp(logs)
    p, q = (softmax * y).sum(axis=-1, keepdims=True), (softmax * (1 - y)).sum(axis=-1, keepdims=True)
    sure = q.real < 0.5
    log_p = np.where(sure, np.log1p(-np.where(sure, q, 0)), (logs * y).sum(axis=-1, keepdims=True))
    faded = q**focusing
    return -faded * log_p, pullback


@choice
class Focal:
    """J = −(1/B) Σₙ (1 − pₙ)^γ log pₙ, pₙ = softmax(zₙ) of the class, in nats; γ is `focusing`, and 0 is cross-entropy.

    Error: 1 where the largest output is not the class, else 0. The reported loss has γ = 0, so that cells of different γ compare,
    and no `class_weights`. Lin et al., ICCV 2017.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "softmax"
    of_one_class: ClassVar[bool] = True  # mixed targets have no place in its formula
    focusing: PerReplica = number(default=2.0, within="[0, inf)")
    class_weights: ClassWeights = field(default="none", metadata=RULE)

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        check_count(self, y.shape[1])
        return y

    def __call__(self, z: Outputs, y: Outputs):
        return weighted(self.class_weights, y, *focal(z, y, self.focusing))

    @property
    def reported(self) -> SoftmaxCrossEntropy:
        return SoftmaxCrossEntropy()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return softmax_cross_entropy(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return misclassified(z, y)
