"""Everything that is recorded, in MLflow: one flat run a cell, and one for the sweep that lists its cells."""

import json
import shutil
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

from experiments import results
from experiments.calculation import AnyExperiment
from experiments.composition import Job
from experiments.lifetime import bury_the_dead
from experiments.plan import Plan
from experiments.provenance import command, origins, provenance
from experiments.records import metric_names
from experiments.secrets import hidden, recordable
from experiments.store import (
    RUNS,
    add_artifacts,
    add_text,
    artifact_folder,
    cells_named,
    experiment_id,
    forget_run,
    open_store,
    run_of,
    store_key,
)
from experiments.study import Study
from reports.load import short, unambiguous
from reports.statistics import mean_interval

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities import Run

PARTS = ("train", "validation", "test")
NOTE_LIMIT = 8000  # characters: MLflow cuts longer tags
POINTS_IN_UI = 12  # a curve: a point takes MLflow a quarter of a millisecond
CURVES_IN_UI = [f"{part}/{quantity}" for part in PARTS for quantity in ("loss", "error")]


class SweepRun(NamedTuple):
    """An open sweep: where its cells are recorded."""

    client: "MlflowClient"
    experiment_id: str
    run_id: str
    study: Study
    name: str  # the study and when it was started
    folder: Path  # of its report
    axes: tuple[str, ...]
    names: dict[tuple[tuple[str, str], ...], str]  # of the cells, by their places on the axes

    def place(self, job: Job) -> tuple[dict[str, str], str]:
        """Where a job lies on the axes, and the name of its cell."""
        place = axis_values(self.axes, job)
        return place, self.names[tuple(place.items())]


class Cell(NamedTuple):
    """One recorded cell, as the sweep's run lists it."""

    run_id: str
    name: str
    axes: dict[str, str]
    status: str
    data: str = ""  # the fingerprint of its data
    task: str = ""
    sizes: Mapping[str, int] = MappingProxyType({})  # rows of each part, by its name


def start_sweep(study: Study, jobs: Sequence[Job], name: str, folder: Path) -> SweepRun:
    """Opens the sweep's own run; it stays RUNNING until `ending` closes it."""
    client = open_store()
    bury_the_dead(client)
    experiment = experiment_id(client, study.name)
    tags = {
        **provenance(),
        "kind": "sweep",
        "study": study.name,
        "sweep": name,
        "question": study.question,
        "command": hidden(command(argument for argument in sys.argv[1:] if argument != "--multirun")),
    }
    run = client.create_run(experiment, run_name=f"sweep: {name}", tags=tags)
    own_axes = axes(study, jobs)
    return SweepRun(
        client, experiment, run.info.run_id, study, name, folder, own_axes, cell_names(study, own_axes, jobs)
    )


def axes(study: Study, jobs: Sequence[Job]) -> tuple[str, ...]:
    """The keys that tell the cells apart: those that vary over the jobs, and those the study names."""
    named = [*study.baseline, *study.choose]
    named += [key for claim in study.claims for end in ("cell", "lower", "than") for key in claim.get(end, {})]
    named += [
        key for figure in study.figures for key in (figure["x"], figure.get("color", ""), figure.get("panels", ""))
    ]
    keys = list(dict.fromkeys(key for job in jobs for key in job.overrides))
    varying = [key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1]
    return tuple(key for key in keys if key in varying or key in named)


def record_cell(
    sweep: SweepRun,
    job: Job,
    experiment: AnyExperiment,
    identity: str,
    table: "pd.DataFrame",
    anew: bool,
    doubtful: bool,
) -> None:
    """One run: parameters, mean and interval of every metric at the selected step, thinned curves, every seed's curve.

    A cell that another sweep has recorded meanwhile is only listed, unless it is to be recorded `anew`. The store itself
    is asked only where it is `doubtful` that this folder knows: a search takes as long as a tenth of the record.
    """
    with FileLock(RUNS / "cells.lock"):
        known = None if anew else results.recorded(identity, store_key())
        if known is None and doubtful and not anew:
            known = run_of(sweep.client, identity)
        if known is None:
            own = start_cell(sweep, job, identity, data_tags(experiment))
            try:
                write_cell(sweep, own, job, experiment, identity, table)
            except Exception:
                with suppress(Exception):  # where the store is away, `end_sweep` deletes the half-written run
                    forget_run(sweep.client, own)
                raise
            sweep.client.set_terminated(own.info.run_id, "FINISHED")
            known = own.info.run_id
        results.now_recorded(identity, store_key(), known)


