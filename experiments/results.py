"""Results are on disk before they are anywhere else: in runs/cells, one file a cell, by its identity.

A cell that is trained but not yet recorded is `IDENTITY.parquet`; a recorded one `IDENTITY.json`, its run in each store;
one that failed `IDENTITY.txt`. Every file appears whole or not at all.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store import RUNS

if TYPE_CHECKING:
    import pandas as pd

CELLS = RUNS / "cells"


def save(identity: str, table: "pd.DataFrame") -> None:
    """The curves of a trained cell."""
    import pyarrow as pa
    from pyarrow import parquet

    part = part_of(identity, ".parquet")
    columns = pa.table({name: values.to_numpy() for name, values in table.items()})  # a third of pandas' own way's time
    parquet.write_table(columns, part, write_statistics=False)
    os.replace(part, curves_file(identity))
    (CELLS / f"{identity}.txt").unlink(missing_ok=True)


def saved(identity: str) -> "pd.DataFrame | None":
    """The curves of a cell that was trained but not recorded."""
    import pandas as pd

    file = curves_file(identity)
    return pd.read_parquet(file) if file.exists() else None


def is_saved(identity: str) -> bool:
    return curves_file(identity).exists()


def curves_file(identity: str) -> Path:
    """Where the curves of a cell lie until the store has them."""
    return CELLS / f"{identity}.parquet"


def recorded(identity: str, store: str) -> str | None:
    """The run of a cell in a store, if it was recorded from here."""
    file = CELLS / f"{identity}.json"
    return json.loads(file.read_text(encoding="utf-8")).get(store) if file.exists() else None


def now_recorded(identity: str, store: str, run_id: str) -> None:
    """The store has it: the curves here are no longer needed."""
    file = CELLS / f"{identity}.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    write(file, json.dumps(known | {store: run_id}))
    curves_file(identity).unlink(missing_ok=True)


def failed(identity: str) -> bool:
    return (CELLS / f"{identity}.txt").exists()


def now_failed(identity: str, error: str) -> None:
    write(CELLS / f"{identity}.txt", error)


def write(file: Path, text: str) -> None:
    part = part_of(file.stem, file.suffix)
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)


def part_of(identity: str, suffix: str) -> Path:
    """Where a file is written before it takes its name; no other process writes there."""
    CELLS.mkdir(parents=True, exist_ok=True)
    return CELLS / f".{identity}.{os.getpid()}{suffix}"
