"""python -m experiments.sweeps list | delete SWEEP | clean: shows what runs/ takes on disk, and frees it.

list: every sweep with its cells and what it takes on disk. delete: a sweep's run, its report and the cells that no other
sweep lists. clean: cells that no sweep lists, drafts of reports, and the free pages of the database. Both say what they
removed, and refuse while a sweep runs: its cells are not yet listed. A sweep that runs in another folder or on another
machine cannot be told from one that was killed there: --force removes all the same.
"""

import argparse
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from experiments import RUNS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.sweeps", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every sweep, newest first")
    delete_one = commands.add_parser("delete", help="one sweep")
    delete_one.add_argument("sweep", help="its name, its run id, or its study's name (the newest)")
    delete_rest = commands.add_parser("clean", help="what no sweep lists")
    for command in (delete_one, delete_rest):
        command.add_argument("--force", action="store_true", help="even if a sweep of another folder seems to run")
    arguments = parser.parse_args()
    from reports.door import front_door

    with front_door():
        match arguments.command:
            case "list":
                show()
            case "delete":
                delete(arguments.sweep, arguments.force)
            case "clean":
                clean(arguments.force)


def show() -> None:
    """Print every sweep, newest first, and what the whole folder takes on disk."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from experiments.recording import store
    from reports.schema.names import is_name

    client = store.existing_store()
    table = Table("sweep", "status", "cells", "report and cells", box=SIMPLE_HEAD)
    sweeps = store.runs_of_kind(client, "sweep")
    for run in sweeps:
        name = store.sweep_name(run)
        shown = Text(name if is_name(name) else repr(name))  # a foreign one may hold control characters
        table.add_row(shown, run.info.status, *size_of(client, run))
    Console().print(table)
    for note in store.of_other_formats(sweeps):
        print(f"{note}; experiments.sweeps delete SWEEP removes one")
    for part in sorted(RUNS.iterdir()) if RUNS.is_dir() else ():
        print(f"{megabytes(folder_size(part)):>10}  {part}")


def size_of(client: Any, run: Any) -> tuple[str, str]:
    """How many cells a sweep has, and what they and its report take; question marks where its record cannot be read."""
    from experiments.recording import store

    try:
        cells = store.cells_of(client, run)
        size = sum(folder_size(store.artifact_folder(client, i)) for i in [run.info.run_id, *cells])
    except OSError:
        return "?", "?"
    return str(len(cells)), megabytes(size)


def delete(wanted: str, force: bool) -> None:
    """Delete a sweep's run, its report, and the cells that no other sweep lists."""
    from experiments.recording import store
    from reports.load import find_sweep
    from reports.schema.names import is_name, report_folder
    from reports.schema.record import Unreadable

    client = store.existing_store(writing=True)
    refuse_while_one_runs(client, force)
    doomed = client.get_run(find_sweep(client, wanted))
    others = [run for run in store.runs_of_kind(client, "sweep") if run.info.run_id != doomed.info.run_id]
    shared = {cell for run in others for cell in store.cells_of(client, run)}
    name = store.sweep_name(doomed)
    try:
        listed = store.cells_of(client, doomed)
    except Unreadable:
        listed = [run.info.run_id for run in store.cells_named(client, name)]
    cells = [cell for cell in listed if cell not in shared]
    report = report_folder(name) if is_name(name) else None
    remove(client, [*cells, doomed.info.run_id])
    if report is not None:
        shutil.rmtree(report, ignore_errors=True)
    print(f"deleted {name!r} and {len(cells)} cells of its own")
    compact()


def clean(force: bool) -> None:
    """Remove cells that no sweep lists, drafts of reports, and the database's free pages."""
    from experiments.recording import store

    client = store.existing_store(writing=True)
    refuse_while_one_runs(client, force)
    listed = {cell for run in store.runs_of_kind(client, "sweep") for cell in store.cells_of(client, run)}
    orphans = [run.info.run_id for run in store.runs_of_kind(client, "cell") if run.info.run_id not in listed]
    for draft in RUNS.glob("reports/.draft-*"):
        shutil.rmtree(draft)
    remove(client, orphans)
    print(f"removed {len(orphans)} cells that no sweep lists")
    compact()


def refuse_while_one_runs(client: Any, force: bool) -> None:
    """Raises NoSuchSweep where a sweep is running: what it will list is not known yet."""
    from experiments.recording.lifetime import living
    from reports.schema.names import NoSuchSweep

    for name, here, advice in living(client):
        if here or not force:
            raise NoSuchSweep(f"nothing was removed: the sweep {name!r} is running; {advice}")


def remove(client: Any, run_ids: Iterable[str]) -> None:
    """Delete runs and their artifacts for good: MLflow itself only marks a run as deleted."""
    from experiments.recording import store

    for run_id in run_ids:
        run = store.found_run(client, run_id)
        if run is not None and run.data.tags.get("kind") in (
            "cell",
            "sweep",
        ):  # whatever else a list names is not ours to remove
            store.forget_run(client, run)


def compact() -> None:
    """Gives the free pages of the SQLite file back to the disk."""
    from experiments.recording import store

    database = RUNS / "mlflow.db"
    if store.store_key() != "local":
        return
    before = database.stat().st_size
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM")
    print(f"{database}: {megabytes(before)} → {megabytes(database.stat().st_size)}")


def folder_size(path: Path | None) -> int:
    if path is None or not path.exists():
        return 0
    return (
        path.stat().st_size
        if path.is_file()
        else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    )


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    main()
