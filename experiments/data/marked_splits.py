"""Splits by a column of the user's table: whole groups, such as patients, or time. The column is one of `dataset.marks`."""

import numpy as np
from jaxtyping import Int

from backprop.arrays import Array
from backprop.choices import choice
from backprop.randomness import generator
from experiments.data.datasets.dataset import Dataset
from experiments.data.splits import Parts, Size, checked_parts, size_of


@choice
class Groups:
    """Rows with one value in `column`, such as a patient's, are never in two parts; the groups are divided anew for every seed.

    Test and validation rows are whole groups, drawn while they fit: at most as many rows as asked for. Training rows are exactly
    as many, so that all seeds have equally many: the last group is cut, and what is then left is in no part. Sizes are those of
    split=holdout. (scikit-learn's GroupShuffleSplit counts groups, not rows.)
    """

    column: str
    train: Size = 0.5
    validation: Size = 0.25
    test: Size = 0.25

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        group = np.unique(marked(dataset, self.column, "groups"), return_inverse=True)[1]
        n, v, t = sizes(self, dataset)
        left = generator(seed, "split").permutation(group.max() + 1).tolist()
        counts = np.bincount(group)
        test, left = that_fit(left, counts, t)
        validation, left = that_fit(left, counts, v)
        for part, groups, asked in (("test", test, t), ("validation", validation, v)):
            if asked and not groups:
                raise ValueError(
                    f"split.{part} is {getattr(self, part)!r}, {asked} rows, and every group of {self.column!r} left has more (seed "
                    f"{seed}); ask for more, or for 0."
                )
        return checked_parts(
            dataset, Parts(rows_of(left, group)[:n], rows_of(validation, group), rows_of(test, group)), seed
        )


@choice
class Time:
    """The last rows by `column`, a date or a number, are for testing, those before for validation, those before for training.

    No training row is later than a validation row, and none of these later than a test row. Every seed has the same rows: seeds
    differ in initial weights and minibatches. Sizes are those of split=holdout.
    """

    column: str
    train: Size = 0.5
    validation: Size = 0.25
    test: Size = 0.25

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        n, v, t = sizes(self, dataset)
        order = np.argsort(as_times(marked(dataset, self.column, "time"), self.column), kind="stable")
        test, before = order[len(order) - t :], order[: len(order) - t]
        validation, before = before[len(before) - v :], before[: len(before) - v]
        return checked_parts(dataset, Parts(before[len(before) - n :], validation, test), seed)


def sizes(split: Groups | Time, dataset: Dataset) -> tuple[int, int, int]:
    """Rows of training, validation and test. Raises ValueError where there are not so many."""
    total = len(dataset.x)
    n, v, t = (size_of(part, getattr(split, part), total) for part in ("train", "validation", "test"))
    if n + v + t > total:
        raise ValueError(
            f"split asks for {n} training + {v} validation + {t} test examples, but {dataset.name} has {total}; make split.train, "
            "split.validation or split.test smaller."
        )
    return n, v, t


def marked(dataset: Dataset, column: str, option: str) -> Array:
    """A column of the user's table that is handed on for splits. Raises ValueError."""
    if column not in dataset.marks:
        there = f"it hands on {sorted(dataset.marks)}" if dataset.marks else "it hands on none"
        raise ValueError(
            f"split.column is {column!r}, but {there}; a table (dataset=csv or parquet) hands on the columns named in dataset.marks: "
            f"'dataset.marks=[{column}]' split={option} split.column={column}."
        )
    return dataset.marks[column]


def that_fit(groups: list[int], counts: Int[Array, " G"], most: int) -> tuple[list[int], list[int]]:
    """The groups that fit into so many rows, taken in order, and the others.

    >>> that_fit([0, 1, 2], np.array([3, 4, 2]), 5)
    ([0, 2], [1])
    """
    taken, others = list[int](), list[int]()
    for group in groups:
        fits = counts[group] <= most
        most -= counts[group] if fits else 0
        (taken if fits else others).append(group)
    return taken, others


def rows_of(groups: list[int], group: Int[Array, " N"]) -> Int[Array, " n"]:
    """The rows of these groups, group by group."""
    place = np.full(group.max() + 1, -1)
    place[groups] = np.arange(len(groups))
    rows = np.flatnonzero(place[group] >= 0)
    return rows[np.argsort(place[group[rows]], kind="stable")]


def as_times(values: Array, column: str) -> Array:
    """Numbers as they are, and ISO dates as moments. Raises ValueError."""
    import pandas as pd

    if values.dtype.kind in "iufM":
        return values
    try:
        return pd.to_datetime(values, format="ISO8601", utc=True).to_numpy()
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"split.column is {column!r}, whose values must be numbers or ISO dates such as 2024-01-31: {str(error).splitlines()[0]}"
        ) from error
