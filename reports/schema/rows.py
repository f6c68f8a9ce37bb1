"""Read the errors of rows on demand: crossed intervals, calibration and ensembles can be made of them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.schema import HELD_OUT, OUTPUTS, ROW_AT, ROWS, WRONG
from reports.schema.artifacts import artifact, has_artifact
from reports.schema.record import Unreadable, is_of_numbers

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def errors(client: Any, run_id: str, at: str = "") -> "pd.DataFrame":
    """The errors of a recorded cell's rows: columns seed, part, row, error (1 wrong, 0 right, or the squared error).

    `at` is a step or a rule of selection (selected/last, selected/best_validation, selected/oracle); without it, what the
    experiment's own rule takes. Raises Unreadable where the cell has no errors of rows, or none at that step.
    """
    with TemporaryDirectory() as folder:
        return frame(rows_of(client, run_id, folder), at)


def rows_of(client: Any, run_id: str, folder: str) -> "pa.Table":
    """A cell's table of rows, checked. Raises Unreadable."""
    if not has_artifact(client, run_id, ROWS):
        raise Unreadable(f"run {run_id} has no {ROWS}: where no network is trained, no row has an error")
    return read_rows(artifact(client, run_id, ROWS, folder))


def frame(table: "pa.Table", at: str = "") -> "pd.DataFrame":
    """The errors of a table of rows at one step, or of one rule."""
    import pandas as pd

    stated = description(table)
    wanted = str(at) or stated["own"]
    if wanted not in stated["at"]:
        raise Unreadable(f"the errors of rows are kept at {', '.join(stated['at'])}, not at {wanted!r}")
    numbers = {name: table[name].to_numpy().astype(int) for name in ("seed", "row")}
    part = pd.Categorical.from_codes(parts(table), HELD_OUT)
    return pd.DataFrame({"seed": numbers["seed"], "part": part, "row": numbers["row"], "error": column(table, wanted)})


def parts(table: "pa.Table") -> Any:
    """The part of each row, as its place in HELD_OUT."""
    words = table["part"].combine_chunks().dictionary_encode()
    return np.array([HELD_OUT.index(word) for word in words.dictionary.to_pylist()])[words.indices.to_numpy()]


def column(table: "pa.Table", at: str) -> Any:
    """The errors at one step or rule: 1 and 0, or squared errors."""
    if WRONG not in table.column_names:
        return table[at].to_numpy()
    bits, place = packed(table), description(table)["at"].index(at)
    return bits[:, place // 8] >> np.uint8(place % 8) & 1


def packed(table: "pa.Table") -> Any:
    """The bits of each row, (N, bytes)."""
    width = table.schema.field(WRONG).type.byte_width
    chunks = [np.frombuffer(chunk.buffers()[1], np.uint8)[chunk.offset * width :] for chunk in table[WRONG].chunks]
    return np.concatenate(chunks).reshape(-1, width)[: len(table)]


def description(table: "pa.Table") -> dict[str, Any]:
    stated: dict[str, Any] = json.loads(table.schema.metadata[ROW_AT.encode()])
    return stated


def read_rows(file: Path) -> "pa.Table":
    """A cell's table of rows. Raises Unreadable if the file holds no such table."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(file).read().combine_chunks()
        wrong = what_is_wrong(table)
    except (pa.ArrowException, OSError) as error:
        wrong = str(error).strip().split("\n", 1)[0].removesuffix(".")
    if wrong:
        raise Unreadable(
            f"the errors of a cell's rows, {file}, cannot be read: {wrong}; run its command again with execution.force=true"
        )
    return table


def what_is_wrong(table: "pa.Table") -> str:
    """What is wrong with a table of rows; empty if nothing is."""
    import pyarrow as pa

    kinds = {field.name: field.type for field in table.schema}
    try:
        stated = description(table)
        at, own = stated["at"], stated["own"]
        fine = own in at and all(isinstance(step, str) for step in at)
    except (KeyError, TypeError, ValueError, RecursionError):
        fine = False
    if not fine:
        return f"its description, {ROW_AT!r}, does not say at which steps"
    for name in ("seed", "row"):
        if name not in kinds or not pa.types.is_integer(kinds[name]):
            return f"it has no column {name!r} of whole numbers"
    if "part" not in kinds or not set(table["part"].unique().to_pylist()) <= set(HELD_OUT):
        return f"it has no column 'part' of {' and '.join(HELD_OUT)}"
    if any(table[name].null_count for name in table.column_names):
        return "it has empty cells"
    if WRONG in kinds:
        fits = pa.types.is_fixed_size_binary(kinds[WRONG]) and kinds[WRONG].byte_width == -(-len(at) // 8)
        return "" if fits else f"its column {WRONG!r} must have one bit for each of {len(at)} steps"
    lacks = [name for name in at if name not in kinds or not is_of_numbers(kinds[name])]
    outputs = [name for name in kinds if name.startswith(OUTPUTS) and not pa.types.is_fixed_size_list(kinds[name])]
    return f"it has no numbers {(lacks + outputs)[0]!r}" if lacks + outputs else ""
