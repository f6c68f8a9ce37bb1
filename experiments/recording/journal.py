"""Keeps results on disk before they go anywhere else: in runs/journal.db, under the identity of each seed of each cell.

Curves wait there until the store has them; then only the store and the run that hold them are kept. SQLite's transactions are
atomic, and let several sweeps write at once.
"""

import io
import sqlite3
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments import RUNS
from experiments.study.curves import Curves, of_seeds, times
from experiments.study.keep import KINDS, all_names, had_by
from experiments.study.rows import as_arrays, from_arrays
from reports.schema import FORMAT
from reports.schema.artifacts import confined

FILE = RUNS / "journal.db"
PATIENCE = 60  # seconds that another sweep may hold the file
WEIGHTS = "weights/"  # prefix of the arrays of weights in a piece, one per seed
AT_ONCE = 500  # identities per query
TABLES = """
CREATE TABLE IF NOT EXISTS pieces (id INTEGER PRIMARY KEY, curves BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS trained (identity TEXT PRIMARY KEY, seed INTEGER NOT NULL, piece INTEGER NOT NULL REFERENCES pieces);
CREATE TABLE IF NOT EXISTS recorded (identity TEXT, store TEXT, run TEXT NOT NULL, PRIMARY KEY (identity, store));
CREATE TABLE IF NOT EXISTS failed (identity TEXT PRIMARY KEY, error TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS of_piece ON trained (piece);
"""
CHECKS = (  # queries that fail on the tables of another program
    *("SELECT id, curves FROM pieces LIMIT 0", "SELECT identity, seed, piece FROM trained LIMIT 0"),
    *("SELECT identity, store, run FROM recorded LIMIT 0", "SELECT identity, error FROM failed LIMIT 0"),
)


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Opens the journal for one transaction: makes it if missing, sets it aside if it is broken or of another format."""
    RUNS.mkdir(exist_ok=True)
    ready(confined(FILE, RUNS).resolve())
    with closing(sqlite3.connect(FILE, timeout=PATIENCE)) as database, database:
        yield database


@cache
def ready(file: Path) -> None:
    """Makes the tables, once per process. A file that cannot be read is renamed, and a new one made."""
    try:
        make_tables(file)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise
        aside = file.with_name(f"{file.name}.{time.strftime('%Y-%m-%d_%H-%M-%S')}")
        file.rename(aside)
        print(
            f"{file} cannot be read ({error}): it was renamed to {aside.name}, and its unrecorded results will be trained again",
            file=sys.stderr,
        )
        make_tables(file)


def make_tables(file: Path) -> None:
    """Makes the tables where they are missing. Raises sqlite3.DatabaseError for a file that is no journal of this format."""
    with closing(sqlite3.connect(file, timeout=PATIENCE)) as database, database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, FORMAT):
            raise sqlite3.DatabaseError(f"it has format {version}, and this program reads format {FORMAT}")
        database.executescript(TABLES)
        database.execute(f"PRAGMA user_version = {FORMAT}")
        for query in CHECKS:
            database.execute(query)
        if (problem := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(problem)


def save(identities: Mapping[int, str], curves: Curves) -> None:
    """Saves newly trained seeds, each under its identity alone and with every subset of the kinds kept of it."""
    had = had_by(curves)
    names = [(name, seed) for seed in curves.seeds for name in all_names(identities[seed], had[seed])]
    with opened() as database:
        piece = database.execute("INSERT INTO pieces (curves) VALUES (?)", (as_bytes(curves),)).lastrowid
        rows = [(name, seed, piece) for name, seed in names]
        database.executemany("INSERT OR REPLACE INTO trained VALUES (?, ?, ?)", rows)
        database.executemany("DELETE FROM failed WHERE identity = ?", [(name,) for name, _ in names])
        forget_unused(database)


def saved(identities: Sequence[str]) -> list[Curves]:
    """Loads the curves of seeds, by identity, that are trained but not yet recorded."""
    if not FILE.exists():
        return []
    with opened() as database:
        places = asked(database, "SELECT piece, seed FROM trained WHERE identity IN ({})", identities)
        pieces: dict[int, list[int]] = {}
        for piece, seed in places:
            pieces.setdefault(piece, []).append(seed)
        rows = asked(database, "SELECT id, curves FROM pieces WHERE id IN ({})", list(pieces))
    readable = [(number, from_bytes(content)) for number, content in rows]
    return [of_seeds(curves, pieces[number]) for number, curves in readable if curves is not None]


def trained(identities: Sequence[str]) -> set[str]:
    """Which of these identities are trained and wait to be recorded."""
    if not FILE.exists():
        return set()
    with opened() as database:
        return {name for (name,) in asked(database, "SELECT identity FROM trained WHERE identity IN ({})", identities)}


def count() -> int:
    """An upper bound on the number of seeds that are trained or recorded."""
    if not FILE.exists():
        return 0
    with opened() as database:
        (number,) = database.execute(
            "SELECT (SELECT count(*) FROM trained) + (SELECT count(*) FROM recorded)"
        ).fetchone()
    return number


def recorded(identities: Sequence[str], store: str) -> dict[str, str]:
    """The runs in a store that hold these cells or seeds, as far as this folder knows."""
    if not FILE.exists():
        return {}
    with opened() as database:
        query = "SELECT identity, store, run FROM recorded WHERE identity IN ({})"
        return {name: run for name, place, run in asked(database, query, identities) if place == store}


def now_recorded(identities: Sequence[str], store: str, run: str) -> None:
    """Notes that a run in the store holds these identities, and deletes their curves here."""
    with opened() as database:
        rows = [(name, store, run) for name in identities]
        database.executemany("INSERT OR REPLACE INTO recorded VALUES (?, ?, ?)", rows)
        waiting = [(trained,) for name in identities if "+" not in name for trained in all_names(name, KINDS)]
        database.executemany("DELETE FROM trained WHERE identity = ?", waiting)
        forget_unused(database)


def failed(identities: Sequence[str]) -> set[str]:
    if not FILE.exists():
        return set()
    with opened() as database:
        return {name for (name,) in asked(database, "SELECT identity FROM failed WHERE identity IN ({})", identities)}


def now_failed(identity: str, error: str) -> None:
    with opened() as database:
        database.execute("INSERT OR REPLACE INTO failed VALUES (?, ?)", (identity, error))


def asked(database: sqlite3.Connection, query: str, values: Sequence[str | int]) -> list[tuple]:
    """The rows of a query over a list of any length."""
    rows = []
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        rows += database.execute(query.format(", ".join("?" * len(some))), some).fetchall()
    return rows


def forget_unused(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM pieces WHERE id NOT IN (SELECT piece FROM trained)")


def as_bytes(curves: Curves) -> bytes:
    """The curves as a NumPy archive, without pickle."""
    arrays: dict[str, Any] = {
        "seeds": np.array(curves.seeds),
        "steps": np.array(curves.steps),
        "epochs": np.array(curves.epochs),
        "diverged_at": curves.diverged_at,
        "began": times(curves),
        "metrics": np.array(list(curves.metrics)),
        "once": np.array(list(curves.once)),
        "metric_values": np.array(list(curves.metrics.values()), float),
        "once_values": np.array(list(curves.once.values()), float),
    }
    if curves.rows is not None:
        arrays |= as_arrays(curves.rows)
    arrays |= {f"{WEIGHTS}{seed}": values for seed, values in curves.weights.items()}
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def from_bytes(content: bytes) -> Curves | None:
    """Reads back what `as_bytes` wrote; None for anything that is no archive."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        a = dict(archive)
    return Curves(
        a["seeds"].tolist(),
        a["steps"].tolist(),
        a["epochs"].tolist(),
        dict(zip(a["metrics"].tolist(), a["metric_values"], strict=True)),
        dict(zip(a["once"].tolist(), a["once_values"], strict=True)),
        a["diverged_at"],
        from_arrays(a),
        {int(name.removeprefix(WEIGHTS)): values for name, values in a.items() if name.startswith(WEIGHTS)},
        a.get("began"),
    )
