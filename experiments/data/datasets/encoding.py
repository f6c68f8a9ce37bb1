"""A table's columns become features: numbers as they are, dates as days, categories one-hot by scikit-learn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backprop.arrays import Array
from experiments.data.datasets.columns import DAYS, as_dates, as_text, feature
from experiments.data.datasets.dataset import Column, Dataset
from experiments.data.datasets.files import as_dataset, listed
from experiments.data.datasets.gaps import Gaps
from experiments.data.datasets.table_checks import Columns, Table, check_cells, check_columns, check_same_columns

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 1000  # of a categorical column


class Cells(NamedTuple):
    """How cells that are no numbers become some."""

    gaps: Gaps = Gaps()
    date_format: str | None = None  # as strptime has it; None: as 2026-11-24
    date_parts: Sequence[str] = ()  # of DATE_PARTS, beside the days


def from_tables(name: str, tables: Sequence[Table], task: str, columns: Columns, cells: Cells) -> Dataset:
    """Features and targets of a table, or of a training and a test table. Raises ValueError."""
    import pandas as pd

    check_columns(tables[0], columns, task)
    kept = [table._replace(rows=table.rows.drop(columns=columns.drop, errors="ignore")) for table in tables]
    for table in kept:
        check_same_columns(table, kept[0])
        check_cells(table, columns, task, cells.gaps)
    kept = [dated(table, columns.dates, cells.date_format) for table in kept]
    rows = pd.concat([table.rows for table in kept], ignore_index=True)
    marks = {name: rows.pop(name).to_numpy() for name in columns.marks}
    own_test = np.arange(len(kept[0].rows), len(rows)) if len(kept) > 1 else None
    numeric = rows.drop(columns=[*columns.target, *columns.categorical, *columns.dates])
    of_dates = [Column(name, what=part) for name in columns.dates for part in (DAYS, *cells.date_parts)]
    called = [Column(str(name)) for name in numeric] + of_dates
    features = [numeric.to_numpy(float, na_value=np.nan), *(feature(rows[one.name], one)[:, None] for one in of_dates)]
    if columns.categorical:
        values, codes = coded(kept, rows[columns.categorical].apply(as_text))
        called, features = called + values, [*features, codes]
    x = np.concatenate(features, axis=1)
    y = rows[columns.target[0]] if task == "classification" else rows[columns.target]
    data = as_dataset(name, tables[0].source, task, x, y.to_numpy(), own_test, called, cells.gaps)
    return replace(data, marks=marks) if marks else data


def dated(table: Table, dates: Sequence[str], written: str | None) -> Table:
    """The table with dates in the columns that are named so. Raises ValueError for a cell that is none."""
    try:
        return table._replace(rows=table.rows.assign(**{name: as_dates(table.rows[name], written) for name in dates}))
    except ValueError as error:
        raise ValueError(f"{table.source}: {error}.") from error


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
