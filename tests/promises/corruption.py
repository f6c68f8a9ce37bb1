"""A corruption changes targets of the parts that it names, nothing else; labels stay labels, the same seed's the same."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from backprop.arrays import Array
from experiments.data.corruption import PARTS, Corruption, LabelNoise
from experiments.data.datasets import wine
from experiments.data.splits import Holdout


def promise(corruption: Corruption) -> None:
    dataset = replace(wine(), y=wine().y.copy())  # wine itself is made once, and others' too
    rows = Holdout(train=60, validation=40, test=50)(dataset, 0)._asdict()  # some rows are in no part
    x, y = dataset.x.copy(), dataset.y.copy()
    for one in naming_each_part(corruption):
        noisy = one(dataset, rows, 0)
        assert (dataset.x == x).all() and (dataset.y == y).all(), f"{one} writes into the dataset"  # noqa: PT018
        named = np.concatenate([rows[part] for part in parts_of(one)])
        others = np.setdiff1d(np.arange(len(y)), named)
        assert (noisy[others] == y[others]).all(), f"{one} changes rows that it does not name"
        assert (np.sort(noisy, axis=1) == np.sort(y, axis=1)).all(), f"{one} makes something else of labels"
        assert (one(dataset, rows, 0) == noisy).all(), f"{one} corrupts a seed in two ways"


def parts_of(corruption: Corruption) -> tuple[str, ...]:
    """What it names; what names nothing may touch training rows."""
    return getattr(corruption, "parts", ("train",))


def naming_each_part(corruption: Any) -> Iterator[Corruption]:
    yield corruption
    if hasattr(corruption, "parts"):
        yield from (replace(corruption, parts=(part,)) for part in PARTS)


class NoiseEverywhere(LabelNoise):
    """Corrupts what judges, too."""

    def __call__(self, dataset, rows, seed):
        return LabelNoise.__call__(self, dataset, {part: np.arange(len(dataset.y)) for part in PARTS}, seed)


class NoiseInPlace(LabelNoise):
    """Writes into the dataset that all cells share."""

    def __call__(self, dataset, rows, seed):
        dataset.y[:] = LabelNoise.__call__(self, dataset, rows, seed)
        return dataset.y


class SoftLabels(LabelNoise):
    """Adds a little of everything."""

    def __call__(self, dataset, rows, seed):
        y: Array = dataset.y.copy()
        y[rows["train"]] += self.rate
        return y


class NoiseByTheClock(LabelNoise):
    """Draws anew whenever it is asked."""

    def __call__(self, dataset, rows, seed):
        return LabelNoise.__call__(self, dataset, rows, int(np.random.default_rng().integers(2**31)))


BROKEN = [NoiseEverywhere(0.5), NoiseInPlace(0.5), SoftLabels(0.5), NoiseByTheClock(0.5)]
