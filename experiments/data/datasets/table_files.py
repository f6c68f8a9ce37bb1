"""Reads the files of tables: text with a header row, and Parquet. What is malformed is refused, with the line where it is."""

import csv as text
import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.data.datasets.files import listed

if TYPE_CHECKING:
    import pandas as pd


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
                        f"line {rows.line_num} has {fields} fields, but the header has {width}; every row must have that many "
                        f"(a field with {separator!r} in it must stand in double quotes)"
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
        raise ValueError(f"it is not Parquet, or damaged ({error}); for a text table use dataset=csv") from error
    index = [name for name in table.index.names if name is not None]
    if index:
        raise ValueError(f"it keeps {listed(index)} as the index of its rows; save it after reset_index()")
    return table.rename(columns=str)


def is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
