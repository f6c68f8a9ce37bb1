"""Effective degrees of freedom: how far a linear model's fit follows its own targets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.layers import Dense
from backprop.losses import SquaredError, SquaredErrorOnClasses
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.penalties import L2
from backprop.training import Recipe

RANK = 1e-10  # singular values below this share of the largest count as 0


@choice
class EffectiveDof:
    """effective_dof: Σᵢ ∂ẑᵢ/∂yᵢ = tr X (XᵀX + ½ n λ I)⁻¹ Xᵀ + 1, X with centered columns: of linear networks by least squares with L2.

    λ is the penalty's strength on (1/n) Σ ‖z − y‖² + ½ λ ‖W‖², and 1 the intercept's; for each output. Of the objective's minimum,
    which training approaches; without a penalty, X's rank + 1. Hastie, Tibshirani & Friedman (2009), sections 3.4 and 7.6.
    """

    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        wrong = not_ridge(subject)
        if wrong:
            raise ValueError(
                "EffectiveDof is of networks that are ridge regression or least squares: network=linear, loss=squared_error, "
                f"penalty=l2 or none, without other regularizers. Here {wrong}; leave the measure out."
            )
        return ("effective_dof",)

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = np.full(len(seen.of), np.nan)
        rows = np.arange(seen.examples.x.shape[-2])[None]
        has_bias = seen.layout.count("bias") > 0
        penalty: Any = seen.recipe.penalty or L2(0.0)
        strength = np.broadcast_to(penalty.strength, (len(found), 1, 1))[:, 0, 0]
        for r in np.flatnonzero(np.isfinite(seen.parameters).all(axis=(-2, -1))):
            x, _ = seen.examples._replace(dataset_of=seen.examples.dataset_of[r : r + 1]).rows(rows)
            found[r] = degrees(x[0].astype(float), float(strength[r]), has_bias, penalty.biases)
        return {"effective_dof": found}


def degrees(X: Float[Array, "n D"], strength: float, has_bias: bool, penalized: bool) -> float:
    """The trace; a bias that is `penalized` is one more column of ones, and one that is not takes the columns' means."""
    free = has_bias and not penalized
    X = X - X.mean(axis=0) if free else np.hstack([X, np.ones((len(X), 1))]) if has_bias else X
    s = np.linalg.svd(X, compute_uv=False)
    s2 = s[s > RANK * s.max(initial=0)] ** 2
    return float((s2 / (s2 + len(X) * strength / 2)).sum()) + free


def not_ridge(subject: Subject) -> str:
    """What makes the network no ridge regression; empty if it is one."""
    recipe, layers = subject.recipe, subject.layout.layers
    if len(layers) != 1 or type(layers[0]) is not Dense or layers[0].noise is not None:
        return "the network has other layers than one Dense, or noise"
    if not isinstance(subject.loss, SquaredError | SquaredErrorOnClasses):
        return f"loss is {type(subject.loss).__name__}"
    if getattr(subject.loss, "class_weights", "none") != "none":
        return "class_weights is set"
    return other_minimum(recipe)


def other_minimum(recipe: Recipe) -> str:
    """What takes training to another minimum than the objective's own; empty if nothing does."""
    penalty = recipe.penalty
    if penalty is not None and (type(penalty) is not L2 or penalty.method == "decoupled"):
        return f"penalty is {type(penalty).__name__} by the method {penalty.method}"
    others = [place for place in ("constraint", "augmentation", "ascent") if getattr(recipe, place) is not None]
    return f"{others[0]} is {type(getattr(recipe, others[0])).__name__}" if others else ""
