"""Everything that is recorded, in MLflow: one flat run a cell, and one for the sweep that lists its cells.

This is the only module that writes MLflow. By default the store is SQLite in runs/ of the current directory;
MLFLOW_TRACKING_URI names another.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from itertools import count
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlparse

from omegaconf import OmegaConf

from experiments.composition import Job
from experiments.evaluation import Curves
from experiments.records import curve_table
from experiments.study import Experiment, Study
from reports.load import folder_name, short
from reports.statistics import mean_interval

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUNS = Path("runs")
PACKAGES = ("backprop-lab", "numpy", "scipy", "scikit-learn", "hydra-core", "mlflow")
NOTE_LIMIT = 8000  # characters: MLflow cuts longer tags
CURVES_IN_UI = [f"{part}/{quantity}" for part in ("train", "validation", "test") for quantity in ("loss", "error")]


class SweepRun(NamedTuple):
    """An open sweep: where its cells are recorded."""

    client: "MlflowClient"
    experiment_id: str
    run_id: str
    study: Study
    name: str  # the study and when it was started
    folder: Path  # of its report
    axes: tuple[str, ...]


class Cell(NamedTuple):
    """One recorded cell, as the sweep's run lists it."""

    run_id: str
    name: str
    axes: dict[str, str]
    status: str
    data: str = ""  # the fingerprint of its data
    task: str = ""


def tracking_uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(RUNS / 'mlflow.db').resolve()}"


def writable_runs() -> Path:
    """The folder runs/ of the current directory, made if it is missing. Raises OSError where it cannot be written."""
    try:
        RUNS.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=RUNS):
            return RUNS
    except OSError as error:
        raise OSError(
            f"cannot write the folder {RUNS.resolve()} ({error.strerror}); run from a folder you can write to"
        ) from error


def open_store() -> "MlflowClient":
    """The store, created first if need be: under a lock, since two processes creating one at once would ruin it."""
    import logging

    from filelock import FileLock

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # importing it has set its own
    with FileLock(writable_runs() / "store.lock"):
        return MlflowClient(tracking_uri())


def existing_store() -> "MlflowClient":
    """The store, which must be there: exits with code 2 where nothing was ever recorded."""
    if (
        tracking_uri().startswith("sqlite:")
        and "MLFLOW_TRACKING_URI" not in os.environ
        and not (RUNS / "mlflow.db").exists()
    ):
        print(
            f"error: there is no {(RUNS / 'mlflow.db').resolve()}; run a sweep here first, or go where one was run",
            file=sys.stderr,
        )
        sys.exit(2)
    return open_store()


def sweep_runs(client: "MlflowClient") -> list[Any]:
    """The sweeps' own runs, newest first."""
    return runs_of_kind(client, "sweep")


def cell_runs(client: "MlflowClient") -> list[Any]:
    """The cells' runs, newest first."""
    return runs_of_kind(client, "cell")


def runs_of_kind(client: "MlflowClient", kind: str) -> list[Any]:
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found, token = [], None
    while True:
        page = client.search_runs(
            experiments, f"tags.kind = '{kind}'", order_by=["attributes.start_time DESC"], page_token=token
        )
        found += list(page)
        token = page.token
        if not token:
            return found


def cells_of(client: "MlflowClient", sweep: Any) -> list[str]:
    """The run ids that a sweep's run lists, and those it had recorded where it was interrupted before it could."""
    listed = []
    if any(artifact.path == "sweep.json" for artifact in client.list_artifacts(sweep.info.run_id)):
        with TemporaryDirectory() as folder:
            path = client.download_artifacts(sweep.info.run_id, "sweep.json", folder)
            listed = [cell["run_id"] for cell in json.loads(Path(path).read_text(encoding="utf-8"))["cells"]]
    own = [
        run.info.run_id
        for run in cell_runs(client)
        if run.data.tags.get("sweep") == sweep.info.run_name.removeprefix("sweep: ")
    ]
    return list(dict.fromkeys([*listed, *own]))


def find_cell(client: "MlflowClient", wanted: str) -> Any:
    """The finished cell of that run id, or the newest of that name; None if there is none."""
    cells = [
        run
        for run in cell_runs(client)
        if run.info.status == "FINISHED" and wanted in (run.info.run_id, run.info.run_name)
    ]
    return cells[0] if cells else None


def artifact_folder(run: Any) -> Path | None:
    """Where a run's artifacts lie, if on this machine."""
    uri = urlparse(run.info.artifact_uri)
    return Path(unquote(uri.path)) if uri.scheme in ("", "file") else None


