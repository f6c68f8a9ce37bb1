"""Tables with named columns: CSV, Parquet, and OpenML by name. A column that is ambiguous is refused, not guessed at.

The target's columns and the task are named in the config; categorical columns are one-hot encoded by scikit-learn.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backprop.arrays import Array
from experiments.data.datasets import sizes
from experiments.data.datasets.dataset import Column, Dataset, of_size
from experiments.data.datasets.files import as_dataset, check_task, check_two, listed, opened
from experiments.data.datasets.table_checks import Columns, Table, check_cells, check_columns, check_same_columns
from experiments.data.datasets.table_files import read_csv, read_parquet

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 1000  # of a categorical column


@of_size(sizes.of_csv)
def csv(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    separator: str = ",",
    test_path: str | None = None,
    marks: Sequence[str] = (),
) -> Dataset:
    """A text table with a header row. `test_path`: a second file of the same columns, the data's own test rows.

    `marks` are columns that are no features, but say how to split: patients, dates.
    """
    separator = "\t" if separator == "\\t" else separator  # as people type a tab
    if not isinstance(separator, str) or len(separator) != 1:
        raise ValueError(rf"dataset.separator is {separator!r}; it must be one character, or \t for a tab.")
    read = partial(read_csv, separator=separator)
    return read_tables("csv", path, test_path, read, target, task, categorical, drop, marks)


@of_size(sizes.of_parquet)
def parquet(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    test_path: str | None = None,
    marks: Sequence[str] = (),
) -> Dataset:
    """A Parquet table. `test_path`: a second file of the same columns, the data's own test rows. `marks` as of a text table."""
    return read_tables("parquet", path, test_path, read_parquet, target, task, categorical, drop, marks)


def openml(
    name: str,
    version: int = 1,
    target: str | None = None,
    task: str = "classification",
    drop: Sequence[str] = (),
    cache: str = "runs/data",
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
            f"openml.name is {name!r} (version {version}), which cannot be downloaded: {error}. "
            f"It needs the internet once, or a copy in {cache}."
        ) from error
    features = table.data
    words = [column for column in features if features[column].dtype.kind not in "iufb"]
    dropped = named("drop", drop)
    categorical = [column for column in words if column not in dropped]
    rows = features.assign(**{"target of openml": table.target})
    columns = Columns(["target of openml"], categorical, dropped)
    return from_tables(name, [Table(f"openml.org, {name} version {version}", rows)], task, columns)


def read_tables(
    kind: str,
    path: str,
    test_path: str | None,
    read: Callable[[str], "pd.DataFrame"],
    target: object,
    task: str,
    categorical: object,
    drop: object,
    marks: object,
) -> Dataset:
    """The dataset in one file, or in a training and a test file."""
    check_task(kind, task)
    tables = []
    for file in [path] if test_path is None else [path, test_path]:
        with opened(file):
            tables.append(Table(file, read(file)))
    check_two(path, test_path, "dataset.test_path")
    roles = {"target": target, "categorical": categorical, "drop": drop, "marks": marks}
    columns = Columns(*(named(key, asked) for key, asked in roles.items()))
    return from_tables(Path(path).stem, tables, task, columns)


def named(key: str, columns: object) -> list[str]:
    """Column names from one name, a list of them, or nothing. Raises ValueError for anything else, or a name twice."""
    names = [columns] if isinstance(columns, str | int) else columns or []
    if not isinstance(names, list | tuple) or not all(isinstance(name, str | int) for name in names):
        raise ValueError(f"dataset.{key} is {columns!r}; it must be a column's name, or a list of them.")
    texts = [str(name) for name in names]
    for name in texts:
        if texts.count(name) > 1:
            raise ValueError(f"dataset.{key} names {name!r} twice; name each column once.")
    return texts


def from_tables(name: str, tables: Sequence[Table], task: str, columns: Columns) -> Dataset:
    """Features and targets of a table, or of a training and a test table. Raises ValueError."""
    import pandas as pd

    check_columns(tables[0], columns, task)
    kept = [table._replace(rows=table.rows.drop(columns=columns.drop, errors="ignore")) for table in tables]
    for table in kept:
        check_same_columns(table, kept[0])
        check_cells(table, columns, task)
    rows = pd.concat([table.rows for table in kept], ignore_index=True)
    marks = {name: rows.pop(name).to_numpy() for name in columns.marks}
    own_test = np.arange(len(kept[0].rows), len(rows)) if len(kept) > 1 else None
    numeric = rows.drop(columns=[*columns.target, *columns.categorical])
    x, called = numeric.to_numpy(float), [Column(str(name)) for name in numeric]
    if columns.categorical:
        values, codes = coded(kept, rows[columns.categorical].astype(str))
        x, called = np.concatenate([x, codes], axis=1), called + values
    y = rows[columns.target[0]] if task == "classification" else rows[columns.target]
    data = as_dataset(name, tables[0].source, task, x, y.to_numpy(), own_test, called)
    return replace(data, marks=marks) if marks else data


def coded(tables: Sequence[Table], rows: "pd.DataFrame") -> tuple[list[Column], Array]:
    """The names of the one-hot features of categorical columns, and the features.

    Raises ValueError for a column with too many values (such as row names), or a value that no training row has.
    """
    from sklearn.preprocessing import OneHotEncoder

    train, test = rows[: len(tables[0].rows)], rows[len(tables[0].rows) :]
    for name in rows:
        known = set(train[name])
        if len(known) > min(len(train) / 2, MOST_VALUES):
            raise ValueError(
                f"{tables[0].source}: the categorical column {name!r} has {len(known)} values in {len(train)} rows; there must "
                f"be at most half as many as rows, and {MOST_VALUES}. Leave it out with dataset.drop, or group its values."
            )
        if new := sorted(set(test[name]) - known):
            raise ValueError(
                f"{tables[1].source}: the column {name!r} has values that no row of {tables[0].source} has: {listed(new)}; "
                "remove those rows, or leave the column out with dataset.drop."
            )
    encoder = OneHotEncoder(sparse_output=False)
    codes = encoder.fit_transform(rows)
    columns = zip(rows, encoder.categories_, strict=True)
    return [Column(str(name), str(value)) for name, values in columns for value in values], codes
