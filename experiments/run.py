"""python -m experiments.run: the whole story of a sweep, from the command line to the report.

Exit codes: 0 all well, 1 some cells failed, 2 bad configuration, 130 interrupted.
"""

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.composition import Job
    from experiments.evaluation import Curves, Task
    from experiments.study import Experiment
    from experiments.tracking import SweepRun

HERE = Path(__file__).resolve().parent
CONF = next(
    folder for folder in (HERE / "conf", HERE.parent / "conf") if folder.is_dir()
)  # installed, or in a checkout


class CellsFailed(Exception):
    """Some cells failed; all others are recorded."""


def sweep(jobs: "Sequence[Job]", workers: int, replicas: int | None = None) -> list[float | Exception]:
    """Trains, records and reports all jobs; answers with each job's mean validation error, or with what it failed of."""
    from rich.console import Console

    from experiments import store, tracking
    from experiments.composition import ConfigurationError, study_of
    from experiments.evaluation import finished_cells, tasks

    if workers == 0 or (replicas is not None and replicas < 1):
        raise ConfigurationError(
            "hydra.launcher.workers must be −1 (one a core) or at least 1, hydra.launcher.replicas at least 1, "
            "or null for what fits a core's cache."
        )
    study = study_of(jobs[0].config)
    experiments, outcomes = build_all(jobs)
    numbers = list(experiments)
    plan = tasks(list(experiments.values()), replicas)
    store.writable_runs()
    results = attempts(plan, workers)  # the workers are off; the store opens beside them

    console = Console(stderr=True)
    run = tracking.start_sweep(study, jobs)
    with tracking.ending(run):
        cells = {n: tracking.record_failure(run, jobs[n], str(error)) for n, error in outcomes.items()}
        for index, result in finished_cells(progress(results, plan, console), plan, list(experiments.values())):
            n = numbers[index]
            if isinstance(result, str):
                outcomes[n] = RuntimeError(result.strip().splitlines()[-1])
                cells[n] = tracking.record_failure(run, jobs[n], result)
            else:
                outcomes[n] = objective(experiments[n], result)
                cells[n] = tracking.record_cell(run, jobs[n], experiments[n], result)
        tracking.end_sweep(run, [cells[n] for n in sorted(cells)])
        if any(cell.status == "FINISHED" for cell in cells.values()):
            report(run, console)
    for n, outcome in sorted(outcomes.items()):
        if isinstance(outcome, Exception):
            overrides = " ".join(f"{key}={value}" for key, value in jobs[n].overrides.items())
            console.print(f"failed: {overrides}: {outcome}", markup=False, highlight=False, soft_wrap=True)
    server = [
        sys.executable,
        "-m",
        "mlflow",
        "ui",
        "--backend-store-uri",
        store.tracking_uri(),
        "--host",
        "127.0.0.1",
        "--port",
        "5000",
    ]
    page = f"http://127.0.0.1:5000/#/experiments/{run.experiment_id}/runs?workflowType=machine_learning&compareRunsMode=CHART"
    console.print(f"Runs:   {shlex.join(server)}\n        {page}", soft_wrap=True, highlight=False, markup=False)
    return [outcomes[n] for n in range(len(jobs))]


def build_all(jobs: "Sequence[Job]") -> "tuple[dict[int, Experiment], dict[int, float | Exception]]":
    """The experiments that can be run, and the errors of the jobs that cannot, by job; raises where none can."""
    from experiments.composition import ConfigurationError, build

    experiments, refused = {}, {}
    for number, job in enumerate(jobs):
        try:
            experiments[number] = build(job.config)
        except ConfigurationError as error:
            refused[number] = error
        except Exception as error:  # a job's own misfortune must not be the others'
            refused[number] = ConfigurationError(f"{type(error).__name__}: {error}")
    if not experiments:
        raise next(iter(refused.values()))  # one message, not one a job
    return experiments, {**refused}


def objective(experiment: "Experiment", curves: "Curves") -> float:
    """What a sweeper that searches would minimise: the mean validation error at the selected step."""
    chosen = experiment.selection(curves.metrics)
    return float(curves.metrics["validation/error"][chosen, range(len(chosen))].mean())


def report(run: "SweepRun", console: "Console") -> None:
    """The page, beside the store and in it; the table, to the terminal."""
    from rich.console import Console

    from experiments import tracking
    from reports.build import build

    made = build(run.client, run.run_id, run.folder)
    tracking.attach_report(run, made.folder, made.note)
    Console().print(made.terminal_table())
    console.print(f"Report: {made.folder / 'index.html'}", highlight=False, soft_wrap=True)


def attempts(plan: "Sequence[Task]", workers: int) -> "Iterator[tuple[int, list[Curves] | str]]":
    """The number of every task with its curves, or with the traceback of its failure, as they finish.

    Training starts at once; no more stacks than a few a core are in flight, whatever the size of the sweep.
    """
    from joblib import Parallel, delayed

    from experiments.evaluation import attempt

    if len(plan) == 1:
        workers = 1
    pool = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="3*n_jobs")
    longest_first = sorted(range(len(plan)), key=lambda i: -plan[i].replicas)
    return pool(delayed(attempt)(i, plan[i]) for i in longest_first)


def progress(results: Any, plan: "Sequence[Task]", console: Any) -> Iterator[Any]:
    """Passes the results on and shows how many networks are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("networks"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        whole = bar.add_task("", total=sum(task.replicas for task in plan))
        for index, result in results:
            yield index, result
            bar.advance(whole, plan[index].replicas)


def job(config: Any) -> Any:
    """One job on its own, for other launchers than ours."""
    from hydra.core.hydra_config import HydraConfig

    from experiments.composition import Job, override_values

    node = HydraConfig.get()
    (outcome,) = sweep([Job(override_values(node.overrides.task), config, dict(node.runtime.choices))], workers=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def main() -> None:
    """The console script `backprop-lab`."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # else Hydra prints its own messages and exits with 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not any(argument.startswith(("-", "hydra.mode=")) for argument in sys.argv[1:]):
        sys.argv.insert(1, "--multirun")  # as conf/config.yaml says; said here, Hydra's messages name the true error
    try:
        hydra.main(config_path=str(CONF), config_name="config", version_base="1.3")(job)()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except CellsFailed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        from experiments.composition import ConfigurationError, explain

        kinds = HydraException | OmegaConfBaseException | ConfigurationError | OSError
        of_the_store = type(error).__name__ == "MlflowException"  # importing MLflow to ask would take seconds
        of_hydra = isinstance(error, ValueError) and "Config group override" in str(error)
        if wants_traceback or not (isinstance(error, kinds) or of_the_store or of_hydra):
            raise
        print(f"error: {explain(error, CONF)}\n(HYDRA_FULL_ERROR=1 shows the traceback)", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    from experiments.run import main  # the module that others import, not a second one called __main__

    main()
