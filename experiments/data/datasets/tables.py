"""Tables with named columns: CSV, Parquet, and OpenML by name. A column that is ambiguous is refused, not guessed at.

The target's columns and the task are named in the config; categorical columns are one-hot encoded by scikit-learn.
"""

import csv as text
import re
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backprop.arrays import Array
from experiments.data.datasets import sizes
from experiments.data.datasets.dataset import Column, Dataset, of_size
from experiments.data.datasets.files import as_dataset, check_task, check_two, listed, opened

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 1000  # of a categorical column


class Columns(NamedTuple):
    """The roles that the config gives to a table's columns; all others are numeric features."""

    target: list[str]
    categorical: list[str]
    drop: list[str]


class Table(NamedTuple):
    """Rows, and the file that they are from."""

    source: str
    rows: "pd.DataFrame"


@of_size(sizes.of_csv)
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
    separator = "\t" if separator == "\\t" else separator  # as people type a tab
    if not isinstance(separator, str) or len(separator) != 1:
        raise ValueError(rf"dataset.separator is {separator!r}; it must be one character, or \t for a tab.")
    read = partial(read_csv, separator=separator)
    return read_tables("csv", path, test_path, read, target, task, categorical, drop)


@of_size(sizes.of_parquet)
def parquet(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    test_path: str | None = None,
) -> Dataset:
    """A Parquet table. `test_path`: a second file of the same columns, the data's own test rows."""
    return read_tables("parquet", path, test_path, read_parquet, target, task, categorical, drop)


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
            f"openml.name is {name!r} (version {version}), which cannot be had: {error}. "
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
) -> Dataset:
    """The dataset in one file, or in a training and a test file."""
    check_task(kind, task)
    tables = []
    for file in [path] if test_path is None else [path, test_path]:
        with opened(file):
            tables.append(Table(file, read(file)))
    check_two(path, test_path, "dataset.test_path")
    columns = Columns(named("target", target), named("categorical", categorical), named("drop", drop))
    return from_tables(Path(path).stem, tables, task, columns)


def named(key: str, columns: object) -> list[str]:
    """Column names from one name, a list of them, or nothing. Raises ValueError for anything else, or a name twice."""
    names = [columns] if isinstance(columns, str | int) else columns or []
    if not isinstance(names, list | tuple) or not all(isinstance(name, str | int) for name in names):
        raise ValueError(f"dataset.{key} is {columns!r}; it must be a column's name, or a list of them.")
    found = [str(name) for name in names]
    for name in found:
        if found.count(name) > 1:
            raise ValueError(f"dataset.{key} names {name!r} twice; name each column once.")
    return found


def read_csv(path: str, separator: str) -> "pd.DataFrame":
    """A text table whose rows all have as many fields as its header. Raises ValueError."""
    import pandas as pd

    try:
        header = pd.read_csv(
            path, sep=separator, skipinitialspace=True, header=None, nrows=1, dtype=str, keep_default_na=False
        )
        names = header.iloc[0].tolist()
        check_header(names, separator)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(path, sep=separator, skipinitialspace=True, index_col=False, low_memory=False)
    except pd.errors.EmptyDataError as error:
        raise ValueError("it is empty; its first row must name the columns") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not text in UTF-8 ({error}); save it as UTF-8") from error
    except (pd.errors.ParserWarning, pd.errors.ParserError) as error:
        raise ValueError(uneven_row(path, separator, len(names)) or str(error)) from error
    if len(table) and table.iloc[:, -1].isna().any() and (uneven := uneven_row(path, separator, len(names))):
        raise ValueError(uneven)
    return table


def check_header(names: Sequence[str], separator: str) -> None:
    """Raises ValueError for a first row of one column, with duplicate names, or that looks like data."""
    doubtful = " If the first row is data, write a row of names above it." if all(map(is_number, names)) else ""
    if len(names) == 1:
        others = [sign for sign in ";\t|," if sign in names[0] and sign != separator]
        looks = f"; it looks like dataset.separator='\"{others[0]}\"'".replace("\t", r"\t") if others else ""
        raise ValueError(f"it has one column, {names[0]!r}, with dataset.separator {separator!r}{looks}")
    for name in names:
        if name and names.count(name) > 1:
            raise ValueError(
                f"{names.count(name)} of its columns are called {name!r}; each must have its own name.{doubtful}"
            )
    if doubtful and not all(re.fullmatch(r"\d+", name) for name in names):
        raise ValueError(f"its first row is {listed(names)}; it must name the columns.{doubtful}")


