"""What the loop asks of a loss, and what is measured of it."""

from collections.abc import Callable
from typing import ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop import kernels
from backprop.arrays import Array

Outputs: TypeAlias = Float[Array, "R B K"]
PerExample: TypeAlias = Float[Array, "R B 1"]
Pullback: TypeAlias = Callable[[], Outputs]


@runtime_checkable
class Loss(Protocol):
    """A mean J over examples, and two things that are reported of each example: its cost and its error.

    With `of_one_class` true it takes one-hot rows alone, and an augmentation that mixes targets is refused.
    """

    task: ClassVar[str]
    link: ClassVar[str]  # what makes probabilities of classes of the outputs: a name of `probabilities.LINKS`

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        """The targets in the form that this loss compares with the outputs. Raises ValueError where it does not fit them."""

    def __call__(self, z: Outputs, y: Outputs):
        """What is descended: J, shape (R, 1, 1), and its pullback, () ↦ ∂J/∂z."""

    @property
    def reported(self) -> "Loss":
        """The loss without whatever is only for training: its J is the mean of `cost`."""

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        """What is reported as the loss of each example: J without whatever is only for training."""

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        """The error of each example, in the unit people quote."""


def mean(cost: PerExample) -> Float[Array, "R 1 1"]:
    J = np.empty_like(cost[:, :1])
    kernels.column_sums(cost, 1 / cost.shape[-2], J)
    return J
