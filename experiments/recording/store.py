"""Opens MLflow's store (and makes it, once, under a lock), searches it, and deletes runs from it.

By default it is SQLite in runs/ of the current directory; MLFLOW_TRACKING_URI names another. The store's own folder is the
one where a SQLite file lies: artifacts are there, beside the database, and nothing is written or removed elsewhere.
"""

import os
import shutil
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from experiments import RUNS
from reports.schema import FORMAT
from reports.schema import store as reading
from reports.schema.address import StoreUnusable, address_of, check_address, database_of, shown
from reports.schema.artifacts import artifact_folder, confined
from reports.schema.names import NoSuchSweep, is_name, listed
from reports.schema.record import cells_listed, other_format

if TYPE_CHECKING:
    from mlflow import MlflowClient

DRAFT = ".new-store-"  # prefix of the folder in which a new store is made
OURS = "SELECT experiment_id FROM runs JOIN tags USING (run_uuid) WHERE tags.key = 'kind' AND tags.value IN ('sweep', 'cell')"
PLACES = (  # MLflow's tables, their columns of absolute locations, and what these are below the artifacts folder (?)
    ("experiments", "artifact_location", "?"),
    ("runs", "artifact_uri", "? || '/' || run_uuid || '/artifacts'"),
    ("logged_models", "artifact_location", "? || '/models/' || model_id || '/artifacts'"),
)
LASTING = (  # parts of error messages after which waiting does not help
    *("readonly database", "no such table", "no such column", "unable to open", "malformed", "not a database"),
    *("already exists", "does not exist", "authentication failed", "no password supplied", "permission denied"),
)


def tracking_uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or address_of(RUNS / "mlflow.db")


def store_key() -> str:
    """The store's name in the journal: its address, or "local" for the one in runs/, which moves with that folder."""
    return shown(os.environ.get("MLFLOW_TRACKING_URI") or "local")


def writable_runs() -> Path:
    """The folder runs/ of the current directory, made if it is missing. Raises OSError where it cannot be written."""
    try:
        RUNS.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=RUNS):
            pass
    except OSError as error:
        raise OSError(
            f"cannot write the folder {RUNS.resolve()} ({error.strerror}); run from a folder you can write to"
        ) from error
    for part in RUNS.iterdir():
        if part.is_symlink():  # only runs/ itself may be a link
            confined(part, RUNS)
    return RUNS


def open_store() -> "MlflowClient":
    """Opens the store for writing, and makes it if missing: under a lock, as two processes making one would ruin it.

    Raises StoreUnusable where it cannot be used and waiting would not help.
    """
    from filelock import FileLock

    address = tracking_uri()
    check_address(address)
    database = database_of(address)
    with FileLock(lock_beside(database)):
        if database is None:
            return whole_transactions(reading.open_store(address))
        if not os.path.lexists(database):
            make_store(database)
        client = reading.open_store(address)
        if not (os.access(database, os.W_OK) and os.access(database.parent, os.W_OK)):
            raise StoreUnusable(
                f"{database} can be read, but not written: chmod -R u+w {database.parent}, or run in another folder"
            )
        own_artifacts(database)
        return whole_transactions(client)