def delete_run(client: "MlflowClient", run_id: str) -> None:
    """Deletes a run for good where the store can, else marks it as deleted."""
    client.delete_run(run_id)
    forget = getattr(client._tracking_client.store, "_hard_delete_run", None)
    if forget is not None:
        forget(run_id)


def experiment_id(client: "MlflowClient", name: str) -> str:
    """The MLflow experiment of a study, created if it is missing; its artifacts lie in runs/ if the store does."""
    from filelock import FileLock

    local = client.tracking_uri.startswith("sqlite:")
    with FileLock(writable_runs() / "store.lock"):
        found = client.get_experiment_by_name(name)
        if found is not None:
            return found.experiment_id
        return client.create_experiment(
            name, artifact_location=(RUNS / "artifacts").resolve().as_uri() if local else None
        )


def start_sweep(study: Study, jobs: Sequence[Job]) -> SweepRun:
    """Opens the sweep's own run; it stays RUNNING until `end_sweep` has attached the report."""
    client = open_store()
    name, folder = new_name(study.name)
    experiment = experiment_id(client, study.name)
    words = [argument for argument in sys.argv[1:] if argument != "--multirun"]
    tags = {
        **provenance(),
        "kind": "sweep",
        "study": study.name,
        "sweep": name,
        "question": study.question,
        "command": command(words),
    }
    run = client.create_run(experiment, run_name=f"sweep: {name}", tags=tags)
    return SweepRun(client, experiment, run.info.run_id, study, name, folder, axes(study, jobs))


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


def axes(study: Study, jobs: Sequence[Job]) -> tuple[str, ...]:
    """The keys that tell the cells apart: those that vary over the jobs, and those the study names."""
    named = [*study.baseline, *study.choose]
    keys = list(dict.fromkeys(key for job in jobs for key in job.overrides))
    varying = [key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1]
    return tuple(key for key in keys if key in varying or key in named)


def record_cell(sweep: SweepRun, job: Job, experiment: Experiment, curves: Curves) -> Cell:
    """One run: parameters, mean and interval of every metric at the selected step, thinned curves, every seed's curve."""
    cell = start_cell(sweep, job)._replace(data=experiment.dataset.fingerprint, task=experiment.dataset.task)
    try:
        write_cell(sweep, cell, job, experiment, curves)
    except BaseException:
        sweep.client.set_terminated(cell.run_id, "FAILED")
        raise
    sweep.client.set_terminated(cell.run_id, "FINISHED")
    return cell._replace(status="FINISHED")


def write_cell(sweep: SweepRun, cell: Cell, job: Job, experiment: Experiment, curves: Curves) -> None:
    from mlflow.entities import Metric, Param, RunTag

    table = curve_table(curves, experiment)
    chosen = table[table.selected]
    now = int(time.time() * 1000)

    def metric(name: str, value: float, step: int = 0) -> Metric:
        return Metric(name, float(value), now, step)

    metrics = [
        metric("seeds/finished", (curves.diverged_at < 0).sum()),
        metric("seeds/diverged", (curves.diverged_at >= 0).sum()),
    ]
    for name in curves.metrics:
        interval = mean_interval(chosen[name].to_numpy())
        metrics += [
            metric(name, interval.mean),
            metric(f"{name} low", interval.low),
            metric(f"{name} high", interval.high),
        ]
    means = table.groupby("step")[CURVES_IN_UI].mean()
    metrics += [
        metric(f"curve/{name}", value, int(step)) for name in CURVES_IN_UI for step, value in means[name].items()
    ]
    options = {kind.rpartition("@")[2]: option for kind, option in job.choices.items()}  # noise@noise.hidden: its place
    params = {**options, **flat(OmegaConf.to_container(job.config, resolve=True))} | {
        f"data.{key}": value for key, value in experiment.summary().items()
    }
    tags = {"data.fingerprint": experiment.dataset.fingerprint, "data.source": experiment.dataset.source}
    sweep.client.log_batch(
        cell.run_id,
        metrics,
        [Param(key, str(value)) for key, value in params.items()],
        [RunTag(key, value) for key, value in tags.items()],
    )
    log_dataset(sweep.client, cell.run_id, experiment)
    with TemporaryDirectory() as folder:
        table.to_parquet(Path(folder) / "curves.parquet", index=False)
        (Path(folder) / "config.yaml").write_text(OmegaConf.to_yaml(job.config, resolve=True), encoding="utf-8")
        sweep.client.log_artifacts(cell.run_id, folder)


