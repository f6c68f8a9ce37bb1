"""The hinge of several classes: what counts is the margin to the strongest other class, up to 1."""

from dataclasses import field
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice
from backprop.losses.class_weights import RULE, ClassWeights, check_class_weights, check_count, weighted
from backprop.losses.classes import misclassified
from backprop.losses.loss import Outputs, PerExample


def hinge(z: Outputs, y: Outputs):
    """cₙ = max(0, 1 − mₙ), m = z of the class − the largest other z; ∂J/∂z = (the rival's one-hot row − y) / B where m < 1.

    At m = 1 the gradient is 0; of several largest others the first is the rival. Where z is complex, the real part decides.
    """

    def pullback():
        dz = -y * short
        np.put_along_axis(dz, rival, short, axis=-1)
        return dz.astype(z.dtype) / z.dtype.type(z.shape[-2])

    true = y > 0.5
    rival = np.where(true, -np.inf, z.real).argmax(axis=-1, keepdims=True)
    margin = np.where(true, z, 0).sum(axis=-1, keepdims=True) - np.take_along_axis(z, rival, axis=-1)
    short = ~(margin.real >= 1)  # so that NaN shows
    return np.where(short, 1 - margin, 0), pullback


@choice
class Hinge:
    """J = (1/B) Σₙ max(0, 1 + max over k ≠ yₙ of zₙₖ − zₙ,yₙ): no cost where the class leads by 1 or more.

    With two classes it is max(0, 1 − t d), the ordinary hinge of the difference d = z₁ − z₀ with t = 1 for the second class
    and −1 for the first. Error: 1 where the largest output is not the class, else 0. Crammer & Singer, JMLR 2:265, 2001. The
    reported loss has no `class_weights`.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "none"
    of_one_class: ClassVar[bool] = True  # mixed targets have no place in its formula
    class_weights: ClassWeights = field(default="none", metadata=RULE)

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        check_count(self, y.shape[1])
        return y

    def __call__(self, z: Outputs, y: Outputs):
        return weighted(self.class_weights, y, *hinge(z, y))

    @property
    def reported(self) -> "Hinge":
        return Hinge()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return hinge(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return misclassified(z, y)