def is_finished(client: "MlflowClient", run_id: str) -> bool:
    """Whether the store still has that run, whole."""
    from mlflow.exceptions import MlflowException

    try:
        info = client.get_run(run_id).info
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    return info.status == "FINISHED" and info.lifecycle_stage == "active"


def data_tags(experiment: AnyExperiment) -> dict[str, str]:
    return {"data.fingerprint": experiment.dataset.fingerprint, "data.source": hidden(experiment.dataset.source)}


def write_cell(
    sweep: SweepRun, run: "Run", job: Job, experiment: AnyExperiment, identity: str, table: "pd.DataFrame"
) -> None:
    """What `record_cell` puts into the run it has opened."""
    from mlflow.entities import Metric, Param

    chosen = table[table.selected]
    now = int(time.time() * 1000)

    def metric(name: str, value: float, step: int = 0) -> Metric:
        return Metric(name, float(value), now, step)

    metrics = [
        metric("seeds/finished", (chosen.diverged_at < 0).sum()),
        metric("seeds/diverged", (chosen.diverged_at >= 0).sum()),
    ]
    for name in metric_names(table):
        interval = mean_interval(chosen[name].to_numpy())
        metrics.append(metric(name, interval.mean))
        if name.endswith("/error"):
            metrics += [metric(f"{name} low", interval.low), metric(f"{name} high", interval.high)]
    drawn = [name for name in CURVES_IN_UI if name in table] or metric_names(table)
    means = thinned(table.groupby("step")[drawn].mean())
    if len(means) > 1:
        metrics += [metric(f"curve/{name}", value, int(step)) for name in drawn for step, value in means[name].items()]
    options = {kind.rpartition("@")[2]: option for kind, option in job.choices.items()}  # noise@noise.hidden: its place
    config = recordable(job.config)
    params = {**options, **flat(config)} | {f"data.{key}": value for key, value in experiment.summary().items()}
    sweep.client.log_batch(run.info.run_id, metrics, [Param(key, hidden(str(value))) for key, value in params.items()])
    log_dataset(sweep.client, run.info.run_id, experiment, run.data.tags["data.source"])
    folder = artifact_folder(sweep.client, run.info.run_id)
    if folder is not None:  # on this machine: no need to ask the store where
        folder.mkdir(parents=True, exist_ok=True)
        write_artifacts(folder, identity, config)
        return
    with TemporaryDirectory() as draft:
        write_artifacts(Path(draft), identity, config)
        sweep.client.log_artifacts(run.info.run_id, draft)


def thinned(curves: "pd.DataFrame") -> "pd.DataFrame":
    """At most POINTS_IN_UI rows, evenly chosen, the first and the last among them; the whole curves are an artifact."""
    rows = np.unique(np.linspace(0, len(curves) - 1, min(len(curves), POINTS_IN_UI)).round().astype(int))
    return curves.iloc[rows]


