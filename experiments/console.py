"""What a sweep prints in the terminal: what is already recorded, its progress, the answer, and what failed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from experiments.recording.naming import SweepRun
from experiments.recording.plan import NOT_RUN, Plan
from experiments.study.execution import Execution
from experiments.training.tasks import CalculationTask, Task
from experiments.training.workers import Result

if TYPE_CHECKING:
    from reports.build import Report


def other_formats(client: Any, console: Console) -> None:
    """Report results that another version of this program recorded: they are not used, and stay beside the new ones."""
    from experiments.recording.store import of_other_formats, runs_of_kind

    for note in of_other_formats(runs_of_kind(client, "sweep")):
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def what_is_known(plan: Plan, console: Console) -> None:
    """Print how many cells are already recorded, and how many networks of the others are already trained."""
    new = plan.new
    reused = sum(len(cell.reused) for cell in new if not cell.overwrite)
    if len(new) < len(plan.cells) or reused:
        seeds = f", and {reused} of their networks are trained already" if reused else ""
        console.print(
            f"{len(plan.cells) - len(new)} cells are already recorded, {len(new)} are new{seeds}", highlight=False
        )


def progress(results: Iterator[Result], stacks: Sequence[Task | CalculationTask], console: Console) -> Iterator[Result]:
    """Passes the results on and shows how many networks are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not stacks:
        return
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("networks"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        networks = bar.add_task("", total=sum(task.replicas for task in stacks))
        for index, result in results:
            yield index, result
            bar.advance(networks, stacks[index].replicas)


def report(run: SweepRun, options: Execution, console: Console) -> list[str]:
    """Write the page beside the store and into it, print the table, and return what falls short."""
    from experiments.recording.tracking import attach_report
    from reports.build import build

    made = build(run.client, run.run_id, run.folder)
    attach_report(run, made.folder, made.answer, made.note)
    Console().print(made.terminal_table())
    for verdict in made.verdicts:
        expected = f" (expected: {verdict.expected})" if verdict.expected else ""
        when = f"; {verdict.stated}" if verdict.stated else ""
        line = f"{verdict.verdict}: {verdict.says}: {verdict.found}{expected}{when}"
        console.print(line, markup=False, highlight=False)
    for note in made.terminal_notes():
        console.print(note, markup=False, highlight=False)
    console.print(f"Report: {made.folder / 'index.html'}", highlight=False, soft_wrap=True)
    return list(shortfalls(made, options))


def shortfalls(made: "Report", options: Execution) -> Iterator[str]:
    """Why the answer is less than was asked for."""
    if options.check_claims:
        claims = [
            f"{verdict.verdict}: {verdict.says}"
            for verdict in made.verdicts
            if verdict.verdict in ("refuted", "not tested")
        ]
        yield from ["; ".join(claims)] if claims else []
    yield from made.failures
    if made.findings.all_diverged:
        yield "every seed of every cell diverged, so nothing was measured; a smaller optimizer.learning_rate usually helps"


def failures(plan: Plan, console: Console) -> None:
    """Print the jobs that failed, each with the last line of its error."""
    for job, outcome in zip(plan.jobs, plan.outcomes(), strict=True):
        if isinstance(outcome, Exception) and outcome is not NOT_RUN:
            overrides = " ".join(f"{key}={value}" for key, value in job.overrides.items())
            console.print(f"failed: {overrides}: {outcome}", markup=False, highlight=False, soft_wrap=True)


def where_to_look(run: SweepRun, console: Console) -> None:
    """Print the command that starts the UI, and the address there of the sweep's charts."""
    from experiments.ui import address

    text = f"Runs:   python -m experiments.ui\n        {address(5000, run.experiment_id)}"
    console.print(text, soft_wrap=True, highlight=False, markup=False)
