"""The life of a sweep's process: its name, the lock that tells others it is alive, and what a dead one has left behind."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from experiments.store import RUNS, cells_named, forget_run, search
from experiments.study import Study
from reports.load import folder_name

if TYPE_CHECKING:
    from mlflow import MlflowClient


@contextmanager
def named(study: Study) -> Iterator[tuple[str, Path]]:
    """A new name for a sweep, and the folder of its report. A lock tells others that its process is alive."""
    name, folder = new_name(study.name)
    lock = FileLock(lock_of(name))
    with lock:
        try:
            yield name, folder
        finally:
            if not any(folder.iterdir()):
                folder.rmdir()  # it only held the name
    Path(lock.lock_file).unlink(missing_ok=True)


def lock_of(sweep: str) -> Path:
    folder = RUNS / "locks"
    folder.mkdir(exist_ok=True)
    return folder / f"{folder_name(sweep)}.lock"


def bury_the_dead(client: "MlflowClient") -> None:
    """Ends what a killed sweep of this folder has left RUNNING: half a cell is deleted, the sweep itself was KILLED."""
    for run in search(client, "attributes.status = 'RUNNING'"):
        lock = lock_of(run.data.tags.get("sweep", ""))
        if not lock.exists():
            continue  # of another folder, or another machine
        with suppress(Timeout), FileLock(lock, timeout=0):
            if run.data.tags.get("kind") == "sweep":
                client.set_terminated(run.info.run_id, "KILLED")
            else:
                forget_run(client, run)


def new_name(study: str) -> tuple[str, Path]:
    """A name that no other sweep has, and the folder of its report, which holds the name from now on."""
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    for number in count(1):
        name = f"{study} {started}" + (f" ({number})" if number > 1 else "")
        folder = RUNS / "reports" / folder_name(name)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return name, folder
    raise AssertionError("unreachable")


@contextmanager
def ending(client: "MlflowClient", run_id: str, name: str) -> Iterator[None]:
    """Whatever happens inside, the sweep's run ends as what it was: FINISHED, FAILED, or KILLED by the user."""
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        if status != "FINISHED":
            for run in cells_named(client, name, "RUNNING"):
                client.set_terminated(run.info.run_id, status)
        client.set_terminated(run_id, status)
