"""Records a cell: one run in MLflow with its parameters, its metrics, and the tables of all seeds."""

import json
import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from experiments import RUNS
from experiments.config.composition import Job
from experiments.config.secrets import hidden, recordable
from experiments.recording import journal
from experiments.recording.identity import Identity
from experiments.recording.plan import Cell
from experiments.recording.provenance import provenance
from experiments.recording.store import add_artifacts, add_text, forget_run, run_of, store_key
from experiments.study.calculation import AnyExperiment
from experiments.study.curves import Curves, at_the_selected_step, of_seeds
from experiments.study.experiment import Experiment
from experiments.study.keep import all_names, all_names_of_cell, as_tag, from_tag, had_by, named, named_of_cell
from reports.schema import (
    ERROR,
    FORMAT,
    KEPT,
    OF_BINS,
    PARTS,
)
from reports.schema.crossing import first_draws

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
from experiments.recording.artifacts import write_artifacts
from experiments.recording.first_time import with_first_times
from experiments.recording.naming import SweepRun, in_short, in_words, own_command
from experiments.recording.recorded import recorded_curves

POINTS_IN_UI = 12  # per curve: a point takes MLflow a quarter of a millisecond


CURVES_IN_UI = [f"{part}/{quantity}" for part in PARTS for quantity in ("loss", "error")]


def record_cell(sweep: SweepRun, cell: Cell, curves: Curves, *, check_store: bool) -> None:
    """Records a cell as one run: parameters, metrics with intervals at the selected step, thinned curves, the artifacts.

    A cell that another sweep has recorded meanwhile is only listed, unless its `overwrite` is set. The store itself is searched
    only with `check_store`, where this folder may not know: a search takes a tenth of the time that recording takes.
    """
    name, had = cell.identity.cell, had_by(curves)
    with FileLock(RUNS / "cells.lock"):
        recorded = (
            None
            if cell.overwrite
            else next(iter(journal.recorded(named_of_cell(name, had), store_key()).values()), None)
        )
        if recorded is None and check_store and not cell.overwrite:
            recorded = run_of(sweep.client, name)
            if recorded is not None and not has_all(sweep.client.get_run(recorded), had):
                recorded = None
        if recorded is None:
            others = {} if cell.overwrite else unlike(sweep.client, cell, curves)
            if cell.overwrite or any(had.values()):
                curves = with_first_times(sweep.client, cell, curves)
            run = start_cell(sweep, cell.job, name, cell_tags(cell) | {KEPT: as_tag(had)} | others)
            try:
                write_cell(sweep, run, cell, curves)
            except Exception:
                with suppress(Exception):  # where the store is away, `end_sweep` deletes the half-written run
                    forget_run(sweep.client, run)
                raise
            sweep.client.set_terminated(run.info.run_id, "FINISHED")
            recorded = run.info.run_id
        journal.now_recorded(all_identities(cell.identity, had), store_key(), recorded)


def all_identities(cell: Identity, had: Mapping[int, frozenset[str]]) -> list[str]:
    """All the names by which a cell's run, and each of its seeds, can be looked up."""
    seeds = [name for seed, kinds in had.items() for name in all_names(cell.seeds[seed], kinds)]
    return [*all_names_of_cell(cell.cell, had), *seeds]


def unlike(client: "MlflowClient", cell: Cell, curves: Curves) -> dict[str, str]:
    """Compares seeds trained again for `execution.keep` with their records; returns a tag naming the runs that differ."""
    names, had = cell.identity.seeds, had_by(curves)
    run_of_name = journal.recorded(
        [*names.values(), *(named(names[seed], kinds) for seed, kinds in had.items())], store_key()
    )
    again = [seed for seed, name in names.items() if name in run_of_name and named(name, had[seed]) not in run_of_name]
    differ = []
    for run_id in sorted({run_of_name[names[seed]] for seed in again}):
        seeds = [seed for seed in again if run_of_name[names[seed]] == run_id]
        before = recorded_curves(client, run_id, seeds)
        if before is not None and not same_bits(before, of_seeds(curves, seeds)):
            differ.append(run_id)
            print(
                f"seeds {in_short(seeds)}, trained again for execution.keep, gave numbers that differ from those of run {run_id}, "
                f"which stays as it is; python -m experiments.verify {run_id} shows where they differ",
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

    from reports.statistics import mean_interval  # SciPy's import takes long: here it stands beside training

    now = int(time.time() * 1000)
    finished = int((curves.diverged_at < 0).sum())
    metrics = [
        Metric("seeds/finished", finished, now, 0),
        Metric("seeds/diverged", len(curves.seeds) - finished, now, 0),
    ]
    at_that_step = at_the_selected_step(curves, cell.experiment.selection)
    charted = {name: values for name, values in at_that_step.items() if not name.startswith(OF_BINS)}
    for name, values in by_chartable_name(charted).items():
        interval = mean_interval(independent(values, cell.experiment))
        metrics.append(Metric(name, interval.mean, now, 0))
        if name.endswith("/error"):
            metrics += [Metric(f"{name} low", interval.low, now, 0), Metric(f"{name} high", interval.high, now, 0)]
    rows = thinned(len(curves.steps)) if len(curves.steps) > 1 else []
    for name in [name for name in CURVES_IN_UI if name in curves.metrics] or list(curves.metrics):
        means = mean_of_finite(curves.metrics[name])
        metrics += [Metric(f"curve/{name}", float(means[row]), now, curves.steps[row]) for row in rows]
    return metrics


def independent(values: Any, experiment: AnyExperiment) -> Any:
    """The values that an interval is over: those of all seeds, or, of crossed ones, the means of those that share a split."""
    if not isinstance(experiment, Experiment) or not experiment.crossed:
        return values
    shared = first_draws(experiment.all_seeds, experiment.crossed)
    return mean_of_finite(np.stack([values[shared == draw] for draw in np.unique(shared)]))


def by_chartable_name(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics by names that MLflow takes: other characters become _, as in coefficient/body mass _kg_.

    >>> by_chartable_name({"coefficient/mass (kg)": 1, "test/error": 2})
    {'coefficient/mass _kg_': 1, 'test/error': 2}
    """
    named: dict[str, Any] = {}
    for name, values in metrics.items():
        named.setdefault(re.sub(r"[^/\w.\- ]", "_", name), values)  # of two that become one, the first
    return named


def mean_of_finite(values: Any) -> Any:
    """The mean over seeds of each row, without infinite values and NaN; NaN where no seed is left."""
    finite = np.isfinite(values)
    count = finite.sum(axis=-1)
    return np.where(count > 0, np.where(finite, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def thinned(count: int) -> list[int]:
    """The numbers of at most POINTS_IN_UI rows, evenly spaced from first to last; the whole curves are an artifact."""
    return np.unique(np.linspace(0, count - 1, min(count, POINTS_IN_UI)).round().astype(int)).tolist()


def record_failure(sweep: SweepRun, job: Job, error: str, identity: str = "") -> None:
    """Records a cell that could not be built or trained as a FAILED run with its traceback."""
    run_id = start_cell(sweep, job, identity).info.run_id
    sweep.client.set_tag(run_id, "error", error.strip().splitlines()[-1][:4000])
    add_text(sweep.client, run_id, error, ERROR)
    sweep.client.set_terminated(run_id, "FAILED")


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
