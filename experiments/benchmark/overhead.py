"""What a sweep costs beside its training: composing and recording 200 cells of the default study.

Beside it, the same cells as most would write them: Hydra's own launcher, one job at a time, MLflow's fluent calls at
every measured step.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from experiments.recording.plan import Cell

CELLS, BY_HAND = 200, 4
STUDY = ["study=regularizers", "evaluations=25"]


def overhead(console: Console) -> None:
    """Prints CPU milliseconds a cell of composing and recording, and wall seconds of the sweep with and without them."""
    with laboratory():
        from experiments.config.building import execution_of, study_of
        from experiments.recording import cells as recording
        from experiments.recording import journal, lifetime, tracking
        from experiments.recording.plan import planned
        from experiments.recording.store import open_store
        from experiments.sweep import sweep
        from experiments.training.evaluation import finished_cells
        from experiments.training.tasks import tasks
        from experiments.training.workers import Workers, attempts

        composer, by_hydra = composers()
        overrides = [["regularizer=l2", f"penalty.strength={0.0005 * n:g}"] for n in range(1, CELLS + 1)]
        composer(overrides[0])  # the first of its choices is composed by Hydra
        jobs, composing = timed(lambda: [composer(one) for one in overrides])
        plan, building = timed(lambda: planned(jobs, execution_of(jobs[0].config)))
        experiments = [cell.experiment for cell in plan.cells]

        for _ in attempts(tasks(experiments[:4]), Workers()):
            pass  # workers are started, kernels compiled
        stacks, _ = timed(lambda: tasks(experiments))
        start = time.perf_counter()
        trained = list(finished_cells(attempts(stacks, Workers()), stacks, experiments))
        alone = time.perf_counter() - start

        open_store()
        start = time.perf_counter()
        sweep(jobs, Workers())
        whole = time.perf_counter() - start

        study = study_of(jobs[0].config)
        with lifetime.named(study) as (name, folder):
            run = tracking.start_sweep(study, jobs, name, folder)
            with lifetime.ending(run.client, run.run_id, name):
                done = [(n, curves) for n, curves in trained[:40] if not isinstance(curves, str)]
                start = time.process_time()
                for n, curves in done:
                    cell = renamed(plan.cells[n], n)
                    journal.save(cell.identity.seeds, curves)
                    recording.record_cell(run, cell, curves, check_store=False)
                recording_time = time.process_time() - start
        fluent = [as_most_write_it(by_hydra, one) for one in overrides[:BY_HAND]]

    table = Table(title=f"A sweep of {CELLS} cells of 10 seeds, 25 measurements each", title_justify="left")
    table.add_column("")
    table.add_column("here", justify="right")
    table.add_column("Hydra's launcher, fluent logging", justify="right")
    composing_by_hydra, logging_fluently = (sum(part) / BY_HAND * 1e3 for part in zip(*fluent, strict=True))
    table.add_row("composing, CPU ms a cell", f"{composing / CELLS * 1e3:.0f}", f"{composing_by_hydra:.0f}")
    table.add_row("building and hashing, CPU ms a cell", f"{building / CELLS * 1e3:.1f}", "")
    table.add_row("recording, CPU ms a cell", f"{recording_time / len(done) * 1e3:.0f}", f"{logging_fluently:.0f}")
    table.add_row("training alone, s", f"{alone:.1f}", "")
    table.add_row("the whole sweep with its report, s", f"{whole:.1f} ({whole / alone - 1:+.0%})", "")
    console.print(table)


@contextmanager
def laboratory() -> Iterator[None]:
    """An empty folder to work in, whose store is its own."""
    here = Path.cwd()
    store = os.environ.pop("MLFLOW_TRACKING_URI", None)
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            if store is not None:
                os.environ["MLFLOW_TRACKING_URI"] = store


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the CPU seconds of this process that it took."""
    start = time.process_time()
    return work(), time.process_time() - start


def composers() -> tuple[Any, Callable[[list[str]], Any]]:
    """Ours, and what Hydra's sweeper and launcher do: compose each job twice."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    from experiments.config.composition import Composer
    from experiments.run import CONF

    initialize_config_dir(str(CONF), version_base="1.3").__enter__()
    loader = GlobalHydra.instance().config_loader()
    master = loader.load_configuration("config", STUDY, RunMode.MULTIRUN)

    def by_hydra(overrides: list[str]) -> Any:
        loader.load_sweep_config(master, overrides)
        return loader.load_sweep_config(master, overrides)

    return Composer(loader, master), by_hydra


def renamed(cell: "Cell", number: int) -> "Cell":
    """The cell under other identities, as if it had never been recorded."""
    from experiments.recording.identity import Identity

    seeds = {seed: f"benchmark {number} {seed}" for seed in cell.identity.seeds}
    return replace(cell, identity=Identity(f"benchmark {number}", seeds, f"benchmark {number}"))


def as_most_write_it(compose: Callable[[list[str]], Any], overrides: list[str]) -> tuple[float, float]:
    """CPU seconds of composing one job, and of logging its parameters and every measurement as it is made."""
    import mlflow
    from omegaconf import OmegaConf

    from experiments.recording.cells import CURVES_IN_UI, flat
    from experiments.recording.store import tracking_uri

    config, composing = timed(lambda: compose(overrides))
    settings = OmegaConf.to_container(OmegaConf.masked_copy(config, [k for k in config if k != "hydra"]), resolve=True)

    def log() -> None:
        mlflow.set_tracking_uri(tracking_uri())
        with mlflow.start_run():
            mlflow.log_params(flat(settings))
            for step in range(25):
                for name in CURVES_IN_UI:
                    mlflow.log_metric(name, 0.5, step=step)

    return composing, timed(log)[1]
