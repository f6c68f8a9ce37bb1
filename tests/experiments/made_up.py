"""A folder runs/ whose records are made up: a sweep of two cells, as MLflow and the disk have it, without any training."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd
import pytest

from experiments.recording import store
from reports.schema import CURVES, FORMAT, SEEDS, SWEEP
from tests.reports.made import in_two

STUDY: dict[str, Any] = {
    **{"name": "made", "question": "?", "baseline": {}, "choose": [], "expect": "", "smallest_effect": None},
    **{"claims": [], "measures": [], "figures": []},
}


class MadeUp(NamedTuple):
    """What lies in runs/ of the current directory."""

    client: Any
    name: str
    sweep: str  # the id of its run
    cells: list[str]

    def tamper(self, command: str, *values: Any) -> None:
        """Changes the database as a stranger would."""
        with closing(sqlite3.connect("runs/mlflow.db")) as database, database:
            database.execute(command, values)

    def has(self, run_id: str) -> bool:
        run = store.found_run(self.client, run_id)
        return run is not None and run.info.lifecycle_stage == "active"


def curves(shift: float = 0.0) -> pd.DataFrame:
    rows = [(seed, step, step / 10, 0.5 + shift + seed / 100 - step / 1000) for step in (0, 10) for seed in (0, 1)]
    table = pd.DataFrame(rows, columns=["seed", "step", "epoch", "test/error"])
    for name in (
        "train/error",
        "validation/error",
        "test/loss",
        "train/loss",
        "validation/loss",
        "gap/error",
        "gap/loss",
    ):
        table[name] = table["test/error"]
    for name in ("selected/last", "selected/best_validation", "selected/oracle", "selected"):
        table[name] = table.step == 10
    return table.assign(diverged_at=-1)


def made_up(name: str = "made 2026-11-24 09:00:00", status: str = "FINISHED") -> MadeUp:
    """Records a sweep in runs/ of the current directory, which may have a store already."""
    client = store.open_store()
    experiment = store.experiment_id(client, "made")
    tags = {"sweep": name, "study": "made", "format": str(FORMAT)}
    cells = []
    for number in range(2):
        more = {"kind": "cell", "identity": f"{name}-{number}"}
        run = client.create_run(experiment, run_name=f"strength={number}", tags=tags | more)
        with TemporaryDirectory() as folder:
            for file, table in zip((CURVES, SEEDS), in_two(curves(number / 10)), strict=True):
                table.to_parquet(Path(folder) / file)
            store.add_artifacts(client, run.info.run_id, Path(folder))
        client.set_terminated(run.info.run_id, "FINISHED")
        cells.append(run.info.run_id)
    sweep = client.create_run(experiment, run_name=f"sweep: {name}", tags=tags | {"kind": "sweep"}).info.run_id
    store.add_text(client, sweep, json.dumps(record(name, cells)), SWEEP)
    if status != "RUNNING":
        client.set_terminated(sweep, status)
    return MadeUp(client, name, sweep, cells)


def record(name: str, cells: list[str]) -> dict[str, Any]:
    """A sweep.json."""
    listed = [
        {"run_id": run_id, "name": f"strength={n}", "axes": {"strength": str(n)}, "status": "FINISHED"}
        | {"data": "d", "task": "classification"}
        for n, run_id in enumerate(cells)
    ]
    return {"format": FORMAT, "name": name, "study": STUDY, "axes": ["strength"], "cells": listed}


def the_rest_slowly(first: int, *members: Any) -> list[Any]:
    """Parameters of a test: the first of a group are tried every time, all of them where slow tests are."""
    return [pytest.param(one, marks=[pytest.mark.slow] * (n >= first), id=repr(one)) for n, one in enumerate(members)]
