"""Reads results back from the runs of a store: of a cell, of some of its seeds."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from experiments.recording.identity import Identity
from experiments.recording.kept import Network, load
from experiments.recording.row_table import from_row_table
from experiments.recording.store import search
from experiments.study.curves import Curves, of_seeds
from experiments.study.keep import Keep, all_names, all_names_of_cell, from_tag
from experiments.study.rows import Rows
from reports.schema import (
    AT,
    BEGAN,
    CURVES,
    DIVERGED,
    FORMAT,
    KEPT,
    KEPT_FILE,
    NETWORKS,
    OWN,
    ROWS,
    SEEDS,
    SELECTED,
)
from reports.schema.artifacts import artifact, has_artifact
from reports.schema.rows import rows_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
from experiments.recording.naming import from_short


def recorded_curves(
    client: "MlflowClient",
    run_id: str,
    seeds: Sequence[int],
    keep: Keep = Keep(),  # noqa: B008
) -> Curves | None:
    """Reads the curves of some seeds from a recorded run; None where it is gone, marked as deleted, or unreadable."""
    import pandas as pd
    from mlflow.exceptions import MlflowException

    try:
        run = client.get_run(run_id)
        if run.data.tags.get("format") != str(FORMAT) or run.info.lifecycle_stage != "active":
            return None
        with TemporaryDirectory() as draft:
            curves, once = (pd.read_parquet(artifact(client, run_id, name, draft)) for name in (CURVES, SEEDS))
            rows = recorded_rows(client, run_id, draft)
            wanted = [seed for seed in seeds if keep.weights_of(seed)]
            weights = {seed: recorded_network(client, run_id, seed, draft).parameters for seed in wanted}
        return of_seeds(from_tables(curves, once)._replace(rows=rows, weights=weights), seeds)
    except (MlflowException, OSError, KeyError, ValueError):
        return None


def recorded_rows(client: "MlflowClient", run_id: str, draft: str) -> Rows | None:
    """Reads the per-row errors of a recorded cell; None where no network was trained."""
    if not has_artifact(client, run_id, ROWS):
        return None
    return from_row_table(rows_of(client, run_id, draft))


def recorded_network(client: "MlflowClient", run_id: str, seed: int, draft: str) -> Network:
    """Loads a seed's network from a run. Raises OSError or ValueError where it is missing or unreadable."""
    return load(artifact(client, run_id, f"{NETWORKS}/{seed}/data/{KEPT_FILE}", draft))


def from_tables(curves: Any, once: Any) -> Curves:
    """Rebuilds the curves from the two recorded tables."""
    seeds = once["seed"].tolist()
    metrics = {name: curves[name].to_numpy().reshape(-1, len(seeds)) for name in curves if name not in AT}
    others = [name for name in once if name not in ("seed", DIVERGED, OWN, BEGAN) and not name.startswith(SELECTED)]
    first = curves[curves.seed == seeds[0]]
    return Curves(
        seeds,
        first["step"].tolist(),
        first["epoch"].tolist(),
        metrics,
        {name: once[name].to_numpy() for name in others},
        once[DIVERGED].to_numpy(),
        began=once[BEGAN].to_numpy() if BEGAN in once else None,
    )


def is_finished(client: "MlflowClient", run_id: str) -> bool:
    """Whether the store still has that run, finished and not marked as deleted."""
    from mlflow.exceptions import MlflowException

    try:
        info = client.get_run(run_id).info
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    return info.status == "FINISHED" and info.lifecycle_stage == "active"


def seeds_recorded(client: "MlflowClient", wanted: Identity) -> list[tuple[str, list[str]]]:
    """The finished runs in the store with seeds of that cell, whoever recorded them: each run id with the names it answers to."""
    runs = search(client, f"tags.settings = '{wanted.settings}' and attributes.status = 'FINISHED'")
    named = []
    for run in runs:
        seeds = [seed for seed in wanted.seeds if seed in from_short(run.data.tags.get("seeds", ""))]
        had = from_tag(run.data.tags.get(KEPT, ""), seeds)
        names = [name for seed in seeds for name in all_names(wanted.seeds[seed], had[seed])]
        if run.data.tags.get("identity") == wanted.cell:
            names += all_names_of_cell(wanted.cell, had)
        named.append((run.info.run_id, names))
    return named


def recorded_value(client: "MlflowClient", run_id: str) -> float:
    return float(client.get_run(run_id).data.metrics.get("validation/error", "nan"))
