"""What a sweep has recorded, checked before it is used: its list of cells, and the curves of each."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports.artifacts import artifact, has_artifact, is_run_id

RECORD = {
    "name": str,
    "study": dict,
    "axes": list,
    "cells": list,
}  # of sweep.json: keys that it must have, and of which type
STUDY = {"name": str, "question": str, "baseline": dict, "choose": list}
CELL = {"run_id": str, "name": str, "axes": dict, "status": str}


class Unreadable(OSError):
    """A record that is cut off, foreign, or of another shape; the message names the file and the way out."""


def read_record(client: Any, run_id: str) -> dict[str, Any] | None:
    """The sweep.json of a sweep's run; None if it ended before it had one. Raises Unreadable for what is none."""
    if not has_artifact(client, run_id, "sweep.json"):
        return None
    with TemporaryDirectory() as folder:
        file = artifact(client, run_id, "sweep.json", folder)
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            wrong: str | None = f"it is no JSON: {error}"
        else:
            wrong = what_is_wrong(record)
    if wrong is not None:
        raise Unreadable(f"the record of sweep {run_id}, {file}, cannot be read: {wrong}; run its command again")
    return record


def what_is_wrong(record: Any) -> str | None:
    """What a sweep.json has that it must not have, or lacks; None if it is one."""
    places = [("it", record, RECORD)]
    if isinstance(record, dict):
        cells = record.get("cells")
        places += [("study", record.get("study"), STUDY)]
        places += [(f"cells[{n}]", cell, CELL) for n, cell in enumerate(cells if isinstance(cells, list) else [])]
    for place, value, shape in places:
        if not isinstance(value, dict):
            return f"{place} is no mapping"
        for key, kind in shape.items():
            if not isinstance(value.get(key), kind):
                return f"{place} has no {key!r} that is a {kind.__name__}"
    named = [*record["axes"], *(text for cell in record["cells"] for text in cell["axes"].values())]
    if not all(isinstance(text, str) for text in named):
        return "an axis or its value is no text"
    if not is_name(record["name"]):
        return f"{record['name']!r} is no name of a sweep"
    bad = [cell["run_id"] for cell in record["cells"] if cell["run_id"] and not is_run_id(cell["run_id"])]
    return f"{bad[0]!r} is no id of a run" if bad else None


def read_table(file: Path) -> Any:
    """A cell's curves, as Arrow has them. Raises Unreadable for a file that holds none."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(pa.BufferReader(file.read_bytes())).read()  # Arrow takes names in UTF-8 alone
    except (pa.ArrowException, OSError) as error:
        wrong = str(error).strip().split("\n", 1)[0]
    else:
        kinds = {field.name: field.type for field in table.schema}
        lacks = [name for name in ("seed", "step", "epoch", "selected") if name not in kinds]
        numbers = [name for name, kind in kinds.items() if not is_of_numbers(kind)]
        wrong = (
            f"it has no column {lacks[0]!r}" if lacks else f"column {numbers[0]!r} holds no numbers" if numbers else ""
        )
        if not wrong and not (pa.types.is_boolean(kinds["selected"]) and len(table)):
            wrong = "it selects no rows"
    if wrong:
        raise Unreadable(
            f"the curves of a cell, {file}, cannot be read: {wrong}; run its command again with execution.force=true"
        )
    return table


def is_of_numbers(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)


def is_name(sweep: Any) -> bool:
    """Whether a sweep may have that name: a study's, and when it was started.

    >>> [is_name(name) for name in ("none 2026-11-23 12:30:00 (2)", "..", "a/../b", "", "a\\0")]
    [True, False, False, False, False]
    """
    return isinstance(sweep, str) and re.fullmatch(r"[\w .:+()-]*\w[\w .:+()-]*", sweep) is not None
