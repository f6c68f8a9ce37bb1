"""What is measured of a snapshot, per replica, with all noise off and all quantities at the same weights."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

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


class Whole(NamedTuple):
    """All parts of one seed's data, one below the other, and the rows of each."""

    x: Float[Array, "1 N D"]
    y: Float[Array, "1 N K"]
    rows: dict[str, slice]


def whole(parts: Mapping[str, Part]) -> Whole:
    """Joins the parts, so that they are measured in one pass."""
    x, y = (np.concatenate([getattr(part, a) for part in parts.values()])[None] for a in "xy")
    ends = np.cumsum([0, *(len(part.x) for part in parts.values())])
    return Whole(x, y, {name: slice(*ends[i : i + 2]) for i, name in enumerate(parts)})


def performance(
    recipe: Recipe, layers: Sequence[Layer], data: Sequence[Whole], of: Int[Array, " R"]
) -> dict[str, Float[Array, " R"]]:
    """Mean loss (without penalty or smoothing) and mean error of each replica on each part of its own data, data[of[r]].

    One replica at a time: the activations stay in the cache, and parts may differ in size.
    """
    measured = {f"{name}/{what}": np.empty(len(of)) for name in data[0].rows for what in ("loss", "error")}
    with np.errstate(all="ignore"):
        for r, s in enumerate(of):
            z, _ = apply(recipe.network, [Layer(W[r : r + 1], b[r : r + 1]) for W, b in layers], data[s].x)
            cost, error = (f(z, data[s].y)[0, :, 0] for f in (recipe.loss.cost, recipe.loss.error))
            for name, rows in data[s].rows.items():
                loss = measured[f"{name}/loss"][r] = cost[rows].mean(dtype=float)
                measured[f"{name}/error"][r] = error[rows].mean(dtype=float) if np.isfinite(loss) else np.nan
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
