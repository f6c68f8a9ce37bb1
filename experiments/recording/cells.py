"""Writes a cell's run to MLflow, and reads results back from it."""

import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from filelock import FileLock

from experiments import RUNS
from experiments.config.composition import Job
from experiments.config.secrets import hidden, recordable
from experiments.recording import journal
from experiments.recording.identity import Identity
from experiments.recording.kept import Network, load, network_of, write_model
from experiments.recording.plan import Cell
from experiments.recording.provenance import command, origins, provenance
from experiments.recording.row_table import from_row_table, write_rows
from experiments.recording.store import add_artifacts, add_text, forget_run, run_of, search, store_key
from experiments.study.calculation import AnyExperiment
from experiments.study.curves import Curves, at_the_selected_step, curve_table, joined, of_seeds, seed_table
from experiments.study.experiment import Experiment
from experiments.study.keep import Keep, all_names, all_names_of_cell, as_tag, from_tag, had_by, named, named_of_cell
from experiments.study.rows import Rows
from experiments.study.study import Study
from reports.schema import (
    AT,
    CONFIG,
    CURVES,
    DIVERGED,
    ERROR,
    FORMAT,
    KEPT,
    KEPT_FILE,
    NETWORKS,
    OWN,
    PARTS,
    ROWS,
    SEEDS,
    SELECTED,
)
from reports.schema.artifacts import artifact, has_artifact
from reports.schema.names import short, unambiguous
from reports.schema.rows import rows_of
from reports.statistics import mean_interval

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

POINTS_IN_UI = 12  # per curve: a point takes MLflow a quarter of a millisecond
CURVES_IN_UI = [f"{part}/{quantity}" for part in PARTS for quantity in ("loss", "error")]


class SweepRun(NamedTuple):
    """An open sweep, and where its cells are recorded."""

    client: "MlflowClient"
    experiment_id: str
    run_id: str
    study: Study
    name: str  # the study's name and the time of its start
    folder: Path  # of its report
    axes: tuple[str, ...]
    names: dict[tuple[tuple[str, str], ...], str]  # of the cells, by their places on the axes

    def place(self, job: Job) -> tuple[dict[str, str], str]:
        """Where a job lies on the axes, and the name of its cell."""
        place = axis_values(self.axes, job)
        return place, self.names[tuple(place.items())]


def record_cell(sweep: SweepRun, cell: Cell, curves: Curves, *, check_store: bool) -> None:
    """Records a cell as one run: parameters, metrics with intervals at the selected step, thinned curves, the artifacts.

    A cell that another sweep has recorded meanwhile is only listed, unless its `overwrite` is set. The store itself is searched
    only with `check_store`, where this folder may not know: a search takes a tenth of the time that recording takes.
    """
    name, had = cell.identity.cell, had_by(curves)
    with FileLock(RUNS / "cells.lock"):
        known = (
            None
            if cell.overwrite
            else next(iter(journal.recorded(named_of_cell(name, had), store_key()).values()), None)
        )
        if known is None and check_store and not cell.overwrite:
            known = run_of(sweep.client, name)
            if known is not None and not has_all(sweep.client.get_run(known), had):
                known = None
        if known is None:
            others = {} if cell.overwrite else unlike(sweep.client, cell, curves)
            own = start_cell(sweep, cell.job, name, cell_tags(cell) | {KEPT: as_tag(had)} | others)
            try:
                write_cell(sweep, own, cell, curves)
            except Exception:
                with suppress(Exception):  # where the store is away, `end_sweep` deletes the half-written run
                    forget_run(sweep.client, own)
                raise
            sweep.client.set_terminated(own.info.run_id, "FINISHED")
            known = own.info.run_id
        journal.now_recorded(all_identities(cell.identity, had), store_key(), known)


def all_identities(cell: Identity, had: Mapping[int, frozenset[str]]) -> list[str]:
    """All the names by which a cell's run, and each of its seeds, can be looked up."""
    seeds = [name for seed, own in had.items() for name in all_names(cell.seeds[seed], own)]
    return [*all_names_of_cell(cell.cell, had), *seeds]


