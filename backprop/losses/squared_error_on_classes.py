"""Classes by least squares: the outputs are to be the one-hot rows themselves."""

from dataclasses import field
from typing import ClassVar

from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice
from backprop.losses.class_weights import RULE, ClassWeights, check_class_weights, check_count, weighted
from backprop.losses.classes import misclassified
from backprop.losses.loss import Outputs, PerExample
from backprop.losses.squared_error import squared_error


@choice
class SquaredErrorOnClasses:
    """J = (1/B) Σₙ ‖zₙ − yₙ‖², yₙ the one-hot row of the class, without ½: least squares on linear outputs.

    Error: 1 where the largest output is not the class, else 0. The best z is p(class | x), but nothing holds an output in
    [0, 1]. The reported loss has no `class_weights`. Against cross-entropy: Hui & Belkin, ICLR 2021.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "none"
    class_weights: ClassWeights = field(default="none", metadata=RULE)

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        check_count(self, y.shape[1])
        return y

    def __call__(self, z: Outputs, y: Outputs):
        return weighted(self.class_weights, y, *squared_error(z, y))

    @property
    def reported(self) -> "SquaredErrorOnClasses":
        return SquaredErrorOnClasses()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return squared_error(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return misclassified(z, y)
