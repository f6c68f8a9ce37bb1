"""Cells as features: numbers, dates as numbers, the values of a category, and whether a cell is empty."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from experiments.data.datasets.dataset import Column

if TYPE_CHECKING:
    import pandas as pd

MISSING = "missing"  # the category of empty cells, and what is said of a number's or a date's
DAYS = "days"  # since 1970-01-01, whatever the rows: a day is the same number in every table
DATE_PARTS = ("year", "month", "day", "day_of_week", "hour")  # of a date, numbers as pandas has them; Monday is 0
DATE = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")  # what looks like one


def feature(cells: "pd.Series", column: Column) -> Float[Array, " N"]:
    """The cells of a table's column as one feature; NaN where a number or date is missing. Raises ValueError."""
    if column.value is not None:
        found: Any = as_text(cells) == column.value
    elif column.what == MISSING:
        found = cells.isna()
    elif column.what:
        found = of_dates(as_dates(cells), column.what)
    else:
        found = cells
    numbers: Array = found.to_numpy(float, na_value=np.nan)
    return numbers


def as_text(cells: "pd.Series") -> "pd.Series":
    """The values of a category; empty cells are one of their own. Numbers are written alike whether or not others are missing."""
    return (cells.astype("Int64") if is_whole(cells) else cells).astype(str).where(cells.notna(), MISSING)


def of_dates(dates: "pd.Series", what: str) -> "pd.Series":
    """A number for each date: days since 1970-01-01 with their fraction, or a part of the calendar."""
    import pandas as pd

    if what == DAYS:
        return (dates - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    part: pd.Series = getattr(dates.dt, what)
    return part


def as_dates(cells: "pd.Series", written: str | None = None) -> "pd.Series":
    """Dates, in universal time where they name a zone. Raises ValueError with the first cell that is none.

    Text must be as 2026-11-24 or 2026-11-24 18:30, or as the format `written` says.
    """
    import pandas as pd

    if cells.dtype.kind not in "M" or getattr(cells.dtype, "tz", None) is not None:
        text = cells.astype("Int64").astype("string") if is_whole(cells) else cells
        if is_whole(cells) and written is None:
            raise not_a_date(cells, cells.first_valid_index())
        dates = pd.to_datetime(text, format=written or "ISO8601", errors="coerce", utc=True)
        if (wrong := dates.isna() & cells.notna()).any():
            raise not_a_date(cells, wrong.idxmax())
        cells = dates.dt.tz_localize(None)
    return cells


def is_whole(cells: "pd.Series") -> bool:
    """Whether the cells are whole numbers, such as 20261124."""
    return cells.dtype.kind in "iuf" and bool((cells.dropna() % 1 == 0).all()) and bool(cells.notna().any())


def not_a_date(cells: "pd.Series", row: Any) -> ValueError:
    return ValueError(
        f"the column {cells.name!r} has {str(cells[row])!r} in row {row} (from 0), which is no date written as 2026-11-24; say how "
        "dates are written, such as dataset.date_format=%d/%m/%Y"
    )


def looks_like_dates(cells: "pd.Series") -> bool:
    """Whether the first cell that is not empty looks like a date."""
    known = cells.dropna()
    return cells.dtype.kind == "M" or bool(len(known) and DATE.match(str(known.iloc[0])))
