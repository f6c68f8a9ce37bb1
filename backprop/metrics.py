"""What networks answer, and how well: losses and errors of a snapshot, per replica, with all noise off."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.layers import Owned
from backprop.layout import Layout, Parameters
from backprop.network import apply
from backprop.sets import AnySets, stretch
from backprop.training import Recipe

ROWS, NUMBERS = 8192, 2**20  # of a stretch of data, which is measured at once: however much there is, it fits the cache
TOGETHER = 8  # replicas that are measured on a stretch before the next is taken


class Whole(NamedTuple):
    """All parts of one seed's data, one below the other, and the rows of each."""

    features: AnySets  # (1, N, D)
    targets: AnySets  # (1, N, K)
    rows: dict[str, slice]

    @property
    def y(self) -> Float[Array, "1 N K"]:
        return stretch(self.targets, slice(0, self.targets.shape[1]))

    def stretches(self) -> list[slice]:
        """All rows, or, of many, some at a time. Each part is cut by itself, so that equal parts are measured equally."""
        _, N, D = self.features.shape
        size = min(max(NUMBERS // D, 1), ROWS)
        if size >= N:
            return [slice(0, N)]
        starts = [(part, start) for part in self.rows.values() for start in range(part.start, part.stop, size)]
        return [slice(start, min(start + size, part.stop)) for part, start in starts]


def answers(
    layout: Layout, parameters: Parameters, data: Sequence[Whole], of: Int[Array, " R"]
) -> Iterator[tuple[int, int, Float[Array, "1 N O"]]]:
    """Each replica, the number of its data, and what it answers to all their rows; those on the same data come together.

    A stretch of rows is taken once for several replicas, and activations are held for one stretch and one replica at a time.
    """
    for s in range(len(data)):
        same = np.flatnonzero(of == s)
        for start in range(0, len(same), TOGETHER):
            some = same[start : start + TOGETHER]
            owned = [in_evaluation(layout, parameters[r : r + 1], data[s]) for r in some]
            taken = (stretch(data[s].features, rows) for rows in data[s].stretches())
            found = zip(*([apply(layout, own, x)[0] for own in owned] for x in taken), strict=True)
            for r, z in zip(some, found, strict=True):
                yield r, s, np.concatenate(z, axis=1) if len(z) > 1 else z[0]


def in_evaluation(layout: Layout, parameters: Parameters, data: Whole) -> tuple[Owned, ...]:
    """What the layers of one network own when it is measured: no noise; the statistics of its training rows where a layer needs some."""
    if not layout.settles:
        return layout.views(parameters)
    return layout.settled(parameters, stretch(data.features, data.rows["train"]))


class Performance(NamedTuple):
    """What R networks do, each on its own data: by part, and for each of the n examples that come after those of `train`."""

    means: dict[str, Float[Array, " R"]]
    errors: list[Float[Array, " n"]]  # NaN in a part whose loss is not finite
    outputs: list[Float[Array, "n O"]]  # where they are asked for


def performance(
    recipe: Recipe,
    layout: Layout,
    parameters: Parameters,
    data: Sequence[Whole],
    of: Int[Array, " R"],
    outputs: bool = False,
) -> Performance:
    """Mean loss (without penalty or smoothing) and mean error of each replica on each part of its own data, data[of[r]].

    One replica at a time: the activations stay in the cache, and parts may differ in size.
    """
    measured = {f"{name}/{what}": np.empty(len(of)) for name in data[0].rows for what in ("loss", "error")}
    found = Performance(measured, [np.empty(0)] * len(of), [np.empty(0)] * (len(of) if outputs else 0))
    with np.errstate(all="ignore"):
        for r, s, z in answers(layout, parameters, data, of):
            cost, error = (f(z, data[s].y)[0, :, 0] for f in (recipe.loss.cost, recipe.loss.error))
            for name, rows in data[s].rows.items():
                loss = measured[f"{name}/loss"][r] = cost[rows].mean(dtype=float)
                if not np.isfinite(loss):
                    error[rows] = np.nan
                measured[f"{name}/error"][r] = error[rows].mean(dtype=float)
            held_out = slice(data[s].rows["train"].stop, None)
            found.errors[r] = error[held_out].copy()
            if outputs:
                found.outputs[r] = z[0, held_out].copy()
    return found
