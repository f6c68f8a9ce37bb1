"""The store that the commands of this package read."""

import os
from pathlib import Path
from typing import Any

from reports.load import NoSuchSweep


def open_store(named: str | None) -> Any:
    """A client of the store named, of MLFLOW_TRACKING_URI, or of runs/mlflow.db here. Raises NoSuchSweep if there is none."""
    database = Path("runs/mlflow.db").resolve()
    store = named or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{database}"
    if store == f"sqlite:///{database}" and not database.exists():
        raise NoSuchSweep(
            f"there is no {database}: run a sweep first (python -m experiments.run), or name a store with --store"
        )
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from mlflow import MlflowClient

    return MlflowClient(store)
