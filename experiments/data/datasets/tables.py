"""Tables with named columns: CSV, Parquet, and OpenML by name. A column that is ambiguous is refused, not guessed at.

The target's columns and the task are named in the config; categorical columns are one-hot encoded by scikit-learn.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.data.datasets import sizes
from experiments.data.datasets.columns import DATE_PARTS
from experiments.data.datasets.dataset import Dataset, of_size
from experiments.data.datasets.encoding import Cells, from_tables
from experiments.data.datasets.files import check_task, check_two, opened
from experiments.data.datasets.gaps import checked_gaps
from experiments.data.datasets.table_checks import Columns, Table
from experiments.data.datasets.table_files import read_csv, read_parquet

if TYPE_CHECKING:
    import pandas as pd


@of_size(sizes.of_csv)
def csv(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    dates: Sequence[str] = (),
    date_parts: Sequence[str] = (),
    date_format: str | None = None,
    missing: str | None = None,
    indicator: bool = False,
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
    columns = columns_of(target, categorical, drop, dates, marks)
    cells = Cells(checked_gaps(missing, indicator), date_format, checked_parts(date_parts))
    return read_tables("csv", path, test_path, read, task, columns, cells)


@of_size(sizes.of_parquet)
def parquet(
    path: str,
    target: str | Sequence[str],
    task: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    dates: Sequence[str] = (),
    date_parts: Sequence[str] = (),
    date_format: str | None = None,
    missing: str | None = None,
    indicator: bool = False,
    test_path: str | None = None,
    marks: Sequence[str] = (),
) -> Dataset:
    """A Parquet table. `test_path`: a second file of the same columns, the data's own test rows. `marks` as of a text table."""
    columns = columns_of(target, categorical, drop, dates, marks)
    cells = Cells(checked_gaps(missing, indicator), date_format, checked_parts(date_parts))
    return read_tables("parquet", path, test_path, read_parquet, task, columns, cells)


def openml(
    name: str,
    version: int = 1,
    target: str | None = None,
    task: str = "classification",
    drop: Sequence[str] = (),
    missing: str | None = None,
    indicator: bool = False,
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
    columns = Columns(["target of openml"], categorical, dropped, [])
    table_of_all = Table(f"openml.org, {name} version {version}", rows)
    return from_tables(name, [table_of_all], task, columns, Cells(checked_gaps(missing, indicator)))


def read_tables(
    kind: str,
    path: str,
    test_path: str | None,
    read: Callable[[str], "pd.DataFrame"],
    task: str,
    columns: Columns,
    cells: Cells,
) -> Dataset:
    """The dataset in one file, or in a training and a test file."""
    check_task(kind, task)
    tables = []
    for file in [path] if test_path is None else [path, test_path]:
        with opened(file):
            tables.append(Table(file, read(file)))
    check_two(path, test_path, "dataset.test_path")
    return from_tables(Path(path).stem, tables, task, columns, cells)


def columns_of(target: object, categorical: object, drop: object, dates: object, marks: object) -> Columns:
    roles = {"target": target, "categorical": categorical, "drop": drop, "dates": dates, "marks": marks}
    return Columns(*(named(key, asked) for key, asked in roles.items()))


def checked_parts(parts: object) -> list[str]:
    """Raises ValueError unless these are parts of a date."""
    names = named("date_parts", parts)
    if unknown := sorted(set(names) - set(DATE_PARTS)):
        raise ValueError(f"dataset.date_parts names {unknown[0]!r}; it may name {', '.join(DATE_PARTS)}.")
    return names


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
