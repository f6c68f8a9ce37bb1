"""The user's own data: CSV, Parquet, NPZ and IDX files, and OpenML by name. Nothing is unpickled.

A table's target column and task are named in the config; categorical columns are one-hot encoded by scikit-learn.
"""

import gzip
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.arrays import Array
from experiments.datasets.dataset import Dataset, one_hot

if TYPE_CHECKING:
    import pandas as pd

TASKS = ("classification", "regression")
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def csv(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    separator: str = ",",
    test_path: str | None = None,
) -> Dataset:
    """A text table with a header row. `test_path`: a second file of the same columns, the data's own test rows."""
    import pandas as pd

    return read_tables(
        "csv", [path, test_path], lambda file: pd.read_csv(file, sep=separator), target, task, categorical, drop
    )


def parquet(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    test_path: str | None = None,
) -> Dataset:
    """A Parquet table. `test_path`: a second file of the same columns, the data's own test rows."""
    import pandas as pd

    return read_tables("parquet", [path, test_path], pd.read_parquet, target, task, categorical, drop)


def npz(
    path: str, task: str, x: str = "x", y: str = "y", x_test: str | None = None, y_test: str | None = None
) -> Dataset:
    """Arrays of an NPZ file by name: x (N, …), flattened to (N, D), and y (N,) or (N, K). Pickled objects are refused."""
    check_task("npz", task)
    if (x_test is None) != (y_test is None):
        raise ValueError("dataset.x_test and dataset.y_test go together: give both, or neither.")
    names = [x, y] + ([x_test, y_test] if x_test and y_test else [])
    with opened(path), np.load(path, allow_pickle=False) as archive:
        arrays: list[Any] = [archive.get(name) for name in names]
        known = sorted(archive.files)
    for name, array in zip(names, arrays, strict=True):
        if array is None:
            raise ValueError(f"{path} has no array {name!r}, only {known}.")
    return from_arrays(Path(path).stem, path, task, arrays)


def idx(images: str, labels: str, test_images: str | None = None, test_labels: str | None = None) -> Dataset:
    """MNIST's format, plain or gzipped: images (N, rows, columns) flattened to (N, D), labels (N,), each class one-hot."""
    if (test_images is None) != (test_labels is None):
        raise ValueError("dataset.test_images and dataset.test_labels go together: give both, or neither.")
    files = [images, labels] + ([test_images, test_labels] if test_images and test_labels else [])
    return from_arrays(Path(images).stem.split(".")[0], images, "classification", [read_idx(file) for file in files])


def openml(
    name: str, version: int = 1, target: str | None = None, task: str = "classification", cache: str = "runs/data"
) -> Dataset:
    """A dataset of openml.org by name and version, downloaded once and kept in the folder `cache`."""
    from sklearn.datasets import fetch_openml

    check_task("openml", task)
    try:
        table = fetch_openml(
            name, version=version, target_column=target or "default-target", as_frame=True, data_home=cache
        )
    except Exception as error:
        raise ValueError(
            f"openml.name is {name!r} (version {version}), which cannot be had: {error}. "
            f"It needs the internet once, or a copy in {cache}."
        ) from error
    features = table.data
    categorical = [column for column in features if features[column].dtype.kind not in "iufb"]
    frame = features.assign(**{"target of openml": table.target})
    return from_table(
        name, f"openml.org, {name} version {version}", frame, ["target of openml"], task, categorical, [], None
    )


def read_tables(
    kind: str,
    paths: Sequence[str | None],
    read: Any,
    target: Any,
    task: str,
    categorical: Sequence[str],
    drop: Sequence[str],
) -> Dataset:
    """One table, or a training and a test table below each other."""
    import pandas as pd

    check_task(kind, task)
    files = [path for path in paths if path is not None]
    tables = []
    for path in files:
        with opened(path):
            tables.append(read(path))
    targets, categorical, drop = (named(columns) for columns in (target, categorical, drop))
    own_test = np.arange(len(tables[0]), sum(map(len, tables))) if len(tables) > 1 else None
    return from_table(
        Path(files[0]).stem, files[0], pd.concat(tables, ignore_index=True), targets, task, categorical, drop, own_test
    )


def named(columns: str | Sequence[str] | None) -> list[str]:
    """Column names from one name, a list of them, or nothing."""
    return [columns] if isinstance(columns, str | int) else list(columns or [])


