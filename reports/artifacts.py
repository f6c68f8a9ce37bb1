"""Where the artifacts of a run lie: what a record says of a place is not followed."""

import os
import re
from pathlib import Path
from typing import Any

from reports.address import database_of


class OutsideStore(OSError):
    """A path that leads out of the folder that it must stay in."""


def artifact_folder(client: Any, run_id: str) -> Path | None:
    """The artifacts of a run of a SQLite store lie beside the database, whatever its record says; None: of another store.

    So a folder runs/ that was moved or copied reads its own, and one from a stranger leads nowhere. Raises OutsideStore
    where a link, or what is no run's id, leads elsewhere.
    """
    database = database_of(client.tracking_uri)
    return None if database is None else folder_beside(database, run_id)


def folder_beside(database: Path, run_id: str) -> Path:
    if not is_run_id(run_id):
        raise OutsideStore(f"{run_id!r} is no id of a run: it must be letters, digits, - and _")
    return confined(database.parent / "artifacts" / run_id / "artifacts", database.parent)


def is_run_id(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[\w-]+", text, re.ASCII) is not None


def confined(path: Path, folder: Path) -> Path:
    """The path, which must lie in the folder when all links are followed; raises OutsideStore."""
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    if root not in real.parents:
        raise OutsideStore(
            f"{path} leads to {real}, out of {root}: nothing is read, written or removed there. Remove the link."
        )
    return path


def has_artifact(client: Any, run_id: str, name: str) -> bool:
    folder = artifact_folder(client, run_id)
    if folder is not None:
        return confined(folder / name, folder).is_file()
    return any(found.path == name for found in client.list_artifacts(run_id))


def artifact(client: Any, run_id: str, name: str, draft: str) -> Path:
    """A file among the artifacts of a run; of a store that is not on this machine, downloaded to the folder `draft`.

    Raises OSError, or what MLflow raises, if there is none.
    """
    folder = artifact_folder(client, run_id)
    if folder is None:
        return Path(client.download_artifacts(run_id, name, draft))
    file = confined(folder / name, folder)
    if not file.is_file():
        raise FileNotFoundError(
            f"run {run_id} has no {name} in {folder}: the folder `artifacts` belongs beside the database"
        )
    return file
