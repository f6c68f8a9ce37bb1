"""Examples that count more than others: a weight of 2 is the example twice, a weight of 0 leaves it out.

That holds to the last step only where all examples are one minibatch, and no draw is made for each: what is else is refused.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.batches import InOrder, WithReplacement
from backprop.choices import choice
from backprop.losses import Loss
from backprop.losses.class_weights import balance
from backprop.losses.loss import Outputs, PerExample, mean
from backprop.training import Recipe


@choice
class Weighted:
    """J = (1/n) Σₙ wₙ cₙ over all n examples in their order, cₙ the costs of another loss."""

    loss: Loss
    weights: Float[Array, "1 n 1"]

    @property
    def task(self) -> str:
        return self.loss.task

    @property
    def link(self) -> str:
        return self.loss.link

    def targets(self, y: Float[Array, "N K"]) -> Float[Array, "N K2"]:
        return self.loss.targets(y)

    def __call__(self, z: Outputs, y: Outputs):
        def pullback():
            return self.weights * to_z()

        _, to_z = self.loss(z, y)
        return mean(self.weights * self.cost(z, y)), pullback

    @property
    def reported(self) -> Loss:
        return self.loss.reported

    def cost(self, z: Outputs, y: Outputs) -> PerExample:
        return self.loss.cost(z, y)

    def error(self, z: Outputs, y: Outputs) -> PerExample:
        return self.loss.error(z, y)


def weighted(recipe: Recipe, y: Float[Array, "n K"], weights: Float[Array, " n"]) -> Recipe:
    """The recipe with examples of these weights, divided by their mean, and times those of their classes. Raises ValueError.

    Class weights that are balanced count an example as often as its weight says.
    """
    check_exact(recipe, len(y))
    if not (weights >= 0).all() or not weights.any():
        raise ValueError("sample_weight must be at least 0 for every example, and more than that for some.")
    w = (weights / weights.mean())[:, None]
    loss: Any = recipe.loss
    of_classes = getattr(loss, "class_weights", "none")
    if of_classes != "none":
        loss = replace(loss, class_weights="none")
        w = w * (y @ (balance(w * y) if of_classes == "balanced" else np.array(of_classes)))[:, None]
    loss = Weighted(loss, w[None].astype(recipe.dtype))
    return replace(recipe, loss=loss, batches=InOrder(), batch_size=None)


def check_exact(recipe: Recipe, n: int) -> None:
    """Raises ValueError unless an example's weight does what so many copies of it would."""
    reasons = {
        f"batch_size is {recipe.batch_size} of {n} examples": recipe.batch_size is not None and recipe.batch_size < n,
        "noise draws for every example": bool({"inputs", "hidden", "layers"} & recipe.layout(1, 1).draws()),
        "augmentation changes a minibatch as a whole": recipe.augmentation is not None,
        "batches draws with replacement": isinstance(recipe.batches, WithReplacement),
        "BatchNorm takes its statistics over rows": recipe.layout(1, 1).settles,
    }
    for reason, holds in reasons.items():
        if holds:
            raise ValueError(
                f"sample_weight is given, but {reason}, so that a weight would not be so many copies of the example; take "
                "batch_size=None, without noise on inputs or activations, augmentation, replacement or BatchNorm."
            )
