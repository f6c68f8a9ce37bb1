"""What the loop asks of a penalty."""

from typing import Any, Protocol, TypeAlias, runtime_checkable

from jaxtyping import Float

from backprop.arrays import Array
from backprop.layout import Weights

Cost: TypeAlias = Float[Array, "R 1 1"]
METHODS = ("gradient", "proximal", "decoupled")


@runtime_checkable
class Penalty(Protocol):
    """A cost on the weights, with two ways to descend it; W may be complex in `value` and `add_gradient`.

    With a field `biases` that is true, its W is the weights and the biases.
    """

    @property
    def method(self) -> str: ...

    def value(self, W: Weights) -> Cost: ...

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        """g ← g + c ∂penalty/∂W, c the `scale`, in place."""

    def proximal(self, W: Weights, c: Any) -> None:
        """W ← argmin_U ½‖U − W‖² + c·penalty(U), in place."""


@runtime_checkable
class FromStart(Protocol):
    """A penalty that depends on where training starts."""

    def from_start(self, W: Weights) -> Penalty:
        """The penalty of networks that start at these weights, which go on changing: copy what is needed."""


def from_start(penalty: Penalty | None, W: Weights) -> Penalty | None:
    """The penalty as it is from this start: itself, unless it depends on the start."""
    return penalty.from_start(W) if isinstance(penalty, FromStart) else penalty