def uneven_row(path: str, separator: str, width: int) -> str:
    """Describe the first line with more or fewer fields than the header; empty where there is none, or the file is packed."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = text.reader(file, delimiter=separator, skipinitialspace=True)
            for row in rows:
                fields = len(row) - (len(row) == width + 1 and row[-1] == "")  # a separator at the end of a line
                if row and fields != width:
                    return (
                        f"line {rows.line_num} has {fields} fields, but the header {width}; every row must have as many "
                        f"(a field with {separator!r} in it stands in double quotes)"
                    )
    except (UnicodeDecodeError, text.Error):
        pass
    return ""


def read_parquet(path: str) -> "pd.DataFrame":
    """Read a Parquet table. Raises ValueError for one with an index, whose columns the config could not name."""
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"it is not Parquet, or damaged ({error}); for a text table take dataset=csv") from error
    index = [name for name in table.index.names if name is not None]
    if index:
        raise ValueError(f"it keeps {listed(index)} as the index of its rows; save it after reset_index()")
    return table.rename(columns=str)


def from_tables(name: str, tables: Sequence[Table], task: str, columns: Columns) -> Dataset:
    """Features and targets of a table, or of a training and a test table. Raises ValueError."""
    import pandas as pd

    check_columns(tables[0], columns, task)
    kept = [table._replace(rows=table.rows.drop(columns=columns.drop, errors="ignore")) for table in tables]
    for table in kept:
        check_same_columns(table, kept[0])
        check_cells(table, columns, task)
    rows = pd.concat([table.rows for table in kept], ignore_index=True)
    own_test = np.arange(len(kept[0].rows), len(rows)) if len(kept) > 1 else None
    numeric = rows.drop(columns=[*columns.target, *columns.categorical])
    x, called = numeric.to_numpy(float), [Column(str(name)) for name in numeric]
    if columns.categorical:
        values, codes = coded(kept, rows[columns.categorical].astype(str))
        x, called = np.concatenate([x, codes], axis=1), called + values
    y = rows[columns.target[0]] if task == "classification" else rows[columns.target]
    return as_dataset(name, tables[0].source, task, x, y.to_numpy(), own_test, called)


def check_columns(table: Table, columns: Columns, task: str) -> None:
    """Raises ValueError where the config names a column that does not exist, or one column for two purposes."""
    known = list(table.rows.columns)
    if not columns.target:
        raise ValueError(f"dataset.target names no column; it must be one of {table.source}: {listed(known)}.")
    for key, names in columns._asdict().items():
        for name in names:
            if name not in known:
                raise ValueError(f"{table.source} has no column {name!r} (dataset.{key}), only {listed(known)}.")
            if known.count(name) > 1:
                raise ValueError(
                    f"{table.source} has {known.count(name)} columns {name!r}; each must have its own name."
                )
    for one, other in (("target", "categorical"), ("target", "drop"), ("categorical", "drop")):
        if both := set(getattr(columns, one)) & set(getattr(columns, other)):
            raise ValueError(
                f"dataset.{one} and dataset.{other} both name {listed(sorted(both))}; take it out of dataset.{other}"
                + (": labels need no encoding." if other == "categorical" else ".")
            )
    if task == "classification" and len(columns.target) > 1:
        raise ValueError(
            f"{table.source}: dataset.target names {len(columns.target)} columns; classification takes one column of labels."
        )
    unnamed = [name for name in known if re.fullmatch(r"Unnamed: \d+", str(name)) and name not in columns.drop]
    if unnamed:
        raise ValueError(
            f"{table.source} has a column without a name (so are row numbers saved); name it in the file, or leave it out: "
            f"'dataset.drop=[\"{unnamed[0]}\"]'."
        )


def check_same_columns(table: Table, first: Table) -> None:
    """Raises ValueError unless both have the same columns, in whatever order."""
    ours, theirs = set(first.rows), set(table.rows)
    if ours != theirs:
        differ = [f"{table.source} lacks {listed(sorted(ours - theirs))}"] if ours - theirs else []
        differ += [f"{first.source} lacks {listed(sorted(theirs - ours))}"] if theirs - ours else []
        raise ValueError(f"{' and '.join(differ)}; a test table must have the columns of the training table.")


def check_cells(table: Table, columns: Columns, task: str) -> None:
    """Raises ValueError for a table without rows, an empty cell, or anything but finite numbers in a numeric column."""
    rows, source = table.rows, table.source
    if not len(rows):
        raise ValueError(f"{source} has a header but no rows.")
    missing = rows.isna().to_numpy()
    if missing.any():
        row, column = np.argwhere(missing)[0]
        raise ValueError(
            f"{source} has {missing.sum()} empty cells, the first in column {rows.columns[column]!r}, row {row} (from 0; words "
            "such as NA and null count as empty); fill them, or leave the column out with dataset.drop."
        )
    numeric = rows.drop(columns=[*columns.categorical, *columns.target])
    if words := [name for name in numeric if numeric[name].dtype.kind not in "iufb"]:
        raise ValueError(
            f"{source}: the columns {listed(words)} are not numbers; name them in dataset.categorical or dataset.drop."
            f"{first_word(rows[words[0]])}"
        )
    if task == "regression":
        for name in columns.target:
            if rows[name].dtype.kind not in "iufb":
                raise ValueError(
                    f"{source}: the target {name!r} is not numbers; for classes take dataset.task=classification."
                    f"{first_word(rows[name])}"
                )
        numeric = rows.drop(columns=columns.categorical)
    infinite = np.isinf(numeric.to_numpy(float))
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise ValueError(
            f"{source} holds NaN or infinite values, the first in column {numeric.columns[column]!r}, row {row} (from 0); "
            "repair or remove those rows."
        )


def first_word(column: "pd.Series") -> str:
    """Describe the first value that keeps a column from being numeric, and how to write it."""
    import pandas as pd

    words = column[pd.to_numeric(column, errors="coerce").isna()] if column.dtype.kind not in "mM" else column
    if not len(words):
        return f" {column.name!r} has numbers of more than 64 bits; save them as floats."
    cell = str(words.iloc[0])
    told = f" Row {words.index[0]} (from 0) of {column.name!r} has {cell!r}"
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", cell):
        return f"{told}: write it without commas, as {cell.replace(',', '')}."
    return (
        f"{told}: write it with a point, as {cell.replace(',', '.')}."
        if re.fullmatch(r"[-+]?\d*,\d+", cell)
        else f"{told}."
    )


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


def is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
