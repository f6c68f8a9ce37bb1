"""A store's address: whether it is one, how it is shown, and where its file lies if it is SQLite."""

import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

FORMS = "sqlite:///PATH, http://HOST:PORT, or postgresql+psycopg2://USER@HOST/DATABASE"
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
CHANGED = set("%?")  # characters of a path that an address would have to quote: SQLAlchemy reads them, MLflow does not


class StoreUnusable(OSError):
    """No store, or one that cannot be used as it is: waiting does not help. The message names it and the way out."""


def address_of(database: Path) -> str:
    """The address of a SQLite file: absolute, unless a folder above it has a name that does not fit into an address."""
    path = str(database.absolute())
    fits = not CHANGED & set(path) and path.isprintable()
    return f"sqlite:///{path if fits else os.path.relpath(database)}"


def database_of(address: str) -> Path | None:
    """The file of a SQLite store, links in its folders followed; None for a store of another kind."""
    named = file_named(address)
    return None if named is None else Path(os.path.realpath(named.parent)) / named.name


@cache
def file_named(address: str) -> Path | None:
    from sqlalchemy.engine import make_url

    if not address.startswith("sqlite:"):
        return None
    named = make_url(address).database
    if not named or named == ":memory:" or "?" in address:
        raise StoreUnusable(
            f"the store {address!r} names no file; write sqlite:///PATH, with %25 for a % and %3F for a ? in it"
        )
    return Path(named)


def check_address(address: str) -> None:
    """Raises StoreUnusable unless this can be the address of a store."""
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    if scheme in ("http", "https") and is_of_a_host(address):
        return
    if scheme.partition("+")[0] in DATABASES:
        check_driver(address)
        return
    file = f"; for the file, write sqlite:///{address}" if not scheme and Path(address).is_file() else ""
    raise StoreUnusable(f"{shown(address)!r} is not the address of a store; it must be {FORMS}{file}")


def is_of_a_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # the port is no number, or beyond 65535
        return False


def check_driver(address: str) -> None:
    """Raises StoreUnusable where SQLAlchemy cannot read the address, or lacks the package that speaks to the database."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(address).get_dialect().import_dbapi()
    except ModuleNotFoundError as error:
        raise StoreUnusable(
            f"the store {shown(address)!r} needs the package {error.name}, which is not installed: pip install {error.name}, "
            "or name a driver that is: postgresql+psycopg2://USER@HOST/DATABASE (pip install psycopg2-binary)"
        ) from error
    except (ArgumentError, ValueError) as error:  # NoSuchModuleError is an ArgumentError
        raise StoreUnusable(
            f"{shown(address)!r} is not the address of a store ({error}); it must be {FORMS}"
        ) from error


def shown(address: str) -> str:
    """The address without its password.

    >>> shown("postgresql+psycopg2://me:secret@host/lab")
    'postgresql+psycopg2://me:***@host/lab'
    """
    return re.sub(r"(://[^/@:]*:)[^/@]*@", r"\1***@", address)