def whole_transactions(client: "MlflowClient") -> "MlflowClient":
    """The client, whose store now ends every transaction before Ctrl-C is heard.

    MLflow would leave a broken-off one open, and with it the store locked.
    """
    store = client._tracking_client.store
    session = getattr(store, "ManagedSessionMaker", None)  # none where the store is a server
    if session is not None and session.__name__ != "whole":

        @contextmanager
        def whole(*arguments: Any, **named: Any) -> Iterator[Any]:
            with ctrl_c_held_back(), session(*arguments, **named) as opened:
                yield opened

        store.ManagedSessionMaker = whole
    return client


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Ctrl-C is heard when the block has ended; a second one at once."""
    hears = signal.getsignal(signal.SIGINT)
    if not callable(hears) or threading.current_thread() is not threading.main_thread():
        yield  # it is ignored, or another thread hears it
        return
    held = []

    def hold(number: int, frame: Any) -> None:
        held.append(number)
        if len(held) > 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, hears)
        if held:
            signal.raise_signal(signal.SIGINT)


def lock_beside(database: Path | None) -> Path:
    """The lock file for making a store or an experiment in it: beside the store, or in runs/ if it is no SQLite file."""
    folder = writable_runs() if database is None or database.parent == RUNS.resolve() else database.parent
    if not folder.is_dir():
        raise StoreUnusable(f"there is no folder {folder} for the store; make it: mkdir -p {folder}")
    return folder / "store.lock"


def make_store(database: Path) -> None:
    """Makes the store as a draft, renamed when complete: a process killed in between leaves no half-made store.

    The caller holds the lock, so any draft found here was left by a killed process.
    """
    for left in database.parent.glob(f"{DRAFT}*"):
        shutil.rmtree(left)
    with TemporaryDirectory(prefix=DRAFT, dir=database.parent) as folder:
        with reading.quiet():
            from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        draft = Path(folder) / "mlflow.db"
        SqlAlchemyStore(address_of(draft), artifacts_beside(database)).engine.dispose()
        os.replace(draft, database)


def artifacts_beside(database: Path) -> str:
    return (database.parent / "artifacts").as_uri()


def own_artifacts(database: Path) -> None:
    """Updates where the artifacts of our runs lie: MLflow stores absolute paths, and the folder may have been moved."""
    here = artifacts_beside(database)
    with closing(sqlite3.connect(database, timeout=60)) as opened, opened:
        for table, column, place in PLACES:
            elsewhere = f"experiment_id IN ({OURS}) AND {column} <> {place}"
            if opened.execute(f"SELECT 1 FROM {table} WHERE {elsewhere} LIMIT 1", (here,)).fetchone():
                opened.execute(f"UPDATE {table} SET {column} = {place} WHERE {elsewhere}", (here, here))


def existing_store(writing: bool = False) -> "MlflowClient":
    """Opens the store, which must exist, for reading or for writing. Raises StoreUnusable where nothing was ever recorded."""
    client: MlflowClient = reading.open_store()
    return open_store() if writing else client


def search(client: "MlflowClient", wanted: str) -> list[Any]:
    """The runs of all studies that match an MLflow filter, newest first."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs, token = [], None
    while True:
        page = client.search_runs(experiments, wanted, order_by=["attributes.start_time DESC"], page_token=token)
        runs += list(page)
        token = page.token
        if not token:
            return runs


def runs_of_kind(client: "MlflowClient", kind: str) -> list[Any]:
    """All runs of a kind, sweep or cell, newest first."""
    return search(client, f"tags.kind = '{kind}'")


def sweep_name(run: Any) -> str:
    """The name of a sweep's run, or of the sweep in which a cell was first recorded, as recorded."""
    return run.data.tags.get("sweep") or (run.info.run_name or "").removeprefix("sweep: ")


def cells_of(client: "MlflowClient", sweep: Any) -> list[str]:
    """The run ids that a sweep's run lists; if it was interrupted before it listed any, those of the cells under its name.

    Raises Unreadable where its list cannot be read.
    """
    listed = cells_listed(client, sweep.info.run_id)
    return [run.info.run_id for run in cells_named(client, sweep_name(sweep))] if listed is None else listed


def of_other_formats(sweeps: Sequence[Any]) -> list[str]:
    """Notes on sweeps that other versions of this program recorded, one per format."""
    numbers = [run.data.tags.get("format", "1") for run in sweeps]
    counts = Counter(number for number in numbers if number != str(FORMAT))
    return [
        f"{'1 sweep here was' if count == 1 else f'{count} sweeps here were'} recorded {other_format(number)}"
        for number, count in counts.items()
    ]


