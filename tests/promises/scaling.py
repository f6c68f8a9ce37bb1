"""A scaling has seen training rows only: whatever else there is may become noise, and the training rows look the same.

What fills missing values has seen no more.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from backprop.sets import Scale
from experiments.data.datasets import Dataset, neal_regression, wine
from experiments.data.division import Division, divide
from experiments.data.scaling import Scaling
from experiments.data.splits import Holdout

SPLIT = Holdout(train=60, validation=40, test=50)
VARIED = False  # each word has its own file, and a divisor goes with one of them
Divide = Callable[[Dataset, int], Division]  # a dataset and a seed


def promise(scaling: Scaling | Divide) -> None:
    way = partial(scaled, scaling) if isinstance(scaling, Scaling) else scaling
    for dataset in (wine(), neal_regression(), with_gaps(wine())):
        for seed in (0, 1):
            ours = way(dataset, seed)
            theirs = way(with_noise_elsewhere(dataset, ours.rows.train), seed)
            for before, after in zip(ours.part("train"), theirs.part("train"), strict=True):
                assert np.array_equal(before, after), (
                    f"{scaling} has seen more than the training rows of {dataset.name}"
                )


def scaled(scaling: Scaling, dataset: Dataset, seed: int) -> Division:
    return divide(dataset, SPLIT, None, scaling, seed, "float64")


def with_gaps(dataset: Dataset) -> Dataset:
    x = dataset.x.copy()
    x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    return replace(dataset, x=x, missing="mean")


def with_noise_elsewhere(dataset: Dataset, train: np.ndarray) -> Dataset:
    """Labels decide who trains, and stay; values that are no training rows' become noise, as features do."""
    draw = np.random.default_rng(0)
    others = np.setdiff1d(np.arange(len(dataset.x)), train)
    x, y = dataset.x.copy(), dataset.y.copy()
    x[others] = 100 * draw.standard_normal(x[others].shape)
    if dataset.task == "regression":
        y[others] = 100 * draw.standard_normal(y[others].shape)
    return replace(dataset, x=x, y=y)


def by_all_rows(dataset: Dataset, seed: int) -> Division:
    """Standardises before it divides."""
    return scaled(Scaling(), dataset, seed)._replace(features=Scale(dataset.x.mean(axis=0), dataset.x.std(axis=0)))


def targets_by_all_rows(dataset: Dataset, seed: int) -> Division:
    return scaled(Scaling(), dataset, seed)._replace(targets=Scale(dataset.y.mean(axis=0), dataset.y.std(axis=0)))


def filled_by_all_rows(dataset: Dataset, seed: int) -> Division:
    ours = scaled(Scaling(), dataset, seed)
    if ours.features is None or ours.features.fill is None:
        return ours
    return ours._replace(features=ours.features._replace(fill=np.nanmean(dataset.x, axis=0)))


def by_the_largest_of_all_rows(dataset: Dataset, seed: int) -> Division:
    largest = np.nanmax(np.abs(dataset.x), axis=0)
    return scaled(Scaling("none"), dataset, seed)._replace(features=Scale(0 * largest, largest, 0 * largest))


BROKEN = [by_all_rows, targets_by_all_rows, filled_by_all_rows, by_the_largest_of_all_rows]
