"""A sweep's run in MLflow: it lists the cells, which are flat runs of their own, and holds the answer."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.config.composition import Job
from experiments.config.secrets import hidden
from experiments.config.values import settings_of
from experiments.costs.thinning import left_out
from experiments.recording import journal
from experiments.recording.confirmation import Confirmation
from experiments.recording.lifetime import close_stale_runs
from experiments.recording.naming import SweepRun, cell_names, own_command
from experiments.recording.plan import Plan
from experiments.recording.provenance import command, provenance
from experiments.recording.recorded import recorded_value
from experiments.recording.store import (
    add_artifacts,
    add_text,
    cells_named,
    experiment_id,
    forget_run,
    open_store,
    store_key,
)
from experiments.study.about_data import about_data
from experiments.study.study import Study
from reports.schema import CONFIRMS, FORMAT, REPORT, SWEEP, THINNED, VERDICTS
from reports.schema.named import along, keys, places
from reports.schema.named import axes as figure_axes
from reports.schema.statement import TAG, as_tag

NOTE_LIMIT = 8000  # characters: MLflow cuts longer tags


def start_sweep(
    study: Study, jobs: Sequence[Job], name: str, folder: Path, began: int, confirms: Confirmation | None = None
) -> SweepRun:
    """Opens the sweep's own run, which was begun at that time, in milliseconds since 1970; it stays RUNNING until `ending` closes it."""
    client = open_store()
    close_stale_runs(client)
    experiment = experiment_id(client, study.name)
    tags = {
        **provenance(),
        "kind": "sweep",
        "format": str(FORMAT),
        "study": study.name,
        "sweep": name,
        "question": study.question,
        "command": hidden(command(argument for argument in sys.argv[1:] if argument != "--multirun")),
    }
    if study.claims:
        tags[TAG] = as_tag(study.claims)
    if confirms:
        tags[CONFIRMS] = confirms.sweep
    run = client.create_run(experiment, began, run_name=f"sweep: {name}", tags=tags)
    own_axes = axes(study, jobs)
    names = cell_names(study, own_axes, jobs)
    return SweepRun(client, experiment, run.info.run_id, study, name, folder, own_axes, names, confirms)


def axes(study: Study, jobs: Sequence[Job]) -> tuple[str, ...]:
    """The keys that tell the cells apart: overrides that vary over the jobs, or that the study names."""
    named = [*study.baseline, *study.choose, *study.design]
    named += [key for claim in study.claims for _, place in places(claim) for key in (*place, *along(claim))]
    named += [key for figure in study.figures for key in figure_axes(figure)]
    keys = list(dict.fromkeys(key for job in jobs for key in job.overrides))
    varying = [key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1]
    return tuple(key for key in keys if key in varying or key in named)


def end_sweep(sweep: SweepRun, plan: Plan) -> None:
    """Lists the cells in the sweep's run, in the order of the jobs, and sets the value of each finished cell."""
    for run in cells_named(sweep.client, sweep.name, "RUNNING"):
        forget_run(sweep.client, run)  # the store went down while this was written; the cell was recorded again
    has_failures = bool(plan.refused) or any(cell.failure for cell in plan.cells)
    failures = cells_named(sweep.client, sweep.name, "FAILED") if has_failures else []
    failed_runs = {run.data.tags["command"]: run.info.run_id for run in failures}
    runs = journal.recorded([name for cell in plan.cells for name in cell.names], store_key())
    named = keys(sweep.study.baseline, sweep.study.claims, sweep.study.figures)
    listed = []
    for n, job in enumerate(plan.jobs):
        cell = plan.cell_of.get(n)
        axes, name = sweep.place(job)
        entry: dict[str, Any] = {"run_id": "", "name": name, "axes": axes}
        entry["settings"] = settings_of(job, (key for key in named if key not in axes))
        if cell is None or cell.failure:
            listed.append(entry | {"run_id": failed_runs.get(own_command(job), ""), "status": "FAILED"})
            continue
        run_id = cell.run_in(runs)
        if run_id:  # otherwise the sweep stopped before this cell
            listed.append(entry | {"run_id": run_id, "status": "FINISHED", **about_data(cell.experiment)})
            if sweep.confirms and cell.identity.settings in sweep.confirms.cells:
                listed[-1][CONFIRMS] = sweep.confirms.cells[cell.identity.settings]
            cell.value = recorded_value(sweep.client, run_id) if cell.value is None else cell.value
    record = {
        "format": FORMAT,
        "name": sweep.name,
        "study": sweep.study.as_dict(),
        "axes": list(sweep.axes),
        "cells": listed,
        **({CONFIRMS: sweep.confirms.sweep} if sweep.confirms else {}),
    }
    add_text(sweep.client, sweep.run_id, json.dumps(record, indent=1), SWEEP)
    if note := left_out(plan.keep, (cell.experiment for cell in plan.cells)):
        sweep.client.set_tag(sweep.run_id, THINNED, note)


def attach_report(sweep: SweepRun, folder: Path, answer: str, note: str) -> None:
    """Adds the report, its verdicts, its answer and its note to the sweep's run."""
    add_artifacts(sweep.client, sweep.run_id, folder, REPORT)
    if (folder / VERDICTS).exists():
        add_text(sweep.client, sweep.run_id, (folder / VERDICTS).read_text(encoding="utf-8"), VERDICTS)
    sweep.client.set_tag(sweep.run_id, "answer", answer[:NOTE_LIMIT])
    sweep.client.set_tag(sweep.run_id, "mlflow.note.content", note[:NOTE_LIMIT])
