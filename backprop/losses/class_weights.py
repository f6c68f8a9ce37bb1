"""How much each class counts in training: none (all alike), balanced (the rarer, the more), or one number a class.

J = (1/B) Σₙ w(yₙ) cₙ, w(yₙ) the weight of the example's class: scikit-learn's class_weight over n, not divided by the sum of
the weights of a minibatch, so that the gradient of a minibatch is that of all examples in expectation. The reported loss has no
weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.losses.loss import Outputs, PerExample, Pullback, mean
from backprop.sets import AnySets, Sets

L = TypeVar("L")
ClassWeights: TypeAlias = str | Sequence[float | int] | Float[Array, "R 1 K"]  # an array: balanced, for known data
RULE = {"class_weights": "none, balanced, or one number a class"}  # a field's metadata; `check_class_weights` keeps it


def check_class_weights(loss: Any) -> None:
    """Raises ValueError unless the loss's weights are of a kind that is known; makes a list, or a plain array, a tuple."""
    given = loss.class_weights
    given = given.tolist() if isinstance(given, np.ndarray) and given.ndim == 1 else given
    if isinstance(given, list):
        object.__setattr__(loss, "class_weights", tuple(given))
    named = isinstance(given, str) and given in ("none", "balanced")
    listed = isinstance(given, list | tuple) and len(given) > 1 and all(map(is_weight, given)) and max(given) > 0
    if not (named or listed or isinstance(given, np.ndarray)):
        raise ValueError(
            f"{type(loss).__name__}.class_weights is {given!r}; it must be none, balanced, or a list of one number a class, "
            "at least 0 and not all 0, such as [1,2]."
        )


def is_weight(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def check_count(loss: Any, classes: int) -> None:
    """Raises ValueError where a list of weights has not one number for each of the classes."""
    if isinstance(loss.class_weights, tuple) and len(loss.class_weights) != classes:
        raise ValueError(
            f"{type(loss).__name__}.class_weights has {len(loss.class_weights)} numbers, but these data have {classes} "
            "classes; give one number a class, or take balanced."
        )


def weighted(weights: ClassWeights, y: Outputs, cost: PerExample, pullback: Pullback):
    """J = (1/B) Σₙ wₙ cₙ with wₙ = Σₖ yₙₖ w_k; ∂J/∂zₙ is wₙ times that without weights."""

    def weighted_pullback():
        return w * pullback()

    if isinstance(weights, str):
        check_resolved(weights)
        return mean(cost), pullback
    w = (one_hot(y) * np.asarray(weights, y.dtype)).sum(axis=-1, keepdims=True)
    return mean(w * cost), weighted_pullback


def check_resolved(weights: str) -> None:
    if weights == "balanced":
        raise ValueError(
            "class_weights is balanced, but this loss has not seen the training examples; "
            "backprop.losses.balanced(loss, y, dataset_of) shows them to it, as `train` does."
        )


def one_hot(y: Float[Array, "... K"]) -> Float[Array, "... K2"]:
    """The rows as they are; of a single column, which is 1 for the second of two classes, both columns."""
    return y if y.shape[-1] > 1 else np.concatenate([1 - y, y], axis=-1)


def balanced(loss: L, y: AnySets, dataset_of: Int[Array, " R"]) -> L:
    """The loss with each replica's weights where it asks for balanced ones, from the targets that the replica learns from."""
    given = getattr(loss, "class_weights", None)
    if not (isinstance(given, str) and given == "balanced"):
        return loss
    weights = np.stack([balance(one_hot(targets)) for targets in each(y)])[:, None].astype(y.dtype)
    return replace(loss, class_weights=weights[dataset_of])  # type: ignore[type-var]


def balance(y: Float[Array, "n K"]) -> Float[Array, " K"]:
    """w_k = n / (K n_k), n_k of the n examples being of class k and K counting the classes that have any; else 0.

    So the mean of the examples' weights is 1, and all classes together count alike (scikit-learn's `balanced`).
    """
    counts = y.sum(axis=0, dtype=float)
    present = counts > 0
    return np.where(present, len(y) / (present.sum() * np.where(present, counts, 1)), 0)


def each(y: AnySets) -> Iterator[Float[Array, "n K"]]:
    """The targets of one set after the other."""
    for s in range(y.shape[0]):
        yield y.take(np.array([s]), np.arange(y.shape[1])[None])[0] if isinstance(y, Sets) else y[s]
