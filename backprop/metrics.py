"""What is measured of a snapshot, per replica, with all noise off and all quantities at the same weights."""

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.network import apply
from backprop.training import Examples, Recipe, Snapshot


def performance(recipe: Recipe, snapshot: Snapshot, data: Examples) -> dict[str, Float[Array, " R"]]:
    """Mean loss (without penalty) and mean error of each replica on its examples.

    One replica at a time: the activations of a whole data set stay in the cache.
    """
    loss, error = np.empty(len(data.of)), np.empty(len(data.of))
    with np.errstate(all="ignore"):
        for r, s in enumerate(data.of):
            x, y = data.x[s : s + 1], data.y[s : s + 1]
            layers = [type(layer)(*(array[r : r + 1] for array in layer)) for layer in snapshot.layers]
            z, _ = apply(recipe.network, layers, x)
            J, _ = recipe.loss(z, y)
            loss[r] = J[0, 0, 0]
            error[r] = recipe.loss.error(z, y).mean(dtype=float) if np.isfinite(loss[r]) else np.nan
    return {"loss": loss, "error": error}


def weight_norms(snapshot: Snapshot) -> dict[str, Float[Array, " R"]]:
    """‖W‖₂ and ‖W‖₁ over all weights, the share of exact zeros, the largest incoming norm of a unit."""
    with np.errstate(all="ignore"):
        W = np.concatenate([layer.W.reshape(len(layer.W), -1) for layer in snapshot.layers], axis=-1).astype(float)
        incoming = [np.sqrt((layer.W.astype(float) ** 2).sum(axis=-2)).max(axis=-1) for layer in snapshot.layers]
        return {
            "l2": np.sqrt((W * W).sum(axis=-1)),
            "l1": np.abs(W).sum(axis=-1),
            "zeros": (W == 0).mean(axis=-1),
            "largest_incoming": np.max(incoming, axis=0),
        }
