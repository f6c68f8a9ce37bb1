"""What is measured of a snapshot, per replica, with all noise off and all quantities at the same weights."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.network import Layer, apply
from backprop.training import Recipe


class Part(Protocol):
    """Examples to measure on: x (n, D) and y (n, K)."""

    @property
    def x(self) -> Array: ...

    @property
    def y(self) -> Array: ...


def performance(
    recipe: Recipe, layers: Sequence[Layer], parts: Sequence[Part], of: Int[Array, " R"]
) -> dict[str, Float[Array, " R"]]:
    """Mean loss (without penalty or smoothing) and mean error of each replica on its own examples, parts[of[r]].

    One replica at a time: the activations of a whole data set stay in the cache, and parts may differ in size.
    """
    loss, error = np.empty(len(of)), np.empty(len(of))
    with np.errstate(all="ignore"):
        for r, s in enumerate(of):
            x, y = parts[s].x[None], parts[s].y[None]
            own = [Layer(W[r : r + 1], b[r : r + 1]) for W, b in layers]
            z, _ = apply(recipe.network, own, x)
            loss[r] = recipe.loss.cost(z, y).mean(dtype=float)
            error[r] = recipe.loss.error(z, y).mean(dtype=float) if np.isfinite(loss[r]) else np.nan
    return {"loss": loss, "error": error}


def weight_norms(layers: Sequence[Layer]) -> dict[str, Float[Array, " R"]]:
    """‖W‖₂ and ‖W‖₁ over all weights, the share of exact zeros, the largest incoming norm of a unit."""
    with np.errstate(all="ignore"):
        W = np.concatenate([layer.W.reshape(len(layer.W), -1) for layer in layers], axis=-1).astype(float)
        incoming = [np.sqrt((layer.W.astype(float) ** 2).sum(axis=-2)).max(axis=-1) for layer in layers]
        return {
            "l2": np.sqrt((W * W).sum(axis=-1)),
            "l1": np.abs(W).sum(axis=-1),
            "zeros": (W == 0).mean(axis=-1),
            "largest_incoming": np.max(incoming, axis=0),
        }
