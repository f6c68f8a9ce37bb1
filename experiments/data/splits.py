"""Splits: the rows of the training, validation and test parts, drawn for every seed."""

from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Int

from backprop.arrays import Array
from backprop.choices import choice, integer
from backprop.randomness import generator
from experiments.data.datasets.dataset import Dataset

Size: TypeAlias = object  # a number of examples or a fraction, checked by `size_of`
RowFile: TypeAlias = object  # the path of a file of row numbers, checked by `Files`


class Parts(NamedTuple):
    """The rows of each part; no row is in two, unless training and test rows are said to overlap. Only `train` must have some."""

    train: Int[Array, " n"]
    validation: Int[Array, " v"]
    test: Int[Array, " t"]

    def slices(self) -> dict[str, slice]:
        """The slice of each part that has rows, when the parts are concatenated."""
        ends = np.cumsum([0, *map(len, self)]).tolist()
        return {name: slice(*ends[i : i + 2]) for i, name in enumerate(self._fields) if len(self[i])}

    def digest(self) -> str:
        """A hash of the row numbers."""
        hashed = sha256()
        for rows in self:
            hashed.update(np.asarray(rows, "<i8").tobytes() + b"|")
        return hashed.hexdigest()[:16]


@runtime_checkable
class Split(Protocol):
    """The interface of a split. All seeds must have equally many training rows, and the same parts with rows."""

    def __call__(self, dataset: Dataset, seed: int) -> Parts: ...

    def __hash__(self) -> int:
        """Splits are hashable because `drawn` caches their parts for the cells that share them."""


@choice
class Holdout:
    """A new division for every seed: sizes are numbers of examples, or fractions of the dataset between 0 and 1.

    `validation` and `test` may be 0, here and in the other splits: none.

    Test and validation rows depend on the seed alone, and smaller training sets are the first rows of larger ones, so
    that training sizes compare on the same data. Every part, of every size, has the classes in the dataset's
    proportions (to within one example a class).
    """

    train: Size = 0.5
    validation: Size = 0.25
    test: Size = 0.25

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        total = len(dataset.x)
        n, v, t = (size_of(part, getattr(self, part), total) for part in ("train", "validation", "test"))
        order = stratified_order(dataset, seed, np.arange(total))
        return cut(dataset, order[t:], n, v, test=order[:t], seed=seed)


@choice
class Own:
    """The data's own test rows; training and validation rows are drawn from the others, anew for every seed.

    Sizes are numbers of examples, or fractions of the rows that are not for testing.
    """

    train: Size = 0.8
    validation: Size = 0.2

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        if dataset.own_test is None:
            raise ValueError(
                f"split is own, but {dataset.name} has no test rows of its own; use split=holdout or split=k_fold."
            )
        others = np.setdiff1d(np.arange(len(dataset.x)), dataset.own_test)
        n, v = (size_of(part, getattr(self, part), len(others)) for part in ("train", "validation"))
        return cut(dataset, stratified_order(dataset, seed, others), n, v, test=dataset.own_test, seed=seed)


@choice
class KFold:
    """Seed s tests on fold s mod k of repetition ⌊s / k⌋: k seeds are k-fold cross-validation, more repeat it anew.

    Every row is tested once in a repetition. `validation` rows are taken from the other folds (a number, or a fraction
    of them); training rows are the rest, cut to the size that every fold can give (it differs by one at most).
    """

    folds: int = integer(default=5, within="[2, inf)")
    validation: Size = 0.2

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        total, (repetition, fold) = len(dataset.x), divmod(seed, self.folds)
        if self.folds > total:
            raise ValueError(f"split.folds is {self.folds}, but {dataset.name} has {total} examples; use fewer folds.")
        parts = np.array_split(stratified_order(dataset, repetition, np.arange(total)), self.folds)
        smallest_rest = total - len(parts[0])
        v = size_of("validation", self.validation, smallest_rest)
        others = np.concatenate(parts[:fold] + parts[fold + 1 :])
        others = others[stratified_order(replace(dataset, y=dataset.y[others]), seed, np.arange(len(others)))]
        return cut(dataset, others, smallest_rest - v, v, test=parts[fold], seed=seed)


@choice
class Files:
    """Rows listed in text files, one row number (from 0) a line; `{seed}` in a path stands for the seed.

    `validation` is such a file too, or a number or fraction of the training rows, drawn anew for every seed. A row in two
    files is refused, unless `overlap` says that training rows are for testing too, as some papers have it; the report says how many.
    """

    train: RowFile = "train_{seed}.txt"
    test: RowFile = "test_{seed}.txt"  # or 0: none
    validation: Size = 0.2  # or such a file
    overlap: bool = False  # whether rows that train may also test

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        train = self.rows(self.train, "train", dataset, seed)
        test = np.empty(0, int) if self.test == 0 else self.rows(self.test, "test", dataset, seed)
        if isinstance(self.validation, str):
            parts = Parts(train, self.rows(self.validation, "validation", dataset, seed), test)
        else:
            v = size_of("validation", self.validation, len(train))
            order = stratified_order(dataset, seed, train) if v else train
            parts = Parts(train=order[v:], validation=order[:v], test=test)
        return checked_parts(dataset, parts, seed, self.overlap)

    def rows(self, pattern: RowFile, part: str, dataset: Dataset, seed: int) -> Int[Array, " rows"]:
        if not isinstance(pattern, str):
            raise ValueError(
                f"split.{part} is {pattern!r}; with split=files it must be the path of a file of row numbers, such as "
                f"{part}_{{seed}}.txt{', or 0 for none' if part == 'test' else ''}. For sizes use split=holdout."
            )
        path = Path(pattern.replace("{seed}", str(seed)))
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            why = (
                f"there is no such file in {path.absolute().parent}" if isinstance(error, FileNotFoundError) else error
            )
            raise ValueError(f"split.{part} is {pattern!r}: {path} cannot be read as row numbers: {why}.") from error
        words = [(number, word) for number, line in enumerate(lines, 1) for word in line.partition("#")[0].split()]
        if not words:
            raise ValueError(f"split.{part} is {pattern!r}: {path} lists no rows.")
        return np.array([row_number(word, f"line {n} of {path}", dataset) for n, word in words])


