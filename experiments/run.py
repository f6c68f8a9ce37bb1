"""python -m experiments.run: the whole story of a sweep, from the command line to the report.

Exit codes: 0 all well, 1 some cells failed or a claim to be checked fell, 2 bad configuration, 130 interrupted.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from experiments.composition import Job
    from experiments.evaluation import Lone, Task
    from experiments.plan import Plan
    from experiments.tracking import SweepRun
    from experiments.workers import Workers

HERE = Path(__file__).resolve().parent
CONF = next(
    folder for folder in (HERE / "conf", HERE.parent / "conf") if folder.is_dir()
)  # installed, or in a checkout


class CellsFailed(Exception):
    """Some cells failed; all others are recorded."""


class ClaimsRefuted(Exception):
    """The study's claims were to hold (execution.check_claims=true), and the sweep refutes some, or does not test them."""


def sweep(jobs: "Sequence[Job]", where: "Workers") -> list[float | Exception]:
    """Trains what is new, records and reports all; answers with each job's mean validation error, or with its failure."""
    from rich.console import Console

    from experiments.composition import execution_of, study_of
    from experiments.evaluation import tasks
    from experiments.plan import planned
    from experiments.store import store_key, writable_runs
    from experiments.workers import attempts, check

    check(where)
    study, options = study_of(jobs[0].config), execution_of(jobs[0].config)
    plan = planned(jobs, options)
    writable_runs()
    stacks = tasks([plan.experiments[n] for n in plan.new], where.replicas)
    console = Console(stderr=True)
    if options.dry_run:
        from experiments.forecast import forecast

        forecast(console, plan, stacks, where)
        return [plan.refused.get(n, float("nan")) for n in range(len(jobs))]
    trained = attempts(stacks, where)  # the workers are off; the store opens beside them

    from experiments import lifetime, results, tracking
    from experiments.delivery import Backlog, patiently
    from experiments.records import mean_validation_error

    fresh: dict[str, float] = {}
    backlog, failures = Backlog(console), {n: str(error) for n, error in plan.refused.items()}
    with lifetime.named(study) as (name, folder):
        run = patiently(lambda: tracking.start_sweep(study, jobs, name, folder), console)
        with lifetime.ending(run.client, run.run_id, name):
            first = plan.first()
            gone = [first[name] for name, cell in plan.known.items() if not tracking.is_finished(run.client, cell)]
            if len(plan.known) > len(gone):
                console.print(f"{len(plan.known) - len(gone)} cells are already recorded, {len(plan.new)} are new")
            for n, refusal in plan.refused.items():
                backlog.add(partial(tracking.record_failure, run, jobs[n], str(refusal)))
            for n, outcome in arriving(plan, gone, stacks, trained, where, console):
                identity = plan.identities[n]
                if isinstance(outcome, str):
                    failures[n] = outcome
                    results.now_failed(identity, outcome)
                    backlog.add(partial(tracking.record_failure, run, jobs[n], outcome, identity))
                    if options.fail_fast:
                        break
                else:
                    fresh[identity] = mean_validation_error(outcome)
                    cell = (run, jobs[n], plan.experiments[n], identity, outcome)
                    anew, doubtful = options.force or n in gone, n in plan.kept or store_key() != "local"
                    backlog.add(partial(tracking.record_cell, *cell, anew, doubtful))
            backlog.finish()
            values = tracking.end_sweep(run, plan, failures, fresh)
            fallen = report(run, console) if values else []
    for n, error in sorted(failures.items()):
        overrides = " ".join(f"{key}={value}" for key, value in jobs[n].overrides.items())
        console.print(f"failed: {overrides}: {last_line(error)}", markup=False, highlight=False, soft_wrap=True)
    show_ui(run, console)
    if options.check_claims and fallen:
        raise ClaimsRefuted(f"{study.name}: {'; '.join(fallen)}")
    missing = RuntimeError("not run: the sweep stopped at the first failure")
    return [RuntimeError(last_line(failures[n])) if n in failures else values.get(n, missing) for n in range(len(jobs))]


def arriving(
    plan: "Plan", gone: list[int], stacks: "Sequence[Task | Lone]", trained: Any, where: "Workers", console: "Console"
) -> "Iterator[tuple[int, pd.DataFrame | str]]":
    """Cells as their curves come in, each on disk by then, or with the traceback of their failure.

    First those that an interrupted sweep had trained, then the new ones, then any that the store has lost meanwhile.
    """
    from experiments import results
    from experiments.evaluation import finished_cells, tasks
    from experiments.records import curve_table
    from experiments.workers import attempts

    def tables(
        numbers: list[int], stacks: "Sequence[Task | Lone]", trained: Any
    ) -> "Iterator[tuple[int, pd.DataFrame | str]]":
        experiments = [plan.experiments[n] for n in numbers]
        for index, outcome in finished_cells(progress(trained, stacks, console), stacks, experiments):
            if not isinstance(outcome, str):
                outcome = curve_table(outcome, experiments[index])
                results.save(plan.identities[numbers[index]], outcome)
            yield numbers[index], outcome

    for n in plan.kept:
        yield n, results.saved(plan.identities[n])
    yield from tables(plan.new, stacks, trained)
    again = tasks([plan.experiments[n] for n in gone], where.replicas)
    yield from tables(gone, again, attempts(again, where))


def last_line(error: str) -> str:
    return error.strip().splitlines()[-1]


def show_ui(run: "SweepRun", console: "Console") -> None:
    """The command that starts the UI, and the address in it that opens on charts."""
    from experiments.ui import address

    said = f"Runs:   python -m experiments.ui\n        {address(5000, run.experiment_id)}"
    console.print(said, soft_wrap=True, highlight=False, markup=False)


def report(run: "SweepRun", console: "Console") -> list[str]:
    """The page, beside the store and in it; the table, to the terminal. Answers with the claims that do not hold."""
    from rich.console import Console

    from experiments import tracking
    from reports.build import build

    made = build(run.client, run.run_id, run.folder)
    tracking.attach_report(run, made.folder, made.answer, made.note)
    Console().print(made.terminal_table())
    for one in made.verdicts:
        expected = f" (expected: {one.expected})" if one.expected else ""
        console.print(f"{one.verdict}: {one.says}: {one.found}{expected}", markup=False, highlight=False)
    console.print(f"Report: {made.folder / 'index.html'}", highlight=False, soft_wrap=True)
    return [f"{one.verdict}: {one.says}" for one in made.verdicts if one.verdict in ("refuted", "not tested")]


def progress(results: Any, plan: "Sequence[Task | Lone]", console: Any) -> Iterator[Any]:
    """Passes the results on and shows how many networks are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not plan:
        return
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("networks"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        whole = bar.add_task("", total=sum(task.replicas for task in plan))
        for index, result in results:
            yield index, result
            bar.advance(whole, plan[index].replicas)


def job(config: Any) -> Any:
    """One job on its own, for other launchers than ours."""
    from hydra.core.hydra_config import HydraConfig

    from experiments.composition import Job, override_values, relevant
    from experiments.workers import Workers

    node = HydraConfig.get()
    one = relevant(Job(override_values(node.overrides.task), config, dict(node.runtime.choices)))
    (outcome,) = sweep([one], Workers(workers=1))
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def main() -> None:
    """The console script `backprop-lab`."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from experiments.delivery import StoreUnavailable

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
    except (CellsFailed, ClaimsRefuted) as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
    except StoreUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
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
