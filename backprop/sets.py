"""Sets of rows of one array that is held once: a set knows which rows are its own, and how it sees them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop import kernels
from backprop.arrays import Array

READY = 2**24  # bytes: of so little, copies cost nothing and save the arithmetic of every minibatch


class Scale(NamedTuple):
    """What is taken off each column, and what the rest is divided by; before that, what stands for a missing value (NaN)."""

    mean: Float[Array, " D"]
    scale: Float[Array, " D"]
    fill: Float[Array, " D"] | None = None  # None: nothing is missing


class Sets(NamedTuple):
    """S sets of n rows of one array. Rows are copied, and scaled, (row − mean) / scale, when they are taken: not before."""

    held: Float[Array, "N D"]
    rows: Int[Array, "S n"]
    mean: Float[Array, "S D"] | None  # None: nothing is scaled
    factor: Float[Array, "S D"] | None  # 1 / scale
    dtype: str  # of what is taken
    fill: Float[Array, "S D"] | None = (
        None  # what is taken where the array has NaN: scaled as all else; None: it has none
    )

    @property
    def shape(self) -> tuple[int, int, int]:
        return *self.rows.shape, self.held.shape[-1]

    @property
    def nbytes(self) -> int:
        """Of all sets, were they copied."""
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    def take(self, dataset_of: Int[Array, " R"], rows: Int[Array, "R B"]) -> Float[Array, "R B D"]:
        own = np.empty((*rows.shape, self.held.shape[-1]), self.dtype)
        kernels.gather_scaled(self.held, self.rows, self.mean, self.factor, rows, dataset_of, own)
        if self.fill is not None:
            np.copyto(own, self.fill[dataset_of, None], where=np.isnan(own), casting="same_kind")
        return own


AnySets = Float[Array, "S n _"] | Sets  # an array needs no scaling; features and targets are of one kind


def sets(
    held: Float[Array, "N D"], rows: Sequence[Int[Array, " n"]], scales: Sequence[Scale | None], dtype: str
) -> Sets:
    """A set for each of the lists of rows, with its scale; all sets have one, or none has."""
    if scales[0] is None:
        return Sets(held, np.stack(rows), None, None, dtype)
    mean, scale = (np.stack([np.asarray(getattr(one, name), float) for one in scales]) for name in ("mean", "scale"))
    gaps = scales[0].fill is not None
    fill = np.stack([(one.fill - one.mean) / one.scale for one in scales]) if gaps else None  # type: ignore[union-attr, operator]
    return Sets(held, np.stack(rows), mean, 1 / scale, dtype, fill)


def taken(x: AnySets, y: AnySets, dataset_of: Int[Array, " R"], rows: Int[Array, "R B"]):
    """Replica r's rows[r] of the set number dataset_of[r]: features (R, B, D) and targets (R, B, K)."""
    if isinstance(x, Sets) and isinstance(y, Sets):
        return x.take(dataset_of, rows), y.take(dataset_of, rows)
    own_x, own_y = (np.empty((*rows.shape, part.shape[-1]), part.dtype) for part in (x, y))
    kernels.gather(x, y, rows, dataset_of, own_x, own_y)
    return own_x, own_y


def stretch(one_set: AnySets, rows: slice) -> Float[Array, "1 B D"]:
    """Some neighbouring rows of a single set."""
    if isinstance(one_set, Sets):
        return one_set.take(np.zeros(1, int), np.arange(rows.start, rows.stop)[None])
    return one_set[:, rows]


def ready(several: Sequence[Sets]) -> list[AnySets]:
    """Copies of the sets, made once, where all of them together are small; else the sets themselves. The numbers are the same."""
    if sum(one.nbytes for one in several) > READY:
        return list(several)
    return [one.take(np.arange(len(one.rows)), np.tile(np.arange(one.shape[1]), (len(one.rows), 1))) for one in several]
