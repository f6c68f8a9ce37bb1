"""Results are on disk before they are anywhere else: in runs/cells, one file a cell, by its identity.

A cell that is trained but not yet recorded is `IDENTITY.parquet`; a recorded one `IDENTITY.json`, its run in each store;
one that failed `IDENTITY.txt`. Every file appears whole or not at all; one that is none, as a full disk or a stranger leaves
it, counts as not there, which is said once.
"""

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store import RUNS, is_run_id

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
    from pyarrow import ArrowException

    file = curves_file(identity)
    if not os.path.lexists(file):
        return None
    try:
        table = pd.read_parquet(file)
        whole = table.selected.dtype == bool and table.selected.sum() == table.seed.nunique() > 0
    except (ArrowException, AttributeError, OSError, ValueError) as error:
        not_there(file, str(error).strip().split("\n", 1)[0])
        return None
    if not whole:
        not_there(file, "it does not have one selected row for each seed")
        return None
    return table


@cache
def not_there(file: Path, why: str) -> None:
    """Says, once, that a file cannot be read, and that its cell counts as never trained."""
    print(f"{file} cannot be read ({why}); its cell counts as not trained", file=sys.stderr)


def is_saved(identity: str) -> bool:
    return saved(identity) is not None


def curves_file(identity: str) -> Path:
    """Where the curves of a cell lie until the store has them."""
    return CELLS / f"{identity}.parquet"


def recorded(identity: str, store: str) -> str | None:
    """The run of a cell in a store, if it was recorded from here."""
    return runs_of(identity).get(store)


def runs_of(identity: str) -> dict[str, str]:
    """The run of a recorded cell in each store."""
    file = CELLS / f"{identity}.json"
    if not os.path.lexists(file):
        return {}
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        not_there(file, str(error))
        return {}
    if not isinstance(known, dict) or not all(map(is_run_id, known.values())):
        not_there(file, "it does not map stores to runs")
        return {}
    return known


def now_recorded(identity: str, store: str, run_id: str) -> None:
    """The store has it: the curves here are no longer needed."""
    write(CELLS / f"{identity}.json", json.dumps(runs_of(identity) | {store: run_id}))
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
