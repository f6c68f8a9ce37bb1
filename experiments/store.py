"""MLflow's store: opened (and made, once, under a lock), searched, and cleaned of runs.

By default it is SQLite in runs/ of the current directory; MLFLOW_TRACKING_URI names another.
"""

import json
import os
import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from reports.load import NoSuchSweep, artifact_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUNS = Path("runs")
LOCATIONS = (  # of MLflow's tables: the columns that hold an absolute place
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)


def tracking_uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(RUNS / 'mlflow.db').resolve()}"


def store_key() -> str:
    """What the store is called where runs/ remembers what it has: its address, unless it moves with runs/."""
    return os.environ.get("MLFLOW_TRACKING_URI") or "local"


def writable_runs() -> Path:
    """The folder runs/ of the current directory, made if it is missing. Raises OSError where it cannot be written."""
    try:
        RUNS.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=RUNS):
            return RUNS
    except OSError as error:
        raise OSError(
            f"cannot write the folder {RUNS.resolve()} ({error.strerror}); run from a folder you can write to"
        ) from error


def open_store() -> "MlflowClient":
    """The store, created first if need be: under a lock, since two processes creating one at once would ruin it."""
    import logging

    from filelock import FileLock

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # importing it has set its own
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # results wait on disk: no need to wait for minutes
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    with FileLock(writable_runs() / "store.lock"):
        client = MlflowClient(tracking_uri())
        if store_key() == "local":
            repair_locations()
        return client


def repair_locations() -> None:
    """Lets a folder runs/ that was moved or copied find its artifacts, whose places MLflow stores in full."""
    import sqlite3

    here = (RUNS / "artifacts").resolve().as_uri()
    with closing(sqlite3.connect(RUNS / "mlflow.db", timeout=60)) as database, database:
        rows = database.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
        for there in {place for (place,) in rows if place and place.endswith("/runs/artifacts") and place != here}:
            for table, column in LOCATIONS:
                database.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                    (here, len(there) + 1, len(there), there),
                )


def existing_store() -> "MlflowClient":
    """The store, which must be there; raises NoSuchSweep where nothing was ever recorded."""
    if "MLFLOW_TRACKING_URI" not in os.environ and not (RUNS / "mlflow.db").exists():
        raise NoSuchSweep(
            f"there is no {(RUNS / 'mlflow.db').resolve()}; run a sweep here first, or go where one was run"
        )
    return open_store()


def search(client: "MlflowClient", wanted: str) -> list[Any]:
    """The runs of all studies that MLflow's filter takes, newest first."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found, token = [], None
    while True:
        page = client.search_runs(experiments, wanted, order_by=["attributes.start_time DESC"], page_token=token)
        found += list(page)
        token = page.token
        if not token:
            return found


def runs_of_kind(client: "MlflowClient", kind: str) -> list[Any]:
    """The runs that are sweeps, or cells, newest first."""
    return search(client, f"tags.kind = '{kind}'")


def cells_of(client: "MlflowClient", sweep: Any) -> list[str]:
    """The run ids that a sweep's run lists; where it was interrupted before it could, those that bear its name."""
    if any(artifact.path == "sweep.json" for artifact in client.list_artifacts(sweep.info.run_id)):
        with TemporaryDirectory() as folder:
            path = client.download_artifacts(sweep.info.run_id, "sweep.json", folder)
            return [cell["run_id"] for cell in json.loads(Path(path).read_text(encoding="utf-8"))["cells"]]
    return [run.info.run_id for run in cells_named(client, sweep.info.run_name.removeprefix("sweep: "))]


def cells_named(client: "MlflowClient", sweep: str, status: str = "") -> list[Any]:
    """The cells that were first recorded in the sweep of that name; those of one status, if one is asked for."""
    only = f" and attributes.status = '{status}'" if status else ""
    return search(client, f"tags.kind = 'cell' and tags.sweep = '{sweep}'{only}")


def find_cell(client: "MlflowClient", wanted: str) -> Any:
    """The finished cell of that run id, or the newest of that name; raises NoSuchSweep if there is none."""
    for run in runs_of_kind(client, "cell"):
        if run.info.status == "FINISHED" and wanted in (run.info.run_id, run.info.run_name):
            return run
    raise NoSuchSweep(f"no finished cell {wanted!r} in {client.tracking_uri}")


def delete_run(client: "MlflowClient", run_id: str) -> None:
    """Deletes a run for good where the store can, else marks it as deleted."""
    client.delete_run(run_id)
    forget = getattr(client._tracking_client.store, "_hard_delete_run", None)
    if forget is not None:
        forget(run_id)


def forget_run(client: "MlflowClient", run: Any) -> None:
    """Deletes a run for good, and its artifacts where they lie on this machine."""
    folder = artifact_folder(run)
    delete_run(client, run.info.run_id)
    if folder is not None:
        shutil.rmtree(folder.parent, ignore_errors=True)


def experiment_id(client: "MlflowClient", name: str) -> str:
    """The MLflow experiment of a study, created if it is missing; its artifacts lie in runs/ if the store does."""
    from filelock import FileLock

    local = client.tracking_uri.startswith("sqlite:")
    with FileLock(writable_runs() / "store.lock"):
        found = client.get_experiment_by_name(name)
        if found is not None:
            return found.experiment_id
        return client.create_experiment(
            name, artifact_location=(RUNS / "artifacts").resolve().as_uri() if local else None
        )


def unavailable(error: Exception) -> bool:
    """Whether it is the store that is locked or away, rather than something wrong with the record."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    kinds = OperationalError | ConnectionError | TimeoutError
    if isinstance(error, MlflowException):
        text = str(error)
        signs = ("database is locked", "API request to", "Connection", "OperationalError", "Failed to connect")
        return error.error_code == "TEMPORARILY_UNAVAILABLE" or any(sign in text for sign in signs)
    return isinstance(error, kinds) or type(error).__module__.startswith(("requests", "urllib3"))


def run_of(client: "MlflowClient", identity: str) -> str | None:
    """The finished run of that identity in the store, whoever recorded it."""
    found = search(client, f"tags.identity = '{identity}' and attributes.status = 'FINISHED'")
    return found[0].info.run_id if found else None
