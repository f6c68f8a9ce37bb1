"""Shared by all commands: output that any terminal can show, and errors as one message."""

import io
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from reports.schema.derived import NoSuchMetric
from reports.schema.names import NoSuchSweep


@contextmanager
def front_door() -> Iterator[None]:
    """Turn a missing sweep or metric, or an unusable store or file, into one message and exit code 2; raise anything else, as a bug."""
    printable()
    tolerant()
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not is_answer(error):
            raise
        print(f"error: {in_short(error)}", file=sys.stderr)
        sys.exit(2)


def printable() -> None:
    """Show a character that the terminal does not know (LC_ALL=C) as its number, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tolerant() -> None:
    """Ignore deprecation warnings from other packages, even with `python -W error`: that is for this project's code."""
    for kind in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
        warnings.filterwarnings("ignore", category=kind, module=r"(?!(backprop|experiments|reports)\b)")


def is_answer(error: Exception) -> bool:
    """Whether the error is for the user; MLflow's and SQLAlchemy's are known by name, as importing them takes seconds."""
    of_the_store = type(error).__name__ == "MlflowException" or type(error).__module__.startswith("sqlalchemy.")
    return of_the_store or isinstance(error, NoSuchSweep | NoSuchMetric | OSError | sqlite3.Error)


def in_short(error: Exception) -> str:
    """The error's message, without the SQL and the links that SQLAlchemy adds."""
    text = str(error).split("\n[SQL:", 1)[0].split("\n(Background on", 1)[0].strip()
    if "malformed" in text or "not a database" in text:
        return f"the store is damaged ({text}); put a copy back, or move runs/mlflow.db away: the next sweep makes a new one"
    return text
