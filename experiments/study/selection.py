"""Which step of a training curve counts. Every rule is recorded for every cell; the study's own is the one reported."""

from collections.abc import Collection
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.measures.measure import Measure
from backprop.measures.scaled_loss import ScaledLoss
from backprop.measures.validation_halves import ValidationHalves
from reports.schema import VALIDATION_ROWS


@runtime_checkable
class Selection(Protocol):
    """A class of your own may list in `needs` the parts that must have rows for it, and in `measures` what must be measured."""

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
    """Early stopping: the evaluation with the least validation loss (or error, or `scaled_loss`), the first if several tie.

    `rows`: on all validation rows, or on one half of them, so that the other half can choose strengths (`study.choose_on`). What it goes
    by is measured without being asked for.
    """

    needs: ClassVar[tuple[str, ...]] = ("validation",)
    by: str = one_of(default="loss", options=("loss", "error", "scaled_loss"))
    rows: str = one_of(default="all", options=tuple(VALIDATION_ROWS))

    def __call__(self, curves: dict[str, Float[Array, "T S"]]) -> Int[Array, " S"]:
        return first_minimum(curves[f"{VALIDATION_ROWS[self.rows]}/{self.by}"])

    @property
    def measures(self) -> tuple[Measure, ...]:
        in_halves = self.rows != "all"
        scaled = (ScaledLoss(halves=in_halves),) if self.by == "scaled_loss" else ()
        return (*scaled, *((ValidationHalves(),) if in_halves else ()))


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
