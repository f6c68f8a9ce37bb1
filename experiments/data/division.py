"""Divide a dataset for one seed: split it, corrupt its labels and scale it by its training rows; no features are copied."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.sets import Scale, Sets, sets
from experiments.data.corruption import Corruption
from experiments.data.datasets.dataset import Dataset
from experiments.data.scaling import Scaling, common_scale, feature_scale
from experiments.data.splits import Parts, Split, drawn

Compared: TypeAlias = Callable[[Array], Array]  # turns targets into the form that a loss compares


class Scaled(NamedTuple):
    """Some examples as the network sees them."""

    x: Float[Array, "n D"]
    y: Float[Array, "n K"]


class Changed(NamedTuple):
    """The targets that a corruption has changed, and their rows."""

    rows: Int[Array, " c"]
    y: Float[Array, "c K"]


class Division(NamedTuple):
    """One seed's division of a dataset: the rows of each part, and how the network sees them. No features are copied."""

    x: Float[Array, "N D"]  # the dataset's own array, shared by all seeds that see the same data
    y: Float[Array, "N K"]  # shared too: the targets in the form that the loss compares
    rows: Parts
    features: Scale | None
    targets: Scale | None
    changed: Changed | None
    corrupted: float  # the share of training labels that differ from the true ones
    dtype: str

    @property
    def target_scale(self) -> float:
        """One unit of the network's output, in the target's own unit."""
        return 1.0 if self.targets is None else float(self.targets.scale[0])

    @property
    def error_scale(self) -> float:
        return self.target_scale**2

    def part(self, name: str) -> Scaled:
        """Copy one part's examples."""
        rows: Array = getattr(self.rows, name)
        return Scaled(*(array.take(np.zeros(1, int), np.arange(len(rows))[None])[0] for array in seen([self], [rows])))


def unchanged(y: Array) -> Array:
    return y


def divide(
    dataset: Dataset,
    split: Split,
    corruption: Corruption | None,
    scaling: Scaling,
    seed: int,
    dtype: str,
    compared: Compared = unchanged,
) -> Division:
    """Split, corrupt and scale the dataset for one seed; `compared` turns targets into the form that the loss compares."""
    rows = drawn(dataset, split, seed)
    y, changed, corrupted = held_targets(dataset, compared), None, 0.0
    if corruption is not None:
        noisy = corruption(dataset, rows._asdict(), seed)
        differ = (noisy != dataset.y).any(axis=1)
        changed = Changed(np.flatnonzero(differ), np.asarray(compared(noisy[differ]), y.dtype))
        corrupted = float(differ[rows.train].mean())
    features = feature_scale(dataset, rows.train, scaling)
    division = Division(dataset.x, y, rows, features, None, changed, corrupted, dtype)
    if scaling.targets == "standard" and dataset.task == "regression":
        return division._replace(targets=common_scale(division._replace(dtype="float64").part("train").y))
    return division


@lru_cache(maxsize=4)
def held_targets(dataset: Dataset, compared: Compared) -> Float[Array, "N K2"]:
    """The targets as a loss compares them: one array for all seeds."""
    return np.ascontiguousarray(compared(dataset.y))


def below_each_other(
    divisions: Sequence[Division], rows: Sequence[Int[Array, " n"]]
) -> tuple[list[Division], list[Int[Array, " n"]]]:
    """Divisions of data of their own, and their rows, as if all were parts of one dataset."""
    x, y = (np.concatenate([getattr(division, name) for division in divisions]) for name in "xy")
    starts = np.cumsum([0, *(len(division.x) for division in divisions[:-1])])
    moved = [
        None if division.changed is None else division.changed._replace(rows=division.changed.rows + start)
        for division, start in zip(divisions, starts, strict=True)
    ]
    together = [division._replace(x=x, y=y, changed=own) for division, own in zip(divisions, moved, strict=True)]
    return together, [own + start for own, start in zip(rows, starts, strict=True)]


def seen(divisions: Sequence[Division], rows: Sequence[Int[Array, " n"]]) -> tuple[Sets, Sets]:
    """Features and targets of each seed's `rows`, as the network sees them; no features are copied, unless seeds have their own."""
    first = divisions[0]
    if any(division.x is not first.x for division in divisions):
        return seen(*below_each_other(divisions, rows))
    x = sets(first.x, rows, [division.features for division in divisions], first.dtype)
    y, own_rows = first.y, list(rows)
    for s, division in enumerate(divisions):
        if division.changed is not None:  # replaced targets are appended below the true ones
            places = np.arange(len(first.y))
            places[division.changed.rows] = len(y) + np.arange(len(division.changed.rows))
            y, own_rows[s] = np.concatenate([y, division.changed.y]), places[rows[s]]
    return x, sets(y, own_rows, [division.targets for division in divisions], first.dtype)
