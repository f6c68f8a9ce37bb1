"""Shared by the loaders of the user's files: errors that name the file, and checks of numbers and labels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from experiments.data.datasets.dataset import Column, Dataset, one_hot
from experiments.data.datasets.gaps import HOW, Gaps, with_indicators

TASKS = ("classification", "regression")
LARGEST = 2**32  # bytes of one array
KINDS = {  # numpy's kinds of type that are not real numbers, and their names in messages
    "c": "complex numbers, of which only the real part would count",
    "M": "dates",
    "m": "durations",
    "U": "text",
    "S": "bytes",
    "O": "objects",
    "V": "records of several fields",
}


def as_dataset(
    name: str,
    source: str,
    task: str,
    x: Array,
    y: Array,
    own_test: Array | None,
    columns: Sequence[Column] = (),
    gaps: Gaps = Gaps(),  # noqa: B008
) -> Dataset:
    """The dataset of these features and targets, a row per example. Raises ValueError where they break a rule."""
    sizes = len(x), x.shape[1], y.size // max(len(y), 1)
    if not all(sizes):
        raise ValueError(
            f"{source} leaves {sizes[0]} rows, {sizes[1]} features and {sizes[2]} targets; each must be at least 1."
        )
    features = narrow(numbers(f"{source}: its features", x, gaps.missing))
    missing = gaps.missing if gaps.missing and features.dtype.kind == "f" and np.isnan(features).any() else ""
    called = list(columns)
    if missing and gaps.indicator:
        features, called = with_indicators(features, called)
    known, targets = classes(source, y, own_test) if task == "classification" else ((), values(source, y))
    return Dataset(
        name, features, targets, task, str(source), "", own_test, classes=known, columns=tuple(called), missing=missing
    )


def narrow(array: Array) -> Array:
    """The same numbers in float32 where it holds them exactly, as it does counts, brightnesses and booleans."""
    if np.can_cast(array.dtype, np.float32):
        return array  # `Dataset` converts it
    with np.errstate(over="ignore"):
        narrower = array.astype(np.float32)
    return narrower if np.array_equal(narrower, array, equal_nan=True) else array


def numbers(what: str, array: Array, missing: str | None = None) -> Array:
    """Return the array if it holds finite numbers; true and false count as 1 and 0. Raises ValueError if not.

    NaN is let pass where it is said how what is `missing` is filled.
    """
    if array.dtype.kind not in "iufb":
        kind = KINDS.get(array.dtype.kind, str(array.dtype))
        raise ValueError(f"{what} are {kind}; they must be numbers: save them as such.")
    real = array if np.can_cast(array.dtype, float) else array.astype(float)
    if real.dtype.kind == "f" and (wrong := np.isinf(real) if missing else ~np.isfinite(real)).any():
        row, column = np.argwhere(wrong)[0]
        fill = f" NaN among features is filled with {HOW}." if what.endswith("features") and not missing else ""
        raise ValueError(
            f"{what} hold NaN or infinite values, the first in row {row}, column {column} (from 0); repair or remove it.{fill}"
        )
    return real


def values(source: str, y: Array) -> Float[Array, "N K"]:
    """Return the targets of a regression. Raises ValueError if they are not numbers, or all the same."""
    if y.ndim > 2:
        raise ValueError(f"{source}: its targets have shape {y.shape}; it must be (rows,) or (rows, values).")
    if y.dtype.kind == "b":
        raise ValueError(
            f"{source}: its targets are true and false, which are classes; use dataset.task=classification."
        )
    targets = numbers(f"{source}: its targets", y.reshape(len(y), -1)).astype(float)
    if (targets == targets[0]).all():
        raise ValueError(
            f"{source}: its targets are {targets[0].tolist()} in all rows; a regression needs targets that vary."
        )
    return targets


def classes(source: str, y: Array, own_test: Array | None) -> tuple[tuple[object, ...], Float[Array, "N K"]]:
    """The distinct labels, and each row's label as one-hot. Raises ValueError for invalid labels, or too many distinct ones."""
    if y.size != len(y):
        raise ValueError(
            f"{source}: its targets have shape {y.shape}; classification takes one label a row "
            "(of one-hot rows, save the column numbers: y.argmax(axis=1))."
        )
    labels = y.reshape(len(y))
    if labels.dtype.kind in "cMmV":
        raise ValueError(f"{source}: its labels are {KINDS[labels.dtype.kind]}; save them as whole numbers or text.")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(f"{source}: its labels hold NaN or infinite values; repair or remove those rows.")
    if labels.dtype.kind == "f" and (np.rint(labels) != labels).any():
        raise ValueError(
            f"{source}: its labels are values such as {labels[np.rint(labels) != labels][0]:g}, not classes; "
            "use dataset.task=regression, or write whole numbers or text."
        )
    try:
        known = np.unique(labels).tolist()
    except TypeError as error:
        raise ValueError(f"{source}: its labels are of different kinds, text and numbers ({error}).") from error
    check_classes(source, labels, known, own_test)
    return tuple(known), one_hot(labels)


def check_classes(source: str, labels: Array, known: Sequence[object], own_test: Array | None) -> None:
    """Raises ValueError for fewer than two classes, more than half as many as rows, or a class that only test rows have."""
    if len(known) < 2:
        raise ValueError(f"{source}: all labels are {known[0]!r}; classification needs two classes or more.")
    if 2 * len(known) > len(labels):
        raise ValueError(
            f"{source}: its {len(labels)} labels have {len(known)} different values; there must be at most half as many as "
            "rows. If they are values, use dataset.task=regression; if they are names of rows, another dataset.target."
        )
    if own_test is not None and (new := set(labels[own_test].tolist()) - set(np.delete(labels, own_test).tolist())):
        raise ValueError(f"{source}: the test rows have classes that no training row has: {listed(sorted(new))}.")


def listed(names: Sequence[object], most: int = 12) -> str:
    """Names for a message: the first `most`, and how many more there are.

    >>> listed(["a", "b", "c"], most=2)
    "['a', 'b'] and 1 more"
    """
    return str(list(names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def check_two(path: str, test_path: str | None, key: str) -> None:
    """Raises ValueError where the test file is the training file."""
    if test_path is not None and Path(path).is_file() and Path(test_path).is_file() and Path(path).samefile(test_path):
        raise ValueError(
            f"{key} is {test_path}, the file of the training rows; rows that train cannot test. Name another, or use "
            "split=holdout without it."
        )


def check_task(name: str, task: str) -> None:
    if task not in TASKS:
        raise ValueError(f"{name}.task is {task!r}; it must be classification or regression.")


@contextmanager
def opened(path: str) -> Iterator[None]:
    """Turn any error of reading a file into a ValueError that names the file."""
    if not isinstance(path, str | Path):
        raise ValueError(f"the path of a data file is {path!r}; it must be text, such as data.csv.")
    if Path(path).is_dir():
        raise ValueError(f"{path} is a folder; the path of a data file must name a file in it.")
    if not Path(path).is_file():
        raise ValueError(f"there is no file {path} (looked for from {Path.cwd()}).")
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