def unlike(client: "MlflowClient", cell: Cell, curves: Curves) -> dict[str, str]:
    """Compares seeds trained again for `execution.keep` with their records; returns a tag naming the runs that differ."""
    names, had = cell.identity.seeds, had_by(curves)
    known = journal.recorded([*names.values(), *(named(names[seed], own) for seed, own in had.items())], store_key())
    again = [seed for seed, name in names.items() if name in known and named(name, had[seed]) not in known]
    differ = []
    for run_id in sorted({known[names[seed]] for seed in again}):
        seeds = [seed for seed in again if known[names[seed]] == run_id]
        before = recorded_curves(client, run_id, seeds)
        if before is not None and not same_bits(before, of_seeds(curves, seeds)):
            differ.append(run_id)
            print(
                f"seeds {in_short(seeds)}, trained again for execution.keep, gave other numbers than run {run_id} has, which stays as "
                f"it is; python -m experiments.verify {run_id} tells which",
                file=sys.stderr,
            )
    return {"differs_from": " ".join(differ)} if differ else {}


def same_bits(one: Curves, other: Curves) -> bool:
    """Whether both have the same steps and metrics, with equal values."""
    if one.metrics.keys() != other.metrics.keys() or one.once.keys() != other.once.keys() or one.steps != other.steps:
        return False
    pairs = [
        (getattr(one, table)[name], getattr(other, table)[name])
        for table in ("metrics", "once")
        for name in getattr(one, table)
    ]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in [*pairs, (one.diverged_at, other.diverged_at)])


def has_all(run: "Run", wanted: Mapping[int, frozenset[str]]) -> bool:
    """Whether a run has, by its tag, all kinds that are wanted of each seed."""
    had = from_tag(run.data.tags.get(KEPT, ""), wanted)
    return all(kinds <= had[seed] for seed, kinds in wanted.items())


def cell_tags(cell: Cell) -> dict[str, str]:
    """The tags that say what the results depend on: the settings' identity, the seeds and the data."""
    data = cell.experiment.dataset
    return {
        "settings": cell.identity.settings,
        "seeds": in_short(cell.experiment.all_seeds),
        "data.fingerprint": data.fingerprint,
        "data.source": hidden(data.source),
    }


def in_short(seeds: Sequence[int]) -> str:
    """Seeds in ranges.

    >>> in_short([0, 1, 2, 5, 7, 8])
    '0–2, 5, 7–8'
    """
    ranges: list[list[int]] = []
    for seed in sorted(seeds):
        if ranges and seed == ranges[-1][-1] + 1:
            ranges[-1][1:] = [seed]
        else:
            ranges.append([seed])
    return ", ".join("–".join(map(str, ends)) for ends in ranges)


def write_cell(sweep: SweepRun, run: "Run", cell: Cell, curves: Curves) -> None:
    """Writes parameters, metrics, dataset and artifacts into the run that `record_cell` has opened."""
    from mlflow.entities import Param

    options = {
        kind.rpartition("@")[2]: option for kind, option in cell.job.choices.items()
    }  # keeps the place: noise.hidden of noise@noise.hidden
    config = recordable(cell.job.config)
    params = {**options, **flat(config)} | {f"data.{key}": value for key, value in cell.experiment.summary().items()}
    params_as_text = [Param(key, hidden(str(value))) for key, value in params.items()]
    sweep.client.log_batch(run.info.run_id, metrics_of(cell, curves), params_as_text)
    log_dataset(sweep.client, run.info.run_id, cell.experiment, run.data.tags["data.source"])
    with TemporaryDirectory() as draft:
        write_artifacts(Path(draft), cell, curves, config)
        add_artifacts(sweep.client, run.info.run_id, Path(draft))


