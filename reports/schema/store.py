"""Open the store that the commands of this package read: it must exist, and is not changed."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from reports.schema.address import StoreUnusable, address_of, check_address, database_of

DATABASE = Path("runs/mlflow.db")


def open_store(named: str | None = None) -> Any:
    """A client of the store named, of MLFLOW_TRACKING_URI, or of runs/mlflow.db here.

    Raises StoreUnusable if there is none, or none that can be read.
    """
    address = named or os.environ.get("MLFLOW_TRACKING_URI") or address_of(DATABASE)
    check_address(address)
    database = database_of(address)
    if database is None:
        check_connection(address)
        return client_of(address)
    if not os.path.lexists(database):
        raise StoreUnusable(
            f"there is no {database}; run a sweep here first (python -m experiments.run), or go where one was run"
        )
    check_database(database)
    return client_of(address_of(database))


def client_of(address: str) -> Any:
    """MLflow's client, without its telemetry, progress bars and traces."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # results wait on disk: no need to wait for minutes
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    with quiet():
        from mlflow import MlflowClient
    return MlflowClient(address)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence MLflow, which reports what it does and prints tracebacks of errors that it also raises."""
    levels = {"mlflow": logging.WARNING, "alembic": logging.WARNING, "mlflow.store.db.utils": logging.CRITICAL}
    for when in ("before", "after"):  # importing it sets its own
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if when == "before":
            yield


def check_connection(address: str) -> None:
    """Asks a database once whether it answers, and raises what it says: MLflow would ask ten times, in 100 seconds."""
    from sqlalchemy import NullPool, create_engine

    if not address.startswith("http"):
        with create_engine(address, poolclass=NullPool).connect():
            pass


class Contents(NamedTuple):
    """What distinguishes a store from another database."""

    tables: set[str]
    schema: str | None  # Alembic's revision
    runs: int


def check_database(database: Path) -> None:
    """Raises StoreUnusable, with the way out, for a file that is no store of this MLflow.

    The sqlite3.OperationalError of a file that another process has locked is raised as it is.
    """
    check_file(database)
    try:
        inside = contents(database)
    except sqlite3.DatabaseError as error:
        if is_locked(error):
            raise
        raise StoreUnusable(damaged(database, error)) from error
    tables = {name for name in inside.tables if not name.startswith(("sqlite_", "alembic_version"))}
    if tables and not {"experiments", "runs", "experiment_tags"} & tables:
        raise StoreUnusable(
            f"{database} is the database of another program (its tables: {', '.join(sorted(tables)[:4])}); "
            "move it away, or run in another folder"
        )
    known, newest = schemas()
    half = inside.schema is None or any(name.startswith("_alembic_tmp_") for name in tables)
    if half or (inside.schema in known and inside.schema != newest):
        raise StoreUnusable(out_of_date(database, inside, half))
    if inside.schema != newest:
        raise StoreUnusable(
            f"{database} was written by a later MLflow than the one installed (it does not know schema {inside.schema}): "
            "pip install -U mlflow, or run in another folder"
        )


def check_file(database: Path) -> None:
    """Check what needs no opening as a database. Raises StoreUnusable."""
    if not database.is_file():
        kind = "a folder" if database.is_dir() else "a link to nothing" if database.is_symlink() else "no ordinary file"
        raise StoreUnusable(f"{database} is {kind}, not a store; move it away, and the next sweep makes one")
    try:
        with open(database, "rb") as file:
            start = file.read(16)
    except OSError as error:
        raise StoreUnusable(
            f"{database} cannot be read ({error.strerror}); chmod u+r it, or ask whoever owns it"
        ) from error
    if not start:
        raise StoreUnusable(
            f"{database} is an empty file, not a store (perhaps a disk was full); remove it (rm {database}), "
            "and the next sweep makes a new one"
        )
    if start != b"SQLite format 3\0":
        raise StoreUnusable(f"{database} is not an SQLite database; move it away, and the next sweep makes a new one")


def contents(database: Path) -> Contents:
    with closing(sqlite3.connect(database, timeout=20)) as opened:
        tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
        schema = (
            opened.execute("SELECT version_num FROM alembic_version").fetchone()
            if "alembic_version" in tables
            else None
        )
        runs = opened.execute("SELECT count(*) FROM runs").fetchone()[0] if "runs" in tables else 0
        return Contents(tables, schema and schema[0], runs)


def is_locked(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and any(sign in str(error) for sign in ("locked", "busy"))


def damaged(database: Path, error: Exception) -> str:
    return (
        f"{database} is damaged ({error}); put a copy back, or move it away (mv {database} {database}.damaged): "
        "the next sweep makes a new one"
    )


def out_of_date(database: Path, inside: Contents, half: bool) -> str:
    if not inside.runs:
        return (
            f"{database} is half a store: whoever made it was stopped, and nothing is recorded in it; remove it "
            f"(rm {database}), and the next sweep makes a new one"
        )
    if half:
        return (
            f"{database} is half upgraded: whoever upgraded it was stopped; put the copy from before back, or move it away "
            f"(mv {database} {database}.damaged)"
        )
    return (
        f"{database} was written by an earlier MLflow; cp {database} {database}.before, then upgrade it: "
        f"mlflow db upgrade {address_of(database)}"
    )


def schemas() -> tuple[set[str], str]:
    """The revisions of its schema that the installed MLflow knows, and the newest, which it needs."""
    with quiet():
        import mlflow.store
        from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(mlflow.store.__file__).parent / "db_migrations"))
    return {script.revision for script in scripts.walk_revisions()}, str(scripts.get_current_head())
