"""Writes and reads the errors of every row as a Parquet table, whose metadata says how to read it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.arrays import Array
from experiments.study.rows import Rows
from reports.schema import HELD_OUT, OUTPUTS, ROW_AT, WRONG
from reports.schema.rows import description, packed, parts

if TYPE_CHECKING:
    import pyarrow as pa


def row_table(rows: Rows) -> "pa.Table":
    """The table to record: one row per seed and row of the data; its metadata says how to read the errors."""
    import pyarrow as pa

    part = pa.DictionaryArray.from_arrays(rows.part, list(HELD_OUT))
    columns: dict[str, Any] = {"seed": rows.seed, "part": part, "row": rows.row}
    if rows.errors.dtype == np.uint8:
        columns[WRONG] = in_cells(rows.errors, pa.binary(rows.errors.shape[1]))
    else:
        columns |= {name: np.ascontiguousarray(rows.errors[:, place]) for place, name in enumerate(rows.at)}
    for name, values in rows.outputs.items():
        columns[OUTPUTS + name] = pa.FixedSizeListArray.from_arrays(values.ravel(), values.shape[1])
    return pa.table(columns).replace_schema_metadata({ROW_AT: json.dumps({"at": rows.at, "own": rows.own})})


def in_cells(values: Array, kind: "pa.DataType") -> "pa.Array":
    """Packs the bytes of each row into one value of a column."""
    import pyarrow as pa

    return pa.FixedSizeBinaryArray.from_buffers(kind, len(values), [None, pa.py_buffer(values.tobytes())])


def write_rows(file: Path, rows: Rows) -> None:
    """Writes the table as small as possible: seed and row numbers delta-encoded, errors split byte by byte."""
    from pyarrow import parquet

    table = row_table(rows)
    errors = [name for name in table.column_names if name == WRONG or name in rows.at]
    encodings = {
        "seed": "DELTA_BINARY_PACKED",
        "row": "DELTA_BINARY_PACKED",
        **dict.fromkeys(errors, "BYTE_STREAM_SPLIT"),
    }
    parquet.write_table(
        table, file, compression="zstd", use_dictionary=["part"], column_encoding=encodings, write_statistics=False
    )


def from_row_table(table: "pa.Table") -> Rows:
    """Rebuilds the rows from their table."""
    stated = description(table)
    seed, row = (table[name].to_numpy().astype(np.uint32) for name in ("seed", "row"))
    if WRONG in table.column_names:
        errors = packed(table)
    else:
        errors = np.stack([table[name].to_numpy().astype("f4") for name in stated["at"]], axis=1)
    outputs = {
        name.removeprefix(OUTPUTS): np.asarray(table[name].combine_chunks().flatten(), "f4").reshape(len(row), -1)
        for name in table.column_names
        if name.startswith(OUTPUTS)
    }
    return Rows(seed, parts(table).astype(np.int8), row, tuple(stated["at"]), stated["own"], errors, outputs)
