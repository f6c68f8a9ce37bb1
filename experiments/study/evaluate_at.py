"""At which steps of training everything is measured. Step 0 and the last are always among them."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from backprop.choices import choice, integer, number, one_of

UNITS = ("epochs", "steps")
MOST = 10_000  # evaluations


@runtime_checkable
class EvaluateAt(Protocol):
    def __call__(self, total: int, per_epoch: int) -> list[int]:
        """The steps to measure at, from 0 to `total`, in order. Raises ValueError where they do not fit such a training."""

    def __hash__(self) -> int:
        """Cells share a stack only where they are measured at the same steps."""


@choice
class Geometric:
    """About `count` steps: dense early, sparse late.

    >>> Geometric(count=8)(total=1000, per_epoch=10)
    [0, 1, 3, 10, 32, 100, 316, 1000]
    """

    count: int = integer(default=25, within=f"[2, {MOST}]")

    def __call__(self, total: int, per_epoch: int) -> list[int]:
        return with_both_ends(np.geomspace(1, total, self.count - 1).tolist(), total)


@choice
class Even:
    """Every so many epochs, or steps.

    >>> Even(every=2)(total=15, per_epoch=3), Even(every=5, unit="steps")(total=12, per_epoch=3)
    ([0, 6, 12, 15], [0, 5, 10, 12])
    """

    every: float = number(default=1, within="(0, inf)")
    unit: str = one_of(default="epochs", options=UNITS)

    def __call__(self, total: int, per_epoch: int) -> list[int]:
        apart = self.every * (per_epoch if self.unit == "epochs" else 1)
        if total / apart > MOST:
            raise ValueError(
                f"evaluate_at.every is {self.every:g} {self.unit}, which makes {total / apart:,.0f} evaluations of {total:,} steps; "
                f"there may be {MOST:,}: make evaluate_at.every larger."
            )
        return with_both_ends((apart * np.arange(1, int(total / apart) + 1)).tolist(), total)


@choice
class Listed:
    """After the epochs, or steps, that are listed.

    >>> Listed(at=[1, 2, 10])(total=60, per_epoch=6), Listed(at=[1, 10], unit="steps")(total=60, per_epoch=6)
    ([0, 6, 12, 60], [0, 1, 10, 60])
    """

    at: tuple[float, ...] = (1, 10, 100)
    unit: str = one_of(default="epochs", options=UNITS)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", tuple(self.at))
        if not self.at or len(self.at) > MOST or not all(is_place(place) for place in self.at):
            raise ValueError(
                f"evaluate_at.at is {list(self.at)[:5]}; it must list 1 to {MOST:,} numbers of {self.unit}, of at least 0: [1, 2, 10]."
            )

    def __call__(self, total: int, per_epoch: int) -> list[int]:
        scale = per_epoch if self.unit == "epochs" else 1
        if max(self.at) * scale > total:
            raise ValueError(
                f"evaluate_at.at lists {max(self.at):g} {self.unit}, but training ends after {total / scale:g}; leave out what is "
                "later, or train longer (epochs)."
            )
        return with_both_ends([place * scale for place in self.at], total)


def is_place(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def with_both_ends(places: Sequence[float], total: int) -> list[int]:
    """The steps nearest to some places, in order, with the first and the last."""
    return sorted({0, total} | {int(step) for step in np.rint(places)})