def cells_named(client: "MlflowClient", sweep: str, status: str = "") -> list[Any]:
    """The cells that were first recorded in the sweep of that name, of one status if given."""
    if not is_name(sweep):
        return []  # not recorded by us: none of our sweeps has such a name
    only = f" and attributes.status = '{status}'" if status else ""
    return search(client, f"tags.kind = 'cell' and tags.sweep = '{sweep}'{only}")


def find_cell(client: "MlflowClient", wanted: str) -> Any:
    """The finished cell of that run id, or the newest of that name; raises NoSuchSweep, with the newest, if there is none."""
    finished = [run for run in runs_of_kind(client, "cell") if run.info.status == "FINISHED"]
    for run in finished:
        if wanted in (run.info.run_id, run.info.run_name):
            return run
    newest = listed([repr(name) for name in dict.fromkeys(run.info.run_name for run in finished)])
    there_are = f"the newest are: {newest}" if finished else "it has none"
    raise NoSuchSweep(f"no finished cell {wanted!r} in {shown(client.tracking_uri)}; {there_are}")


def found_run(client: "MlflowClient", run_id: str) -> Any:
    """The run of that id; None if there is none, or no longer."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def forget_run(client: "MlflowClient", run: Any) -> None:
    """Deletes a run for good, with its artifacts, where the store is a SQLite file; else marks it as deleted.

    In a shared store, `mlflow gc` removes what is marked. Raises OutsideStore where a link in place of the
    artifacts leads elsewhere; nothing is deleted then.
    """
    folder = artifact_folder(client, run.info.run_id)
    client.delete_run(run.info.run_id)
    if folder is not None:
        client._tracking_client.store._hard_delete_run(run.info.run_id)
        shutil.rmtree(folder.parent, ignore_errors=True)


def add_artifacts(client: "MlflowClient", run_id: str, files: Path, into: str = "") -> None:
    """Adds the files of a folder to the artifacts of a run, in the subfolder `into` if given."""
    folder = artifact_folder(client, run_id)
    if folder is None:
        client.log_artifacts(run_id, str(files), into or None)
        return
    for file in (path for path in files.rglob("*") if path.is_file()):
        place = folder / into / file.relative_to(files)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def add_text(client: "MlflowClient", run_id: str, text: str, name: str) -> None:
    """Adds a text to the artifacts of a run, as a file of that name."""
    folder = artifact_folder(client, run_id)
    if folder is None:
        client.log_text(run_id, text, name)
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def experiment_id(client: "MlflowClient", name: str) -> str:
    """The MLflow experiment of a study, created if it is missing; its artifacts lie beside the store if that is a file."""
    from filelock import FileLock

    database = database_of(client.tracking_uri)
    place = None if database is None else artifacts_beside(database)
    with FileLock(lock_beside(database)):
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            return client.create_experiment(name, artifact_location=place)
    if place is not None and experiment.artifact_location != place:
        raise StoreUnusable(
            f"the MLflow experiment {name!r} of {database} keeps its artifacts in {experiment.artifact_location}, not in "
            f"{place}: it was not created by backprop-lab; give the study another name (study.name=…), or run in another folder"
        )
    return experiment.experiment_id


def unavailable(error: Exception) -> bool:
    """Whether the error means that the store is locked or unreachable, not that the record or the store is faulty."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    text = str(error)
    if any(sign in text for sign in LASTING):
        return False
    if isinstance(error, MlflowException):
        signs = ("database is locked", "failed with exception", "error code 5", "Connection", "OperationalError")
        away = any(sign in text for sign in (*signs, "Failed to connect", "error code 408", "error code 429"))
        return away or error.error_code == "TEMPORARILY_UNAVAILABLE"
    of_the_net = type(error).__module__.startswith(("requests", "urllib3"))
    return of_the_net or isinstance(error, OperationalError | sqlite3.OperationalError | ConnectionError | TimeoutError)


def run_of(client: "MlflowClient", identity: str) -> str | None:
    """The finished run of that identity in the store, whoever recorded it."""
    runs = search(client, f"tags.identity = '{identity}' and attributes.status = 'FINISHED'")
    return runs[0].info.run_id if runs else None
