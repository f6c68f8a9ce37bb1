"""Checks of a table's columns and cells: what is missing, ambiguous or not a number is refused, with the place where it is."""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.data.datasets.columns import looks_like_dates
from experiments.data.datasets.files import listed
from experiments.data.datasets.gaps import HOW, Gaps

if TYPE_CHECKING:
    import pandas as pd


class Columns(NamedTuple):
    """The roles that the config gives to a table's columns; all others are numeric features."""

    target: list[str]
    categorical: list[str]
    drop: list[str]
    dates: list[str]
    marks: Sequence[str] = ()  # no features: splits go by them


class Table(NamedTuple):
    """Rows, and the file that they are from."""

    source: str
    rows: "pd.DataFrame"


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
    for first, second in combinations(("target", "categorical", "dates", "marks", "drop"), 2):
        if both := set(getattr(columns, first)) & set(getattr(columns, second)):
            raise ValueError(
                f"dataset.{first} and dataset.{second} both name {listed(sorted(both))}; take it out of dataset.{second}"
                + (": labels need no encoding." if second == "categorical" else ".")
            )
    if task == "classification" and len(columns.target) > 1:
        raise ValueError(
            f"{table.source}: dataset.target names {len(columns.target)} columns; classification takes one column of labels."
        )
    unnamed = [name for name in known if re.fullmatch(r"Unnamed: \d+", str(name)) and name not in columns.drop]
    if unnamed:
        raise ValueError(
            f"{table.source} has a column without a name (row numbers are often saved so); name it in the file, or leave it out: "
            f"'dataset.drop=[\"{unnamed[0]}\"]'."
        )


def check_same_columns(table: Table, first: Table) -> None:
    """Raises ValueError unless both have the same columns, in whatever order."""
    ours, theirs = set(first.rows), set(table.rows)
    if ours != theirs:
        differ = [f"{table.source} lacks {listed(sorted(ours - theirs))}"] if ours - theirs else []
        differ += [f"{first.source} lacks {listed(sorted(theirs - ours))}"] if theirs - ours else []
        raise ValueError(f"{' and '.join(differ)}; a test table must have the same columns as the training table.")


def check_cells(table: Table, columns: Columns, task: str, gaps: Gaps) -> None:
    """Raises ValueError for a table without rows, a gap that nothing fills, or anything but finite numbers in a numeric column."""
    rows, source = table.rows, table.source
    if not len(rows):
        raise ValueError(f"{source} has a header but no rows.")
    check_gaps(table, columns, gaps)
    numeric = rows.drop(columns=[*columns.categorical, *columns.dates, *columns.target, *columns.marks])
    if words := [name for name in numeric if numeric[name].dtype.kind not in "iufb"]:
        raise ValueError(
            f"{source}: the columns {listed(words)} are not numbers; name them in dataset.categorical or dataset.drop."
            f"{maybe_dates(rows[words])}{first_word(rows[words[0]])}"
        )
    if task == "regression":
        for name in columns.target:
            if rows[name].dtype.kind not in "iufb":
                raise ValueError(
                    f"{source}: the target {name!r} is not numbers; for classes use dataset.task=classification."
                    f"{first_word(rows[name])}"
                )
        numeric = rows.drop(columns=[*columns.categorical, *columns.dates, *columns.marks])
    infinite = np.isinf(numeric.to_numpy(float, na_value=np.nan))
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise ValueError(
            f"{source} holds NaN or infinite values, the first in column {numeric.columns[column]!r}, row {row} (from 0); "
            "repair or remove those rows."
        )


def check_gaps(table: Table, columns: Columns, gaps: Gaps) -> None:
    """Raises ValueError for an empty cell among targets, or among features where it is not said how they are filled."""
    missing = table.rows.isna()
    unfilled = [*columns.target, *columns.marks]
    some = missing[unfilled] if gaps.missing else missing
    if not some.to_numpy().any():
        return
    row, column = np.argwhere(some.to_numpy())[0]
    counts = some.sum()
    names = [name for name in some if counts[name]]
    start = (
        f"{table.source} has {counts.sum()} empty cells, the first in column {some.columns[column]!r}, row {row} (from 0; words "
        f"such as NA and null count as empty): {listed([f'{name}: {counts[name]}' for name in names])}; "
    )
    if lacking := [name for name in names if name in unfilled]:
        what = "target" if lacking[0] in columns.target else "mark"
        raise ValueError(f"{start}the {what} {lacking[0]!r} cannot be filled: remove those rows from the file.")
    raise ValueError(
        f"{start}each seed's training rows fill them with {HOW}, or leave the columns out with dataset.drop."
    )


def maybe_dates(words: "pd.DataFrame") -> str:
    """How to name the columns that look like dates."""
    dates = [str(name) for name in words if looks_like_dates(words[name])]
    return f" Dates become numbers with 'dataset.dates=[{','.join(dates)}]'." if dates else ""


def first_word(column: "pd.Series") -> str:
    """Describe the first value that keeps a column from being numeric, and how to write it."""
    import pandas as pd

    words = column[pd.to_numeric(column, errors="coerce").isna()] if column.dtype.kind not in "mM" else column
    if not len(words):
        return f" {column.name!r} has numbers of more than 64 bits; save them as floats."
    cell = str(words.iloc[0])
    place = f" Row {words.index[0]} (from 0) of {column.name!r} has {cell!r}"
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", cell):
        return f"{place}: write it without commas, as {cell.replace(',', '')}."
    return (
        f"{place}: write it with a point, as {cell.replace(',', '.')}."
        if re.fullmatch(r"[-+]?\d*,\d+", cell)
        else f"{place}."
    )
