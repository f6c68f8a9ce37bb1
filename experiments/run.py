"""python -m experiments.run: the whole story of a sweep, from the command line to the report.

Exit codes: 0 all well, 1 some cells failed or a claim to be checked fell, 2 bad configuration, 130 interrupted.
"""

import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from experiments import CONF

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.config.composition import Job
    from experiments.recording.cells import SweepRun
    from experiments.recording.plan import Plan
    from experiments.study.curves import Curves
    from experiments.study.execution import Execution
    from experiments.training.tasks import Lone, Task
    from experiments.training.workers import Workers
    from reports.build import Report


class CellsFailed(Exception):
    """Some cells failed; all others are recorded."""


class NotAllWell(Exception):
    """All is recorded, but a claim that was to hold fell, a figure could not be drawn, or nothing could be measured."""


class Outcome(NamedTuple):
    """What came of a sweep: each job's mean validation error, or its failure; and why the answer falls short, if it does."""

    values: "list[float | Exception]"
    shortfalls: list[str]


def sweep(jobs: "Sequence[Job]", where: "Workers") -> Outcome:
    """Trains what is new, records and reports all."""
    from rich.console import Console

    from experiments.config.building import execution_of, study_of
    from experiments.config.secrets import hidden
    from experiments.recording.plan import check_axes, planned
    from experiments.recording.store import store_key, writable_runs
    from experiments.training.tasks import tasks
    from experiments.training.workers import attempts, check

    check(where)
    study, options = study_of(jobs[0].config), execution_of(jobs[0].config)
    check_axes(study, jobs)
    plan = planned(jobs, options, where)
    writable_runs()
    new = [plan.cells[number] for number in plan.new]
    stacks = tasks([cell.experiment for cell in new], where.replicas, [cell.missing for cell in new], plan.keep)
    console = Console(stderr=True)
    if options.dry_run:
        from experiments.forecast import forecast

        forecast(console, plan, stacks, where)
        return Outcome([plan.refused.get(n, float("nan")) for n in range(len(jobs))], [])
    trained = attempts(stacks, where)  # training has begun; the store opens beside it

    from experiments.recording import cells as recording
    from experiments.recording import journal, lifetime, tracking
    from experiments.recording.delivery import Backlog, patiently
    from experiments.study.curves import mean_validation_error

    backlog = Backlog(console)
    values: dict[int, float] = {}  # of cells, by their numbers
    failed: dict[int, str] = {}
    refused = {n: hidden(str(error)) for n, error in plan.refused.items()}
    with closing(trained), lifetime.named(study) as (name, folder):
        run = patiently(lambda: tracking.start_sweep(study, jobs, name, folder), console)
        with lifetime.ending(run.client, run.run_id, name):
            tell_of_other_formats(run, console)
            for n, error in refused.items():
                backlog.add(partial(recording.record_failure, run, jobs[n], error))
            lost = [
                n for n, cell in enumerate(plan.cells) if cell.run and not recording.is_finished(run.client, cell.run)
            ]
            tell_what_is_known(plan, lost, console)
            for number, outcome in arriving(plan, lost, stacks, trained, where, run, console):
                cell = plan.cells[number]
                if isinstance(outcome, str):
                    failed[number] = hidden(outcome)
                    journal.now_failed(cell.identity.cell, failed[number])
                    backlog.add(partial(recording.record_failure, run, cell.job, failed[number], cell.identity.cell))
                    if options.fail_fast:
                        break
                else:
                    values[number] = mean_validation_error(outcome, cell.experiment.selection)
                    overwrite = options.force or number in lost
                    check_store = not cell.missing or store_key() != "local"
                    backlog.add(partial(recording.record_cell, run, cell, outcome, overwrite, check_store))
            backlog.finish()
            values = tracking.end_sweep(run, plan, refused, failed, values)
            shortfalls = report(run, options, console) if values else []
    errors = refused | {n: failed[number] for n, number in plan.cell_of.items() if number in failed}
    for n, error in sorted(errors.items()):
        overrides = " ".join(f"{key}={value}" for key, value in jobs[n].overrides.items())
        console.print(f"failed: {overrides}: {last_line(error)}", markup=False, highlight=False, soft_wrap=True)
    show_ui(run, console)
    found: list[float | Exception] = [RuntimeError("not run: the sweep stopped at the first failure")] * len(jobs)
    for n, number in plan.cell_of.items():
        found[n] = values.get(number, found[n])
    for n, error in errors.items():
        found[n] = RuntimeError(last_line(error))
    return Outcome(found, [f"{study.name}: {shortfall}" for shortfall in shortfalls])


