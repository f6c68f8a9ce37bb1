"""A split's parts share no row, have the sizes asked for, and are the same for the same seed."""

from dataclasses import fields, replace

import numpy as np

from experiments.data.datasets import Dataset, neal_classification, neal_regression
from experiments.data.splits import Holdout, Parts, Split

COUNTS = {"train": 59, "validation": 31, "test": 43}


def promise(split: Split) -> None:
    """On data that have all that a split may ask for: classes, rows of their own for testing, and a column to go by."""
    for plain in (neal_classification(), neal_regression()):
        dataset = replace(plain, marks={getattr(split, "column", ""): np.arange(len(plain.x))[::-1]})
        parts = [split(dataset, seed) for seed in (0, 1)]
        for seed, one in enumerate(parts):
            no_row_is_in_two_parts(split, dataset, one)
            again = split(dataset, seed)
            same = all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
            assert same, f"{split} divides seed {seed} in two ways"
        assert len(parts[0].train) == len(parts[1].train), f"{split} gives seeds different numbers of training rows"
        shares_are_in_proportion(split, parts[0])
        counted = with_counts(split)
        a_number_is_that_many_rows(counted, counted(dataset, 0))
        a_part_asked_for_0_is_empty(split, dataset)


def no_row_is_in_two_parts(split: Split, dataset: Dataset, parts: Parts) -> None:
    rows = np.concatenate(parts)
    assert all(len(part) for part in parts), f"{split} leaves a part empty"
    assert len(np.unique(rows)) == len(rows), f"{split} has a row twice"
    assert ((rows >= 0) & (rows < len(dataset.x))).all(), f"{split} has rows that are not there"


def shares_are_in_proportion(split: Split, parts: Parts) -> None:
    """A half and a quarter of the same rows are two to one, to within the rounding of each."""
    asked = {name: share for name, share in settings(split).items() if isinstance(share, float)}
    totals = {name: len(getattr(parts, name)) / share for name, share in asked.items()}
    rounding = max((1 / share for share in asked.values()), default=0)
    if len(totals) > 1:
        apart = max(totals.values()) - min(totals.values())
        assert apart <= rounding, f"{split} has parts of {[*map(len, parts)]} rows"


def with_counts(split: Split) -> Split:
    """The split with numbers of rows wherever it takes sizes."""
    own = {name: COUNTS[name] for name, size in settings(split).items() if isinstance(size, int | float)}
    return replace(split, **own)  # type: ignore[type-var]


def a_number_is_that_many_rows(split: Split, parts: Parts) -> None:
    for name, count in settings(split).items():
        if isinstance(count, int):
            found = len(getattr(parts, name))
            assert found == count, f"{split} gives {found} rows to {name}, where {count} were asked for"


def a_part_asked_for_0_is_empty(split: Split, dataset: Dataset) -> None:
    asked = [part for part in ("validation", "test") if part in settings(split)]
    parts = replace(split, **dict.fromkeys(asked, 0))(dataset, 0)  # type: ignore[type-var]
    assert not any(len(getattr(parts, part)) for part in asked), f"{split} has rows where 0 were asked for"
    assert all(rows.dtype.kind in "iu" for rows in parts), f"{split} has rows that are no whole numbers"


def settings(split: Split) -> dict[str, object]:
    """What the split is told of each part."""
    return {f.name: getattr(split, f.name) for f in fields(split) if f.name in Parts._fields}  # type: ignore[arg-type]


class HoldoutThatValidatesOnTraining(Holdout):
    """Validates on training rows."""

    def __call__(self, dataset, seed):
        parts = Holdout.__call__(self, dataset, seed)
        return parts._replace(validation=parts.train[: len(parts.validation)])


class HoldoutOneShort(Holdout):
    """Loses the last training row."""

    def __call__(self, dataset, seed):
        parts = Holdout.__call__(self, dataset, seed)
        return parts._replace(train=parts.train[:-1])


class HoldoutByTheClock(Holdout):
    """Draws anew whenever it is asked."""

    def __call__(self, dataset, seed):
        return Holdout.__call__(self, dataset, int(np.random.default_rng().integers(2**31)))


class HoldoutThatAlwaysValidates(Holdout):
    """Takes a validation row where none is asked for."""

    def __call__(self, dataset, seed):
        parts = Holdout.__call__(self, dataset, seed)
        return parts if len(parts.validation) else parts._replace(train=parts.train[1:], validation=parts.train[:1])


BROKEN = [HoldoutThatAlwaysValidates(), HoldoutThatValidatesOnTraining(), HoldoutOneShort(), HoldoutByTheClock()]