def from_table(
    name: str,
    source: str,
    table: "pd.DataFrame",
    targets: Sequence[str],
    task: str,
    categorical: Sequence[str],
    drop: Sequence[str],
    own_test: Array | None,
) -> Dataset:
    """Features and targets of a table; every column that is not numeric must be named categorical or dropped."""
    from sklearn.preprocessing import OneHotEncoder

    for key, columns in (("target", targets), ("categorical", categorical), ("drop", drop)):
        for column in columns:
            if column not in table:
                raise ValueError(f"{source} has no column {column!r} (dataset.{key}), only {list(table.columns)}.")
    if task == "classification" and len(targets) > 1:
        raise ValueError(
            f"{source}: dataset.target names {len(targets)} columns; classification takes one column of labels."
        )
    missing = table.drop(columns=list(drop)).isna()
    if missing.to_numpy().any():
        row, column = np.argwhere(missing.to_numpy())[0]
        raise ValueError(
            f"{source} has {missing.to_numpy().sum()} empty cells, the first in column {missing.columns[column]!r}, row {row}; "
            "fill them, or leave the column out with dataset.drop."
        )
    features = table.drop(columns=[*targets, *drop])
    numeric = features.drop(columns=list(categorical))
    words = [column for column in numeric if numeric[column].dtype.kind not in "iufb"]
    if words:
        raise ValueError(
            f"{source}: the columns {words} are not numbers; name them in dataset.categorical or dataset.drop."
        )
    x = numeric.to_numpy(float)
    if len(categorical):
        coded = OneHotEncoder(sparse_output=False, handle_unknown="error").fit_transform(
            features[list(categorical)].astype(str)
        )
        x = np.concatenate([x, coded], axis=1)
    y = table[targets[0]].to_numpy() if task == "classification" else table[list(targets)].to_numpy()
    return made(name, source, task, x, y, own_test)


def from_arrays(name: str, source: str, task: str, arrays: Sequence[Array]) -> Dataset:
    """x and y, or x, y and the data's own test x and y, with shapes that fit."""
    for x, y in zip(arrays[::2], arrays[1::2], strict=True):
        if len(x) != len(y):
            raise ValueError(f"{source}: {len(x)} rows of features but {len(y)} of targets.")
    x, y = (np.concatenate(parts) for parts in (arrays[::2], arrays[1::2]))
    own_test = np.arange(len(arrays[0]), len(x)) if len(arrays) > 2 else None
    return made(name, source, task, x.reshape(len(x), -1), y, own_test)


def made(name: str, source: str, task: str, x: Array, y: Array, own_test: Array | None) -> Dataset:
    try:
        x = x.astype(float)
        values = one_hot(y.reshape(len(y))) if task == "classification" else y.astype(float).reshape(len(y), -1)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{source}: features or targets are not numbers ({error}).") from error
    if not x.size or not values.size:
        raise ValueError(
            f"{source} leaves {x.shape[0]} rows, {x.shape[1]} features and {values.shape[1]} targets; each must be at least 1."
        )
    if not np.isfinite(x).all() or not np.isfinite(values).all():
        raise ValueError(f"{source} holds NaN or infinite values; repair or remove those rows.")
    if task == "classification" and values.shape[1] < 2:
        raise ValueError(f"{source}: all labels are {y.ravel()[0]!r}; classification needs two classes or more.")
    return Dataset(name, x, values, task, str(source), own_test=own_test)


def read_idx(path: str) -> Array:
    """An IDX file: two zero bytes, a type, the number of dimensions, their sizes (big-endian), then the data."""
    with opened(path):
        raw = Path(path).read_bytes()
        data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in IDX_TYPES:
        raise ValueError(f"{path} is not an IDX file: it begins with {data[:4].hex(' ')}.")
    dtype, dimensions = np.dtype(IDX_TYPES[data[2]]), data[3]
    header = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", data[4:header]) if len(data) >= header else (0,)
    expected = header + int(np.prod(shape)) * dtype.itemsize
    if len(data) != expected:
        raise ValueError(f"{path} is truncated or damaged: its header promises {expected} bytes, it has {len(data)}.")
    return np.frombuffer(data, dtype, offset=header).reshape(shape)


@contextmanager
def opened(path: str) -> Iterator[None]:
    """Errors of reading a file, as one message that names it."""
    if not isinstance(path, str | Path):
        raise ValueError(f"the path of a data file is {path!r}; it must be text, such as data.csv.")
    if not Path(path).is_file():
        raise ValueError(f"there is no file {path} (looked for from {Path.cwd()}).")
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def check_task(name: str, task: str) -> None:
    if task not in TASKS:
        raise ValueError(f"{name}.task is {task!r}; it must be classification or regression.")