def tell_of_other_formats(run: "SweepRun", console: "Console") -> None:
    """Results of another version of this program are not used: they are trained again, and stand beside the new ones."""
    from experiments.recording.store import of_other_formats, runs_of_kind

    for told in of_other_formats(runs_of_kind(run.client, "sweep")):
        console.print(told, highlight=False, markup=False, soft_wrap=True)


def tell_what_is_known(plan: "Plan", lost: "Sequence[int]", console: "Console") -> None:
    """How many cells, and networks of the others, need no training."""
    recorded = len(plan.cells) - len(plan.new) - len(lost)
    reused = sum(len(plan.cells[number].reused) for number in plan.new)
    if recorded or reused:
        seeds = f", and {reused} of their networks are trained" if reused else ""
        console.print(f"{recorded} cells are already recorded, {len(plan.new)} are new{seeds}", highlight=False)


def arriving(
    plan: "Plan",
    lost: list[int],
    stacks: "Sequence[Task | Lone]",
    trained: Any,
    where: "Workers",
    run: "SweepRun",
    console: "Console",
) -> "Iterator[tuple[int, Curves | str]]":
    """Cells as the last of their seeds comes in, each on disk by then, or with the traceback of their failure.

    First those whose seeds were all trained before, then the new ones, then any of which the store has lost something.
    """
    from experiments.recording.cells import assembled
    from experiments.training.tasks import tasks
    from experiments.training.workers import attempts

    again = {number: assembled(run.client, plan.cells[number])[1] for number in lost}
    ready = [number for number in plan.new if not plan.cells[number].missing]
    outcomes = chain(
        ((number, "") for number in ready), complete(plan, plan.new, stacks, progress(trained, stacks, console))
    )
    for number, failure in outcomes:
        curves, missing = assembled(run.client, plan.cells[number])
        if failure:
            yield number, failure
        elif curves is None:
            again[number] = missing
        else:
            yield number, curves
    numbers = list(again)
    more = tasks([plan.cells[number].experiment for number in numbers], where.replicas, list(again.values()), plan.keep)
    for number, failure in complete(plan, numbers, more, progress(attempts(more, where), more, console)):
        curves, missing = assembled(run.client, plan.cells[number])
        yield number, failure or curves or f"seeds {missing} were trained, and are not on disk"


def complete(
    plan: "Plan", numbers: "Sequence[int]", stacks: "Sequence[Task | Lone]", results: "Iterable[Any]"
) -> Iterator[tuple[int, str]]:
    """The number of each cell as the last of its stacks comes in, with the first failure; its seeds are on disk by then."""
    from experiments.recording import journal

    waiting = Counter(cell for task in stacks for cell in task.cells)
    failures: dict[int, str] = {}
    for index, result in results:
        for position, cell in enumerate(stacks[index].cells):
            waiting[cell] -= 1
            if isinstance(result, str):
                failures.setdefault(cell, result)
            else:
                journal.save(plan.cells[numbers[cell]].identity.seeds, result[position])
            if not waiting[cell]:
                yield numbers[cell], failures.get(cell, "")


def last_line(error: str) -> str:
    return error.strip().splitlines()[-1]


def show_ui(run: "SweepRun", console: "Console") -> None:
    """The command that starts the UI, and the address in it that opens on charts."""
    from experiments.ui import address

    said = f"Runs:   python -m experiments.ui\n        {address(5000, run.experiment_id)}"
    console.print(said, soft_wrap=True, highlight=False, markup=False)


def report(run: "SweepRun", options: "Execution", console: "Console") -> list[str]:
    """The page, beside the store and in it; the table, to the terminal. Answers with what falls short."""
    from rich.console import Console

    from experiments.recording import tracking
    from reports.build import build

    made = build(run.client, run.run_id, run.folder)
    tracking.attach_report(run, made.folder, made.answer, made.note)
    Console().print(made.terminal_table())
    for one in made.verdicts:
        expected = f" (expected: {one.expected})" if one.expected else ""
        console.print(f"{one.verdict}: {one.says}: {one.found}{expected}", markup=False, highlight=False)
    console.print(f"Report: {made.folder / 'index.html'}", highlight=False, soft_wrap=True)
    return list(shortfalls(made, options))


