"""The interface of a measure: what it sees of a stack of networks, and what it must say of itself before training."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.layout import Layout, Parameters
from backprop.losses import Loss
from backprop.metrics import Whole
from backprop.training import Examples, Recipe

WHEN = ("evaluations", "end")  # at every evaluation, or after the last step only


class Subject(NamedTuple):
    """What is known before training: the layers, the loss, and what the data's columns are called."""

    layout: Layout
    loss: Loss
    features: tuple[str, ...]  # of the network's inputs
    outputs: tuple[str, ...]  # of classes, or of target values
    parts: tuple[str, ...]  # those of train, validation and test that have rows


class Observation(NamedTuple):
    """R networks at one step, all noise off. The arrays go on changing with training: measure now, or copy."""

    recipe: Recipe  # its numbers are (R, 1, 1); scheduled ones are those of this step
    layout: Layout
    parameters: Parameters
    initial: Parameters  # what training began with
    examples: Examples  # the training examples
    data: Sequence[Whole]  # all parts, by seed
    of: Int[Array, " R"]  # the number of each network's data
    step: int
    learning_rate: Float[Array, "R 1 1"]  # of that step

    @property
    def parts(self) -> tuple[str, ...]:
        """Those of train, validation and test that have rows."""
        return tuple(name for name, rows in self.data[0].rows.items() if rows.stop > rows.start)


@runtime_checkable
class Measure(Protocol):
    """One value per network under each of its names, which are columns of the record."""

    @property
    def when(self) -> str:
        """One of WHEN."""

    def names(self, subject: Subject) -> tuple[str, ...]:
        """The names of its values, known before training; none where it has nothing to say of such networks.

        Raises ValueError where it was not meant to be asked.
        """

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        """The values, under exactly these names; NaN for a network that has diverged."""
