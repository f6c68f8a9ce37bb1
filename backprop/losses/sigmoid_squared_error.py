"""Classes by sigmoid outputs and the squared error: the quadratic cost of older textbooks."""

from dataclasses import field
from typing import ClassVar

from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice
from backprop.losses.class_weights import RULE, ClassWeights, check_class_weights, check_count, weighted
from backprop.losses.classes import misclassified
from backprop.losses.loss import Outputs, PerExample
from backprop.losses.squared_error import squared_error
from backprop.operations import sigmoid


def sigmoid_squared_error(z: Outputs, y: Outputs):
    """cₙ = ‖σ(zₙ) − yₙ‖², without ½; ∂J/∂z = 2 (a − y) a (1 − a) / B with a = σ(z)."""

    def pullback():
        return to_z(to_a())

    a, to_z = sigmoid(z)
    cost, to_a = squared_error(a, y)
    return cost, pullback


@choice
class SigmoidSquaredError:
    """J = (1/B) Σₙ ‖σ(zₙ) − yₙ‖², yₙ the one-hot row of the class: each class's Brier score, summed over the classes.

    Error: 1 where the largest output is not the class, else 0. Its gradient has the factor σ′(z), so that an output far on the
    wrong side learns slowly. Twice the quadratic cost of Nielsen, Neural Networks and Deep Learning (2015), chapter 1, which
    has ½. The reported loss has no `class_weights`.
    """

    task: ClassVar[str] = "classification"
    link: ClassVar[str] = "sigmoid"
    class_weights: ClassWeights = field(default="none", metadata=RULE)

    def __post_init__(self) -> None:
        check_class_weights(self)

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        check_count(self, y.shape[1])
        return y

    def __call__(self, z: Outputs, y: Outputs):
        return weighted(self.class_weights, y, *sigmoid_squared_error(z, y))

    @property
    def reported(self) -> "SigmoidSquaredError":
        return SigmoidSquaredError()

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return sigmoid_squared_error(z, y)[0]

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return misclassified(z, y)