def record_failure(sweep: SweepRun, job: Job, error: str) -> Cell:
    """A cell that could not be built or trained: a FAILED run with its traceback."""
    cell = start_cell(sweep, job)
    sweep.client.set_tag(cell.run_id, "error", error.strip().splitlines()[-1][:4000])
    sweep.client.log_text(cell.run_id, error, "error.txt")
    sweep.client.set_terminated(cell.run_id, "FAILED")
    return cell._replace(status="FAILED")


def start_cell(sweep: SweepRun, job: Job) -> Cell:
    values = {key: job.overrides[key] for key in sweep.axes if key in job.overrides}
    shown = {key: value if key in job.choices else f"{short(key, sweep.axes)}={value}" for key, value in values.items()}
    name = " ".join(shown.values())
    tags = {
        **provenance(),
        "kind": "cell",
        "study": sweep.study.name,
        "sweep": sweep.name,
        "command": command([f"{key}={value}" for key, value in job.overrides.items()]),
        **{f"axis.{key}": value for key, value in values.items()},
    }
    run = sweep.client.create_run(sweep.experiment_id, run_name=name or sweep.study.name, tags=tags)
    return Cell(run.info.run_id, run.info.run_name, values, "RUNNING")


def end_sweep(sweep: SweepRun, cells: Sequence[Cell]) -> None:
    """Lists the cells in the sweep's run, in the order of the jobs."""
    record = {
        "name": sweep.name,
        "study": sweep.study.as_dict(),
        "axes": list(sweep.axes),
        "cells": [cell._asdict() for cell in cells],
    }
    sweep.client.log_text(sweep.run_id, json.dumps(record, indent=1), "sweep.json")


def attach_report(sweep: SweepRun, folder: Path, note: str) -> None:
    """The report joins the sweep's run, which is then finished."""
    sweep.client.log_artifacts(sweep.run_id, str(folder), "report")
    sweep.client.set_tag(sweep.run_id, "mlflow.note.content", note[:NOTE_LIMIT])


@contextmanager
def ending(sweep: SweepRun) -> Iterator[None]:
    """Whatever happens inside, the sweep's run ends as what it was: FINISHED, FAILED, or KILLED by the user."""
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        for run in cell_runs(sweep.client):
            if run.info.status == "RUNNING" and run.data.tags.get("sweep") == sweep.name:
                sweep.client.set_terminated(run.info.run_id, "KILLED" if status == "KILLED" else "FAILED")
        if not any(sweep.folder.iterdir()):
            sweep.folder.rmdir()  # it only held the name
        sweep.client.set_terminated(sweep.run_id, status)


def log_dataset(client: "MlflowClient", run_id: str, experiment: Experiment) -> None:
    from mlflow.entities import Dataset, DatasetInput

    data = experiment.dataset
    profile = json.dumps({"examples": data.x.shape[0], "features": data.x.shape[1], "targets": data.y.shape[1]})
    entity = Dataset(data.name, data.fingerprint, "function", json.dumps({"source": data.source}), profile=profile)
    client.log_inputs(run_id, [DatasetInput(entity)])


def flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of a nested mapping under their dotted keys; the study's prose and classes' names are not parameters."""
    leaves: dict[str, Any] = {}
    for key, value in config.items():
        path = f"{prefix}{key}"
        if key == "_target_" or path == "study":
            continue
        leaves |= flat(value, path + ".") if isinstance(value, Mapping) else {path: value}
    return leaves


def command(arguments: Sequence[str]) -> str:
    return " ".join(["python -m experiments.run", *map(quote, arguments)])


@cache
def provenance() -> Mapping[str, str]:
    """Who ran which code with which packages."""
    revision = commit()
    return MappingProxyType(
        {
            "mlflow.user": os.environ.get("USER", "unknown"),
            "mlflow.source.name": "experiments.run",
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": revision.split()[0],
            "commit": revision,
            "versions": ", ".join(
                [f"python {platform.python_version()}"] + [f"{name} {version(name)}" for name in PACKAGES]
            ),
        }
    )


def commit() -> str:
    """The project's git commit, marked where files differ from it; "unknown" outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent)]
    describe = [*git, "describe", "--always", "--dirty= (with changes)", "--abbrev=40", "--exclude=*"]
    try:  # an installed copy may lie inside somebody else's checkout: then git does not know this file
        subprocess.run([*git, "ls-files", "--error-unmatch", __file__], capture_output=True, check=True, timeout=10)
        return subprocess.run(describe, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