def metrics_of(cell: Cell, curves: Curves) -> list[Any]:
    """The metrics that MLflow charts: means and intervals over seeds at the selected step, and thinned mean curves."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    finished = int((curves.diverged_at < 0).sum())
    metrics = [
        Metric("seeds/finished", finished, now, 0),
        Metric("seeds/diverged", len(curves.seeds) - finished, now, 0),
    ]
    for name, values in at_the_selected_step(curves, cell.experiment.selection).items():
        interval = mean_interval(values)
        metrics.append(Metric(name, interval.mean, now, 0))
        if name.endswith("/error"):
            metrics += [Metric(f"{name} low", interval.low, now, 0), Metric(f"{name} high", interval.high, now, 0)]
    rows = thinned(len(curves.steps)) if len(curves.steps) > 1 else []
    for name in [name for name in CURVES_IN_UI if name in curves.metrics] or list(curves.metrics):
        means = mean_of_finite(curves.metrics[name])
        metrics += [Metric(f"curve/{name}", float(means[row]), now, curves.steps[row]) for row in rows]
    return metrics


def mean_of_finite(values: Any) -> Any:
    """The mean over seeds of each row, without infinite values and NaN; NaN where no seed is left."""
    finite = np.isfinite(values)
    count = finite.sum(axis=-1)
    return np.where(count > 0, np.where(finite, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def thinned(count: int) -> list[int]:
    """The numbers of at most POINTS_IN_UI rows, evenly spaced from first to last; the whole curves are an artifact."""
    return np.unique(np.linspace(0, count - 1, min(count, POINTS_IN_UI)).round().astype(int)).tolist()


def write_artifacts(folder: Path, cell: Cell, curves: Curves, config: Mapping[str, Any]) -> None:
    import yaml

    write_table(folder / CURVES, curve_table(curves))
    write_table(folder / SEEDS, seed_table(curves, cell.experiment.selection))
    if curves.rows is not None:
        write_rows(folder / ROWS, curves.rows)
    write_networks(folder / NETWORKS, cell.experiment, curves)
    text = yaml.dump(dict(config), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    (folder / CONFIG).write_text(text, encoding="utf-8")


def write_networks(folder: Path, experiment: AnyExperiment, curves: Curves) -> None:
    """Saves the kept networks, each as an MLflow model."""
    if not curves.weights or not isinstance(experiment, Experiment):
        return
    folder.mkdir()
    steps = np.array(curves.steps)[experiment.selection(curves.metrics)]
    for seed, step in zip(curves.seeds, steps.tolist(), strict=True):
        if seed in curves.weights:
            network = network_of(experiment, seed, curves.weights[seed], step)
            write_model(network, folder / str(seed), experiment.dataset.x[:3])


def write_table(file: Path, table: Any) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = pa.table({name: values.to_numpy() for name, values in table.items()})  # in a third of pandas' time
    parquet.write_table(columns, file, write_statistics=False)


def assembled(client: "MlflowClient", cell: Cell) -> tuple[Curves | None, list[int]]:
    """Assembles a cell's curves from seeds on disk or recorded, with what `keep` asks; else None, and the missing seeds."""
    names = cell.seeds_named
    pieces = journal.saved(list(names.values()))
    there = {seed for piece in pieces for seed in piece.seeds}
    runs = journal.recorded([name for seed, name in names.items() if seed not in there], store_key())
    for run_id in sorted(set(runs.values())):
        wanted = [seed for seed, name in names.items() if runs.get(name) == run_id and seed not in there]
        piece = recorded_curves(client, run_id, wanted, cell.keep)
        if piece is not None and (piece.rows is not None or not isinstance(cell.experiment, Experiment)):
            pieces.append(piece)
            there |= set(piece.seeds)
    missing = [seed for seed in cell.experiment.all_seeds if seed not in there]
    return (None, missing) if missing else (joined(pieces, cell.experiment.all_seeds), [])


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
    others = [name for name in once if name not in ("seed", DIVERGED, OWN) and not name.startswith(SELECTED)]
    first = curves[curves.seed == seeds[0]]
    return Curves(
        seeds,
        first["step"].tolist(),
        first["epoch"].tolist(),
        metrics,
        {name: once[name].to_numpy() for name in others},
        once[DIVERGED].to_numpy(),
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
    found = search(client, f"tags.settings = '{wanted.settings}' and attributes.status = 'FINISHED'")
    known = []
    for run in found:
        seeds = [seed for seed in wanted.seeds if seed in from_short(run.data.tags.get("seeds", ""))]
        had = from_tag(run.data.tags.get(KEPT, ""), seeds)
        names = [name for seed in seeds for name in all_names(wanted.seeds[seed], had[seed])]
        if run.data.tags.get("identity") == wanted.cell:
            names += all_names_of_cell(wanted.cell, had)
        known.append((run.info.run_id, names))
    return known


def from_short(text: str) -> set[int]:
    """
    >>> sorted(from_short("0–2, 5"))
    [0, 1, 2, 5]
    """
    ends = [list(map(int, part.split("–"))) for part in text.split(", ") if part]
    return {seed for end in ends for seed in range(end[0], end[-1] + 1)}


def record_failure(sweep: SweepRun, job: Job, error: str, identity: str = "") -> None:
    """Records a cell that could not be built or trained as a FAILED run with its traceback."""
    run_id = start_cell(sweep, job, identity).info.run_id
    sweep.client.set_tag(run_id, "error", error.strip().splitlines()[-1][:4000])
    add_text(sweep.client, run_id, error, ERROR)
    sweep.client.set_terminated(run_id, "FAILED")


def axis_values(axes: Sequence[str], job: Job) -> dict[str, str]:
    """Where a job lies on the axes of a sweep."""
    return {key: hidden(job.overrides[key]) for key in axes if key in job.overrides}


def cell_names(study: Study, axes: Sequence[str], jobs: Sequence[Job]) -> dict[tuple[tuple[str, str], ...], str]:
    """The names of the cells, by their places on the axes; no two are equal."""
    places = [axis_values(axes, job) for job in jobs]
    names = [cell_name(place, axes, job) or study.name for place, job in zip(places, jobs, strict=True)]
    return dict(zip((tuple(place.items()) for place in places), unambiguous(names, places, axes), strict=True))


def cell_name(place: Mapping[str, str], axes: Sequence[str], job: Job) -> str:
    """A cell's name: its chosen options, and its other values with the last parts of their keys."""
    options = {key for key in job.choices if "@" not in key}
    return " ".join(value if key in options else f"{short(key, axes)}={value}" for key, value in place.items())


def own_command(job: Job) -> str:
    """The command that runs this cell alone."""
    return hidden(command([*origins(sys.argv[1:]), *(f"{key}={value}" for key, value in job.overrides.items())]))


def start_cell(sweep: SweepRun, job: Job, identity: str, more: Mapping[str, str] = MappingProxyType({})) -> "Run":
    values, name = sweep.place(job)
    seeds = in_words(more.get("seeds", ""))
    tags = {
        **provenance(),
        "kind": "cell",
        "format": str(FORMAT),
        "study": sweep.study.name,
        "sweep": sweep.name,
        "identity": identity,
        "command": own_command(job),
        "mlflow.note.content": f"A cell of the study **{sweep.study.name}**: {sweep.study.question}\n\n`{own_command(job)}`",
        **more,
        **{f"axis.{key}": value for key, value in values.items()},
    }
    return sweep.client.create_run(sweep.experiment_id, run_name=f"{name}, {seeds}" if seeds else name, tags=tags)


def in_words(seeds: str) -> str:
    """The seeds as part of a run's name, so that runs of different seeds have different names.

    >>> in_words("0–9"), in_words("3, 5–7"), in_words("4")
    ('10 seeds', 'seeds 3, 5–7', 'seed 4')
    """
    if re.fullmatch(r"0–\d+", seeds):
        return f"{int(seeds[2:]) + 1} seeds"
    kind = "seed" if seeds.isdigit() else "seeds"
    return f"{kind} {seeds}" if seeds else ""


def recorded_value(client: "MlflowClient", run_id: str) -> float:
    return float(client.get_run(run_id).data.metrics.get("validation/error", "nan"))


def log_dataset(client: "MlflowClient", run_id: str, experiment: AnyExperiment, source: str) -> None:
    from mlflow.entities import Dataset, DatasetInput

    data = experiment.dataset
    profile = json.dumps({"examples": data.x.shape[0], "features": data.x.shape[1], "targets": data.y.shape[1]})
    entity = Dataset(hidden(data.name), data.fingerprint, "function", json.dumps({"source": source}), profile=profile)
    client.log_inputs(run_id, [DatasetInput(entity)])


def flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of a nested mapping under their dotted keys, without `study`, `execution` and the names of classes."""
    leaves: dict[str, Any] = {}
    for key, value in config.items():
        path = f"{prefix}{key}"
        if key == "_target_" or path in ("study", "execution"):
            continue
        leaves |= flat(value, path + ".") if isinstance(value, Mapping) else {path: value}
    return leaves
