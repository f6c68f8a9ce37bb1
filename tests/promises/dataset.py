"""A dataset's numbers are finite, labels are one-hot rows of classes that occur, and twice made it is the same."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from experiments.data.datasets import Dataset, iris


def promise(make: Callable[[], Dataset]) -> None:
    data, again = make(), make()
    N = len(data.x)
    assert data.x.ndim == data.y.ndim == 2, f"{data.name} has features {data.x.shape} and targets {data.y.shape}"
    assert len(data.y) == N, f"{data.name} has {N} rows of features and {len(data.y)} of targets"
    finite = np.isfinite(data.x) | (np.isnan(data.x) if data.missing else False)
    assert finite.all(), f"{data.name} has features that are not finite"
    assert np.isfinite(data.y).all(), f"{data.name} has targets that are not finite"
    assert data.task in ("classification", "regression"), f"{data.name} is for {data.task}"
    if data.task == "classification":
        labels_are_one_hot_rows(data)
    assert np.array_equal(data.x, again.x), f"{data.name} has other features the second time"
    assert data.fingerprint == again.fingerprint, f"{data.name} has another fingerprint the second time"
    if data.own_test is not None:
        rows = np.unique(data.own_test)
        assert len(rows) == len(data.own_test) < N, f"{data.name} tests on a row twice, or on all"
        assert 0 <= rows[0] <= rows[-1] < N, f"{data.name} tests on rows that are not there"


def labels_are_one_hot_rows(data: Dataset) -> None:
    assert ((data.y == 0) | (data.y == 1)).all(), f"{data.name} has labels that are neither 0 nor 1"
    assert (data.y.sum(axis=1) == 1).all(), f"{data.name} has rows of no class, or of several"
    assert data.y.any(axis=0).all(), f"{data.name} has a class that does not occur"


def with_a_hole() -> Dataset:
    data = iris()
    x = data.x.copy()
    x[7, 1] = np.nan
    return replace(data, x=x)


def by_the_clock() -> Dataset:
    data = iris()
    return replace(data, x=data.x + np.random.default_rng().standard_normal(data.x.shape))


def with_codes_for_labels() -> Dataset:
    data = iris()
    return replace(data, y=data.y.argmax(axis=1)[:, None].astype(float))


def with_a_class_too_many() -> Dataset:
    data = iris()
    return replace(data, y=np.hstack([data.y, np.zeros((len(data.y), 1))]))


BROKEN = [with_a_hole, by_the_clock, with_codes_for_labels, with_a_class_too_many]