def row_number(word: str, place: str, dataset: Dataset) -> int:
    """
    >>> row_number("7.0e0", "line 1", Dataset("tiny", np.zeros((9, 1)), np.zeros((9, 1)), "regression", ""))
    7
    """
    try:
        row = float(word)
    except ValueError:
        row = float("nan")
    if not (row.is_integer() and 0 <= row < len(dataset.x)):
        raise ValueError(
            f"{place} has {word!r}; it must list whole row numbers from 0 to {len(dataset.x) - 1} of {dataset.name} "
            "(the first row below a table's header is 0)."
        )
    return int(row)


@lru_cache(maxsize=10_000)
def drawn(dataset: Dataset, split: Split, seed: int) -> Parts:
    """The rows of a seed; drawn once for the many cells that share data and split."""
    return split(dataset, seed)


def cut(dataset: Dataset, order: Array, n: int, v: int, test: Array, seed: int) -> Parts:
    """Take the first v rows of `order` for validation and the next n for training: a smaller n is a prefix of a larger one.

    Where all rows train, they stand in the data's own order, in which batches=in_order then takes them.
    """
    if n < 1:
        raise ValueError(
            f"split leaves no training examples of {dataset.name} beside {v} validation and {len(test)} test examples."
        )
    if n + v > len(order):
        raise ValueError(
            f"split asks for {n} training + {v} validation + {len(test)} test examples, but {dataset.name} has "
            f"{len(dataset.x)}; make split.train, split.validation or split.test smaller."
        )
    train = np.sort(order) if n == len(order) else order[v : v + n]
    return checked_parts(dataset, Parts(train, validation=order[:v], test=test), seed)


def checked_parts(dataset: Dataset, parts: Parts, seed: int, overlap: bool = False) -> Parts:
    for own in ((*parts[:2],), (parts.test,)) if overlap else (parts,):
        rows, times = np.unique(np.concatenate(own), return_counts=True)
        if (times > 1).any():
            both = np.isin(rows[times > 1][0], parts.test) and not overlap
            way_out = "; if training rows are to be tested on, type split=files split.overlap=true" if both else ""
            raise ValueError(
                f"split: some rows of {dataset.name} are in two parts, or twice in one (seed {seed}); the first is row "
                f"{rows[times > 1][0]}{way_out}."
            )
    if not len(parts.train):
        raise ValueError(
            f"split leaves no training examples of {dataset.name} (seed {seed}); ask for fewer for validation."
        )
    if dataset.task == "classification" and not dataset.y[parts.train].any(axis=0).all():
        raise ValueError(
            f"split: {len(parts.train)} training examples lack one of {dataset.name}'s "
            f"{dataset.y.shape[1]} classes (seed {seed}); ask for more."
        )
    return parts


def size_of(part: str, asked: Any, total: int) -> int:
    """A number of examples, from a number or from a fraction of `total`."""
    is_count = type(asked) is int and asked >= (part == "train")
    is_fraction = type(asked) is float and (0 < asked < 1 or (part == "train" and asked == 1))
    if not (is_count or is_fraction):
        none = ", or 1.0 for all" if part == "train" else ", or 0 for none"
        raise ValueError(
            f"split.{part} is {asked!r}; it must be a number of examples of at least 1, or a fraction between 0 and 1{none}."
            + (" Files that list rows are read by split=files." if isinstance(asked, str) else "")
        )
    size = asked if is_count else int(asked * total + 1e-9)  # rounded down, so that fractions that add up to one fit
    if is_fraction and size < 1:
        raise ValueError(f"split.{part} is {asked!r}, which is less than one of {total} examples.")
    return size


def stratified_order(dataset: Dataset, seed: int, rows: Array) -> Int[Array, " rows"]:
    """The rows in a random order in which every stretch has the classes in proportion; for regression, just a random order.

    Example i of a class of size m, in random order, is given the place (i + u) / m on the unit interval, u random
    once per class.
    """
    draw = generator(seed, "split")
    labels = dataset.y[rows].argmax(axis=1) if dataset.task == "classification" else np.zeros(len(rows), int)
    place = np.empty(len(rows))
    for label in np.unique(labels):
        members = draw.permutation(np.flatnonzero(labels == label))
        place[members] = (np.arange(len(members)) + draw.random()) / len(members)
    return rows[np.argsort(place, kind="stable")]
