"""What is measured of a snapshot, per replica, with all noise off and all quantities at the same weights."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int

from backprop import kernels
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
    recipe: Recipe, layers: Sequence[Layer], parts: Sequence[Mapping[str, Part]], of: Int[Array, " R"]
) -> dict[str, Float[Array, " R"]]:
    """Mean loss (without penalty or smoothing) and mean error of each replica on each part of its own data, parts[of[r]].

    One replica at a time, all its parts in one pass: the activations stay in the cache, and parts may differ in size.
    """
    together = [tuple(np.concatenate([getattr(part, a) for part in own.values()])[None] for a in "xy") for own in parts]
    ends = [np.cumsum([0, *(len(part.x) for part in own.values())]) for own in parts]
    measured = {f"{name}/{what}": np.empty(len(of)) for name in parts[0] for what in ("loss", "error")}
    with np.errstate(all="ignore"):
        for r, s in enumerate(of):
            x, y = together[s]
            z, _ = apply(recipe.network, [Layer(W[r : r + 1], b[r : r + 1]) for W, b in layers], x)
            cost, error = recipe.loss.cost(z, y)[0, :, 0], recipe.loss.error(z, y)[0, :, 0]
            for name, start, end in zip(parts[s], ends[s], ends[s][1:], strict=False):
                loss = measured[f"{name}/loss"][r] = cost[start:end].mean(dtype=float)
                measured[f"{name}/error"][r] = error[start:end].mean(dtype=float) if np.isfinite(loss) else np.nan
    return measured


def weight_norms(layers: Sequence[Layer]) -> dict[str, Float[Array, " R"]]:
    """‖W‖₂ and ‖W‖₁ over all weights, the share of exact zeros, the largest incoming norm of a unit."""
    sums = np.zeros((4, len(layers[0].W)))
    for W, _ in layers:
        kernels.weight_sums(W, sums)
    squares, sizes, zeros, largest = sums
    count = sum(W[0].size for W, _ in layers)
    with np.errstate(all="ignore"):
        return {"l2": np.sqrt(squares), "l1": sizes, "zeros": zeros / count, "largest_incoming": np.sqrt(largest)}