def write_artifacts(folder: Path, identity: str, config: Mapping[str, Any]) -> None:
    import yaml

    shutil.copyfile(results.curves_file(identity), folder / "curves.parquet")
    text = yaml.dump(dict(config), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def record_failure(sweep: SweepRun, job: Job, error: str, identity: str = "") -> None:
    """A cell that could not be built or trained: a FAILED run with its traceback."""
    run_id = start_cell(sweep, job, identity).info.run_id
    sweep.client.set_tag(run_id, "error", error.strip().splitlines()[-1][:4000])
    add_text(sweep.client, run_id, error, "error.txt")
    sweep.client.set_terminated(run_id, "FAILED")


def axis_values(axes: Sequence[str], job: Job) -> dict[str, str]:
    """Where a job lies on the axes of a sweep."""
    return {key: hidden(job.overrides[key]) for key in axes if key in job.overrides}


def cell_names(study: Study, axes: Sequence[str], jobs: Sequence[Job]) -> dict[tuple[tuple[str, str], ...], str]:
    """What the cells are called, by their places on the axes: no two have one name."""
    places = [axis_values(axes, job) for job in jobs]
    names = [cell_name(place, axes, job) or study.name for place, job in zip(places, jobs, strict=True)]
    return dict(zip((tuple(place.items()) for place in places), unambiguous(names, places, axes), strict=True))


def cell_name(place: Mapping[str, str], axes: Sequence[str], job: Job) -> str:
    """The options chosen, and other values with the last part of their keys."""
    options = {key for key in job.choices if "@" not in key}
    return " ".join(value if key in options else f"{short(key, axes)}={value}" for key, value in place.items())


def own_command(job: Job) -> str:
    """The command that runs this cell alone."""
    return hidden(command([*origins(sys.argv[1:]), *(f"{key}={value}" for key, value in job.overrides.items())]))


def start_cell(sweep: SweepRun, job: Job, identity: str, more: Mapping[str, str] = MappingProxyType({})) -> "Run":
    values, name = sweep.place(job)
    tags = {
        **provenance(),
        "kind": "cell",
        "study": sweep.study.name,
        "sweep": sweep.name,
        "identity": identity,
        "command": own_command(job),
        "mlflow.note.content": f"A cell of the study **{sweep.study.name}**: {sweep.study.question}\n\n`{own_command(job)}`",
        **more,
        **{f"axis.{key}": value for key, value in values.items()},
    }
    return sweep.client.create_run(sweep.experiment_id, run_name=name, tags=tags)


def end_sweep(
    sweep: SweepRun, plan: Plan, failures: Mapping[int, str], values: Mapping[str, float]
) -> dict[int, float]:
    """Lists the cells in the sweep's run, in the order of the jobs; gives each finished one's mean validation error.

    `values` has it by identity for the cells that came in just now; the others' is in their runs.
    """
    for run in cells_named(sweep.client, sweep.name, "RUNNING"):
        forget_run(sweep.client, run)  # the store went away in the middle of it, and it was recorded again
    found = cells_named(sweep.client, sweep.name, "FAILED") if failures else []
    failed = {run.data.tags["command"]: run.info.run_id for run in found}
    cells, own = [], {}
    for n, job in enumerate(plan.jobs):
        axes, name = sweep.place(job)
        run_id = results.recorded(plan.identities.get(n, ""), store_key())
        if run_id is not None and n not in failures:
            data, summary = plan.experiments[n].dataset, plan.experiments[n].summary()
            sizes = {part: int(summary[part]) for part in PARTS if part in summary}
            cells.append(Cell(run_id, name, axes, "FINISHED", data.fingerprint, data.task, sizes))
            name = plan.identities[n]
            own[n] = values[name] if name in values else recorded_value(sweep.client, run_id)
        elif n in failures:
            cells.append(Cell(failed.get(own_command(job), ""), name, axes, "FAILED"))
    record = {
        "name": sweep.name,
        "study": sweep.study.as_dict(),
        "axes": list(sweep.axes),
        "cells": [cell._asdict() | {"sizes": dict(cell.sizes)} for cell in cells],
    }
    add_text(sweep.client, sweep.run_id, json.dumps(record, indent=1), "sweep.json")
    return own


def recorded_value(client: "MlflowClient", run_id: str) -> float:
    return float(client.get_run(run_id).data.metrics.get("validation/error", "nan"))


def attach_report(sweep: SweepRun, folder: Path, answer: str, note: str) -> None:
    """The report joins the sweep's run, which is then finished."""
    add_artifacts(sweep.client, sweep.run_id, folder, "report")
    sweep.client.set_tag(sweep.run_id, "answer", answer[:NOTE_LIMIT])
    sweep.client.set_tag(sweep.run_id, "mlflow.note.content", note[:NOTE_LIMIT])


def log_dataset(client: "MlflowClient", run_id: str, experiment: AnyExperiment, source: str) -> None:
    from mlflow.entities import Dataset, DatasetInput

    data = experiment.dataset
    profile = json.dumps({"examples": data.x.shape[0], "features": data.x.shape[1], "targets": data.y.shape[1]})
    entity = Dataset(hidden(data.name), data.fingerprint, "function", json.dumps({"source": source}), profile=profile)
    client.log_inputs(run_id, [DatasetInput(entity)])


def flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of a nested mapping under their dotted keys; the study's prose and classes' names are not parameters,
    nor is how the sweep was run."""
    leaves: dict[str, Any] = {}
    for key, value in config.items():
        path = f"{prefix}{key}"
        if key == "_target_" or path in ("study", "execution"):
            continue
        leaves |= flat(value, path + ".") if isinstance(value, Mapping) else {path: value}
    return leaves
