"""Which step of a training curve counts. Every rule is recorded for every cell; the study's own is the one reported."""

from collections.abc import Collection
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.choices import choice, one_of


@runtime_checkable
class Selection(Protocol):
    """A class of your own may list in `needs` the parts that must have rows for it."""

    def __call__(self, curves: dict[str, Float[Array, "T S"]]) -> Int[Array, " S"]:
        """For each of S seeds, the index of the evaluation (of T) that counts."""


@choice
class Last:
    """The last step: no selection."""

    def __call__(self, curves: dict[str, Float[Array, "T S"]]) -> Int[Array, " S"]:
        T, S = next(iter(curves.values())).shape
        return np.full(S, T - 1)


@choice
class BestValidation:
    """Early stopping: the evaluation with the least validation loss (or error), the first if several tie."""

    needs: ClassVar[tuple[str, ...]] = ("validation",)
    by: str = one_of(default="loss", options=("loss", "error"))

    def __call__(self, curves: dict[str, Float[Array, "T S"]]) -> Int[Array, " S"]:
        return first_minimum(curves[f"validation/{self.by}"])


@choice
class Oracle:
    """The evaluation with the least test error, to show what selecting on the test set would have claimed. Never a result."""

    needs: ClassVar[tuple[str, ...]] = ("test",)

    def __call__(self, curves: dict[str, Float[Array, "T S"]]) -> Int[Array, " S"]:
        return first_minimum(curves["test/error"])


AT_ONCE = (Last, BestValidation, Oracle)  # rules that take an evaluation when it comes, or never
RULES: dict[str, Selection] = {"last": Last(), "best_validation": BestValidation(), "oracle": Oracle()}


def rules_for(parts: Collection[str]) -> dict[str, Selection]:
    """The recorded rules of an experiment whose parts with rows are these.

    >>> list(rules_for(["train", "test"]))
    ['last', 'oracle']
    """
    return {name: rule for name, rule in RULES.items() if set(getattr(rule, "needs", ())) <= set(parts)}


def first_minimum(curve: Float[Array, "T S"]) -> Int[Array, " S"]:
    return np.where(np.isfinite(curve), curve, np.inf).argmin(axis=0)