def shortfalls(made: "Report", options: "Execution") -> Iterator[str]:
    """Why the answer is less than was asked for."""
    if options.check_claims:
        fallen = [f"{one.verdict}: {one.says}" for one in made.verdicts if one.verdict in ("refuted", "not tested")]
        yield from ["; ".join(fallen)] if fallen else []
    yield from made.failures
    if made.comparison is not None and all(row.diverged == row.seeds for row in made.comparison.rows):
        yield "every seed of every cell diverged, and nothing was measured; a smaller optimizer.learning_rate is the usual way out"


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

    from experiments.config.composition import Job, override_values, relevant
    from experiments.training.workers import Workers

    node = HydraConfig.get()
    one = relevant(Job(override_values(node.overrides.task), config, dict(node.runtime.choices)))
    (value,), shortfalls = sweep([one], Workers(workers=1))
    if isinstance(value, Exception):
        raise value
    if shortfalls:
        raise NotAllWell("\n".join(shortfalls))
    return value


def main() -> None:
    """The console script `backprop-lab`."""
    from experiments.recording.delivery import StoreUnavailable
    from reports.door import printable, tolerant

    printable()
    tolerant()
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # else Hydra prints its own messages and exits with 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.argv[1:] = arguments(sys.argv[1:])
    try:
        start()
    except KeyboardInterrupt:
        leave(130, "interrupted")
    except (CellsFailed, NotAllWell) as failed:
        leave(1, str(failed))
    except StoreUnavailable as error:
        leave(1, f"error: {error}")
    except Exception as error:
        if wants_traceback or not is_a_mistake(error):
            leave(2 if is_a_mistake(error) else 1, traceback.format_exc())
        from experiments.config.errors import explain

        leave(2, f"error: {explain(error, CONF)}\n(HYDRA_FULL_ERROR=1 shows the traceback)")


def start() -> None:
    """Hands the command line to Hydra, which composes the config and calls our sweeper."""
    import hydra
    import hydra._internal.hydra

    from experiments.config.loader import GuardedLoader

    trust_what_is_typed(sys.argv[1:])
    hydra._internal.hydra.ConfigLoaderImpl = GuardedLoader  # type: ignore[misc]  # Hydra has no place to name another
    hydra.main(config_path=str(CONF), config_name="config", version_base="1.3")(job)()


def arguments(given: "Sequence[str]") -> list[str]:
    """The command line with --multirun, as conf/config.yaml says: said here, Hydra's messages name the true error."""
    from experiments.recording.provenance import CONFIG_FLAGS

    multirun = [word for word in given if word in ("--multirun", "-m")]
    others = [word for word in given if word not in multirun]
    if any(word.startswith(("-", "hydra.mode=")) and not word.startswith(CONFIG_FLAGS) for word in others):
        return others  # only shows something; or runs in the mode it names
    return ["--multirun", *others]


def trust_what_is_typed(given: "Sequence[str]") -> None:
    """Allows the classes that the command line names; what a file says of execution.allow_targets does not count."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from experiments.config.targets import trust

    for word in given:
        if word.lstrip("+").startswith("execution.allow_targets="):
            names: Any = OverridesParser.create().parse_override(word).value()
            trust(list(map(str, names)) if isinstance(names, list) else [str(names)])


def is_a_mistake(error: Exception) -> bool:
    """Whether it is an error in what the user has asked for, rather than one in this program."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from experiments.config.errors import ConfigurationError

    kinds = HydraException | OmegaConfBaseException | ConfigurationError | OSError | YAMLError | UnicodeDecodeError
    of_the_store = type(error).__name__ == "MlflowException"  # importing MLflow to ask would take seconds
    of_hydra = isinstance(error, ValueError) and "Config group override" in str(error)
    return isinstance(error, kinds) or of_the_store or of_hydra


def leave(code: int, message: str) -> NoReturn:
    """Ends the process with a last word, in which nothing from the environment is shown."""
    from experiments.config.secrets import hidden

    print(hidden(message), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    from experiments.run import main  # the module that others import, not a second one called __main__

    main()
