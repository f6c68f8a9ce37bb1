"""What a sweep has recorded, checked before it is used: its list of cells, and the curves of each."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports.schema import AT, CONFIRMS, CURVES, DIVERGED, FORMAT, OWN, SEEDS, SWEEP
from reports.schema.artifacts import artifact, has_artifact, is_run_id, place_of
from reports.schema.crossing import is_crossing
from reports.schema.names import is_name

RECORD = {
    "name": str,
    "study": dict,
    "axes": list,
    "cells": list,
}  # keys that sweep.json must have, and their types
STUDY = {"name": str, "question": str, "baseline": dict, "choose": list}
CELL = {"run_id": str, "name": str, "axes": dict, "status": str}


class Unreadable(OSError):
    """A record that is cut off, foreign, or of another shape; the message names the file and the way out."""


class OtherFormat(Unreadable):
    """A record that another version of this program has written; the message has both numbers and the way out."""


def read_record(client: Any, run_id: str) -> dict[str, Any] | None:
    """The sweep.json of a sweep's run; None if the run ended before it was written. Raises Unreadable or OtherFormat."""
    if not has_artifact(client, run_id, SWEEP):
        return None
    record: dict[str, Any] = sweep_json(client, run_id)
    check_format_of(record)
    check_shape(record, client, run_id)
    return record


def cells_listed(client: Any, run_id: str) -> list[str] | None:
    """The run ids of the cells that a sweep's run lists, in any format; None if it ended before. Raises Unreadable."""
    if not has_artifact(client, run_id, SWEEP):
        return None
    record = sweep_json(client, run_id)
    try:
        check_shape(record, client, run_id)
    except Unreadable:
        check_format_of(record)
        raise
    return [cell["run_id"] for cell in record["cells"] if is_run_id(cell["run_id"])]


def sweep_json(client: Any, run_id: str) -> Any:
    """Read the sweep.json of a run. Raises Unreadable if it is not JSON."""
    with TemporaryDirectory() as folder:
        try:
            return json.loads(artifact(client, run_id, SWEEP, folder).read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise unreadable(client, run_id, f"it is not JSON: {error}") from error


def check_shape(record: Any, client: Any, run_id: str) -> None:
    """Raises Unreadable for a record that lacks a key, or has a value of a wrong type."""
    wrong = what_is_wrong(record)
    if wrong is not None:
        raise unreadable(client, run_id, wrong)


def unreadable(client: Any, run_id: str, wrong: str) -> Unreadable:
    file = place_of(client, run_id, SWEEP) or SWEEP
    return Unreadable(f"the record of sweep {run_id}, {file}, cannot be read: {wrong}; run its command again")


def check_format_of(record: Any) -> None:
    """Raises OtherFormat for a list of cells that another version has written; the first format had no number."""
    if isinstance(record, dict) and "cells" in record:
        check_format(record.get("name"), record.get("format", 1))


def check_format(name: Any, number: Any) -> None:
    """Raises OtherFormat for a record that this version does not read."""
    if str(number) != str(FORMAT):
        raise OtherFormat(f"{name!r} was recorded {other_format(number)}")


def other_format(number: Any) -> str:
    """The part of a message with both format numbers, and the way out."""
    return (
        f"in format {number}, and this program reads format {FORMAT}: run the command again, or read the record with the "
        "version that made it (the run in MLflow names it under `versions`)"
    )


def what_is_wrong(record: Any) -> str | None:
    """What is wrong with the content of a sweep.json; None if nothing is."""
    places = [("it", record, RECORD)]
    if isinstance(record, dict):
        cells = record.get("cells")
        places += [("study", record.get("study"), STUDY)]
        places += [(f"cells[{n}]", cell, CELL) for n, cell in enumerate(cells if isinstance(cells, list) else [])]
    for place, value, shape in places:
        if not isinstance(value, dict):
            return f"{place} is not a mapping"
        for key, kind in shape.items():
            if not isinstance(value.get(key), kind):
                return f"{place} has no {key!r} that is a {kind.__name__}"
    named = [*record["axes"], *(text for cell in record["cells"] for text in cell["axes"].values())]
    if not all(isinstance(text, str) for text in named):
        return "an axis or its value is not text"
    if not all(is_settings(cell.get("settings", {})) for cell in record["cells"]):
        return "a cell's settings are no mapping of keys to texts"
    if not all(is_crossing(cell["crossed"]) for cell in record["cells"] if "crossed" in cell):
        return "a cell's crossing of its seeds does not say how many draws of which sources"
    if not is_name(record["name"]):
        return f"{record['name']!r} is not the name of a sweep"
    ids = [place[key] for place in (record, *record["cells"]) for key in ("run_id", CONFIRMS) if place.get(key)]
    bad = [text for text in ids if not is_run_id(text)]
    return f"{bad[0]!r} is not the id of a run" if bad else None


def is_settings(value: Any) -> bool:
    """Whether these may be a cell's values of keys that its study names and that are no axes."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


NEEDED = {CURVES: AT, SEEDS: ("seed", OWN, DIVERGED)}  # columns that a table of a cell must have


def read_table(file: Path, name: str) -> Any:
    """A cell's curves, or its table of seeds, as an Arrow table. Raises Unreadable if the file holds no such table."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(pa.BufferReader(file.read_bytes())).read()  # Arrow takes names in UTF-8 alone
    except (pa.ArrowException, OSError) as error:
        wrong = str(error).strip().split("\n", 1)[0].removesuffix(".")
    else:
        kinds = {field.name: field.type for field in table.schema}
        lacks = [name for name in NEEDED[name] if name not in kinds]
        numbers = [name for name, kind in kinds.items() if not is_of_numbers(kind)]
        wrong = (
            f"it has no column {lacks[0]!r}" if lacks else f"column {numbers[0]!r} holds no numbers" if numbers else ""
        )
        if not wrong and not len(table):
            wrong = "it has no rows"
    if wrong:
        raise Unreadable(
            f"the table of a cell, {file}, cannot be read: {wrong}; run its command again with execution.force=true"
        )
    return table


def is_of_numbers(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
