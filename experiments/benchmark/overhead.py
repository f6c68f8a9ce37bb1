"""What a sweep costs beside its training: composing and recording 200 cells of the default study.

Beside it, the same cells as most would write them: Hydra's own launcher, one job at a time, MLflow's fluent calls at
every measured step.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from experiments.config.composition import Job
    from experiments.recording.plan import Cell
    from experiments.study.curves import Curves

CELLS, RECORDED, BY_HAND = 200, 40, 4  # those recorded to measure it, those done as most would
STUDY = ["study=regularizers", "evaluate_at.count=25"]


class Seconds(NamedTuple):
    """What the parts of a sweep take: CPU seconds, but for training and the sweep, which are timed by the clock."""

    composing: float
    building: float
    training: float
    sweep: float
    recording: float  # of a single cell
    composing_by_hydra: float  # a cell
    logging_fluently: float  # a cell


def overhead(console: Console) -> None:
    """Prints CPU milliseconds per cell of composing and recording, and wall seconds of the sweep with and without them."""
    with laboratory():
        console.print(table(measured()))


def measured() -> Seconds:
    """Measures every part once, in the current directory."""
    from experiments.config.building import execution_of
    from experiments.recording.plan import planned
    from experiments.recording.store import open_store
    from experiments.sweep import sweep
    from experiments.training.workers import Workers

    composer, by_hydra = composers()
    overrides = [["regularizer=l2", f"penalty.strength={0.0005 * n:g}"] for n in range(1, CELLS + 1)]
    composer(overrides[0])  # the first of its choices is composed by Hydra
    jobs, composing = timed(lambda: [composer(job) for job in overrides])
    plan, building = timed(lambda: planned(jobs, execution_of(jobs[0].config)))
    curves, training = trained(plan.cells)
    open_store()
    _, sweeping = timed(lambda: sweep(jobs, Workers()), time.perf_counter)
    recording = recording_time(jobs, plan.cells, curves)
    fluent = [as_most_write_it(by_hydra, job) for job in overrides[:BY_HAND]]
    by_hand = (sum(part) / BY_HAND for part in zip(*fluent, strict=True))
    return Seconds(composing, building, training, sweeping, recording, *by_hand)


def trained(cells: "Sequence[Cell]") -> "tuple[list[tuple[int, Curves | str]], float]":
    """The curves of the cells, and the seconds that training took with all workers running and all kernels compiled."""
    from experiments.training.evaluation import finished_cells
    from experiments.training.tasks import tasks
    from experiments.training.workers import Workers, attempts

    experiments = [cell.experiment for cell in cells]
    for _ in attempts(tasks(experiments[:4]), Workers()):
        pass  # workers are started, kernels compiled
    stacks = tasks(experiments)
    return timed(lambda: list(finished_cells(attempts(stacks, Workers()), stacks, experiments)), time.perf_counter)


def recording_time(
    jobs: "Sequence[Job]", cells: "Sequence[Cell]", curves: "Sequence[tuple[int, Curves | str]]"
) -> float:
    """CPU seconds of recording one cell, the mean of some."""
    from experiments.config.building import study_of
    from experiments.recording import journal, lifetime, tracking
    from experiments.recording.cells import record_cell

    study = study_of(jobs[0].config)
    finished = [(renamed(cells[n], n), result) for n, result in curves[:RECORDED] if not isinstance(result, str)]
    with lifetime.named(study) as (name, folder):
        run = tracking.start_sweep(study, jobs, name, folder, time.time_ns() // 10**6)

        def record() -> None:
            for cell, result in finished:
                journal.save(cell.identity.seeds, result)
                record_cell(run, cell, result, check_store=False)

        with lifetime.ending(run.client, run.run_id, name):
            _, seconds = timed(record)
    return seconds / len(finished)


def table(seconds: Seconds) -> Table:
    """The parts beside each other; what has no counterpart by hand is left empty there."""
    s, sweep = seconds, seconds.sweep
    table = Table(title=f"A sweep of {CELLS} cells of 10 seeds, 25 measurements each", title_justify="left")
    table.add_column("")
    table.add_column("here", justify="right")
    table.add_column("Hydra's launcher, fluent logging", justify="right")
    table.add_row("composing, CPU ms per cell", f"{s.composing / CELLS * 1e3:.0f}", f"{s.composing_by_hydra * 1e3:.0f}")
    table.add_row("building and hashing, CPU ms per cell", f"{s.building / CELLS * 1e3:.1f}", "")
    table.add_row("recording, CPU ms per cell", f"{s.recording * 1e3:.0f}", f"{s.logging_fluently * 1e3:.0f}")
    table.add_row("training alone, s", f"{s.training:.1f}", "")
    table.add_row("the whole sweep with its report, s", f"{sweep:.1f} ({sweep / s.training - 1:+.0%})", "")
    return table


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


def timed(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> tuple[Any, float]:
    """What the work gives, and the seconds that it took: CPU seconds of this process, or those of another clock."""
    start = clock()
    return work(), clock() - start


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
