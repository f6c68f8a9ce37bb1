"""python -m experiments.sweeps list | delete SWEEP | clean: what lies in runs/, and how to have it back.

list: every sweep with its cells and what it takes on disk. delete: a sweep's run, its report and the cells that no other
sweep lists. clean: cells that no sweep lists, drafts of reports, and the free pages of the database. Both say what they
removed.
"""

import argparse
import shutil
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.sweeps", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every sweep, newest first")
    commands.add_parser("delete", help="one sweep").add_argument(
        "sweep", help="its name, its run id, or its study's name (the newest)"
    )
    commands.add_parser("clean", help="what no sweep lists")
    arguments = parser.parse_args()
    from reports.load import NoSuchSweep

    try:
        match arguments.command:
            case "list":
                show()
            case "delete":
                delete(arguments.sweep)
            case "clean":
                clean()
    except NoSuchSweep as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def show() -> None:
    """Every sweep, newest first, and what the whole folder takes."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from experiments import store

    client = store.existing_store()
    table = Table("sweep", "status", "cells", "report and cells", box=SIMPLE_HEAD)
    for run in store.runs_of_kind(client, "sweep"):
        cells = store.cells_of(client, run)
        size = sum(folder_size(store.artifact_folder(client.get_run(i))) for i in [run.info.run_id, *cells])
        table.add_row(run.info.run_name.removeprefix("sweep: "), run.info.status, str(len(cells)), megabytes(size))
    Console().print(table)
    for part in sorted(store.RUNS.iterdir()):
        print(f"{megabytes(folder_size(part)):>10}  {part}")


def delete(wanted: str) -> None:
    """A sweep's run, report and own cells."""
    from experiments import store
    from reports.load import find_sweep, folder_name

    client = store.existing_store()
    doomed = client.get_run(find_sweep(client, wanted))
    others = [run for run in store.runs_of_kind(client, "sweep") if run.info.run_id != doomed.info.run_id]
    shared = {cell for run in others for cell in store.cells_of(client, run)}
    cells = [cell for cell in store.cells_of(client, doomed) if cell not in shared]
    remove(client, [*cells, doomed.info.run_id])
    name = doomed.info.run_name.removeprefix("sweep: ")
    shutil.rmtree(store.RUNS / "reports" / folder_name(name), ignore_errors=True)
    print(f"deleted {name!r} and {len(cells)} cells of its own")
    compact()


def clean() -> None:
    """Cells that no sweep lists, unless a sweep is running, and the database's free pages."""
    from experiments import store

    client = store.existing_store()
    sweeps = store.runs_of_kind(client, "sweep")
    if any(run.info.status == "RUNNING" for run in sweeps):
        print("a sweep is running, or was killed: its cells are kept; delete it by name to remove them")
        orphans: list[str] = []
    else:
        listed = {cell for run in sweeps for cell in store.cells_of(client, run)}
        orphans = [run.info.run_id for run in store.runs_of_kind(client, "cell") if run.info.run_id not in listed]
        for draft in store.RUNS.glob("reports/.draft-*"):
            shutil.rmtree(draft)
    remove(client, orphans)
    print(f"removed {len(orphans)} cells that no sweep lists")
    compact()


def remove(client: Any, run_ids: Iterable[str]) -> None:
    """Runs and their artifacts, for good: MLflow itself only marks a run as deleted."""
    from experiments import store

    for run_id in run_ids:
        store.forget_run(client, client.get_run(run_id))


def compact() -> None:
    """Gives the free pages of the SQLite file back to the disk."""
    from experiments import store

    database = store.RUNS / "mlflow.db"
    if not store.tracking_uri().startswith("sqlite:") or not database.exists():
        return
    before = database.stat().st_size
    connection = sqlite3.connect(database)
    connection.execute("VACUUM")
    connection.close()
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
