"""Where the artifacts of a run lie; paths that a record states are not followed."""

import os
import re
from pathlib import Path
from typing import Any

from reports.schema.address import database_of


class OutsideStore(OSError):
    """A path that leads out of the folder that it must stay in."""


def artifact_folder(client: Any, run_id: str) -> Path | None:
    """The folder of a run's artifacts: beside the database of a SQLite store, whatever the record says; else None.

    So a folder runs/ that was moved or copied reads its own files, and a foreign one leads nowhere. Raises OutsideStore
    where a link leads elsewhere, or `run_id` is not the id of a run.
    """
    return place_of(client, run_id, "")


def place_of(client: Any, run_id: str, name: str) -> Path | None:
    """Where a file among a run's artifacts lies, or would lie, in the folder of a SQLite store."""
    database = database_of(client.tracking_uri)
    if database is None:
        return None
    if not is_run_id(run_id):
        raise OutsideStore(f"{run_id!r} is not the id of a run: it must be letters, digits, - and _")
    return confined(database.parent / "artifacts" / run_id / "artifacts" / name, database.parent)


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
    file = place_of(client, run_id, name)
    if file is not None:
        return file.is_file()
    return any(listed.path == name for listed in client.list_artifacts(run_id))


def artifact(client: Any, run_id: str, name: str, draft: str) -> Path:
    """A file among the artifacts of a run; of a store that is not on this machine, downloaded to the folder `draft`.

    Raises OSError, or what MLflow raises, if there is none.
    """
    file = place_of(client, run_id, name)
    if file is None:
        folder = Path(draft) / run_id  # files of other runs have the same names
        folder.mkdir(exist_ok=True)
        return Path(client.download_artifacts(run_id, name, str(folder)))
    if not file.is_file():
        raise FileNotFoundError(
            f"run {run_id} has no {name} in {file.parent}: the folder `artifacts` belongs beside the database"
        )
    return file
