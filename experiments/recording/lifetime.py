"""The life of a sweep: its name, the lock that shows others it is alive, and the cleanup after a killed one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from experiments import RUNS
from experiments.recording.store import cells_named, forget_run, search, sweep_name
from experiments.study.study import Study
from reports.schema.names import folder_name, is_name

if TYPE_CHECKING:
    from mlflow import MlflowClient


@contextmanager
def named(study: Study) -> Iterator[tuple[str, Path]]:
    """Gives a sweep a new name and a report folder, and holds a lock that shows others its process is alive."""
    name, folder = new_name(study.name)
    lock = FileLock(lock_of(name))
    with lock:
        try:
            yield name, folder
        finally:
            if not any(folder.iterdir()):
                folder.rmdir()  # it only reserved the name
    Path(lock.lock_file).unlink(missing_ok=True)


def lock_of(sweep: str) -> Path:
    folder = RUNS / "locks"
    folder.mkdir(exist_ok=True)
    return folder / f"{folder_name(sweep)}.lock"


def has_lock(sweep: str) -> bool:
    """Whether a sweep of that name was started in this folder and has not ended cleanly; False for an invalid name."""
    return is_name(sweep) and lock_of(sweep).is_file() and not lock_of(sweep).is_symlink()


def is_running(lock: Path) -> bool:
    """Whether a process holds the lock."""
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def close_stale_runs(client: "MlflowClient") -> None:
    """Closes runs that a killed sweep of this folder left RUNNING: deletes its unfinished cells, marks the sweep KILLED."""
    for run in search(client, "attributes.status = 'RUNNING'"):
        name = sweep_name(run)
        if not has_lock(name):
            continue  # of another folder, or another machine
        with suppress(Timeout), FileLock(lock_of(name), timeout=0):
            if run.data.tags.get("kind") == "sweep":
                client.set_terminated(run.info.run_id, "KILLED")
            elif run.data.tags.get("kind") == "cell":
                forget_run(client, run)


def living(client: "MlflowClient") -> Iterator[tuple[str, bool, str]]:
    """Yields the running sweeps: name, whether it surely runs, and what to do about it. Closes stale runs first."""
    close_stale_runs(client)
    locks = [lock for lock in (RUNS / "locks").glob("*.lock") if not lock.is_symlink() and is_running(lock)]
    for lock in locks:
        yield lock.stem, True, "wait until it has ended, or end it (Ctrl-C)"
    for run in search(client, "tags.kind = 'sweep' and attributes.status = 'RUNNING'"):
        name = sweep_name(run)
        if not (is_name(name) and lock_of(name) in locks):
            yield (
                name,
                False,
                "in another folder or on another machine, or it was killed there; if you know it was: --force",
            )


def new_name(study: str) -> tuple[str, Path]:
    """A name that no other sweep has, and the folder of its report, made here to reserve the name."""
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
    """Ends the sweep's run, whatever happens inside, with the right status: FINISHED, FAILED, or KILLED by the user."""
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
