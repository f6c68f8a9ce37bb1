"""The story of one sweep: planned, trained, on disk, recorded, reported."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from rich.console import Console

from experiments import console as tell
from experiments.before import before_training
from experiments.config.building import execution_of, study_of
from experiments.config.composition import Job
from experiments.config.full_grid import check_design
from experiments.config.lookup import look_up_keys
from experiments.config.reach import Offered, Sweeping
from experiments.config.secrets import hidden
from experiments.config.tries import check_tried
from experiments.recording import journal, lifetime, tracking
from experiments.recording.assembly import assembled
from experiments.recording.cells import record_cell, record_failure
from experiments.recording.confirmation import confirmation
from experiments.recording.delivery import WriteQueue, retry
from experiments.recording.naming import SweepRun
from experiments.recording.plan import Cell, Plan, check_validated, planned
from experiments.recording.recorded import is_finished
from experiments.recording.store import store_key, writable_runs
from experiments.study.curves import Curves, mean_validation_error
from experiments.study.keep import Keep
from experiments.training.evaluation import pieces_of_cells
from experiments.training.tasks import CalculationTask, Task, tasks
from experiments.training.workers import Result, Workers, attempts, check


class Outcome(NamedTuple):
    """The outcome of a sweep: each job's mean validation error, or its failure; and why the answer falls short, if it does."""

    values: list[float | Exception]
    shortfalls: list[str]


def sweep(jobs: Sequence[Job], where: Workers, offered: Offered = None, *, searched: bool = False) -> Outcome:
    """Trains what is new, records and reports all.

    `offered` are the values on the study's own grids, where these are known; `searched`: a sweeper is to minimize what comes back.
    """
    check(where)
    study, options = study_of(jobs[0].config), execution_of(jobs[0].config)
    sweeping = Sweeping(jobs, offered)
    look_up_keys(study, sweeping)
    check_design(study, jobs)
    console = Console(stderr=True)
    plan = planned(jobs, options, where)
    confirms = confirmation(study, plan, console) if study.confirm and plan.cells else None
    if confirms:
        jobs, plan = confirms.jobs, planned(confirms.jobs, options, where)
    check_validated(study, plan, searched)
    before_training(study, sweeping, plan, console)
    check_tried(study, jobs)
    writable_runs()
    new = plan.new
    stacks = stacks_of(new, [cell.missing for cell in new], plan.keep, where)
    began = time.time_ns() // 10**6  # before anything is trained: then the claims were stated
    if options.dry_run:
        from experiments.forecast import forecast

        forecast(console, plan, stacks, where)
        return Outcome([plan.refused.get(n, float("nan")) for n in range(len(jobs))], [])
    trained = attempts(stacks, where)  # training has begun; the store opens beside it
    queue = WriteQueue(console)
    with closing(trained), lifetime.named(study) as (name, folder):
        run = retry(partial(tracking.start_sweep, study, jobs, name, folder, began, confirms), console)
        with lifetime.ending(run.client, run.run_id, name):
            tell.other_formats(run.client, console)
            plan.give_up_lost(partial(is_finished, run.client))
            tell.what_is_known(plan, console)
            for n, error in plan.refused.items():
                queue.add(partial(record_failure, run, jobs[n], hidden(str(error))))
            finished = completed(new, stacks, tell.progress(trained, stacks, console))
            for cell, curves in arriving(plan, finished, run, where, console):
                queue.add(recorder(run, cell, curves))
                if cell.failure and options.fail_fast:
                    break
            queue.finish()
            tracking.end_sweep(run, plan)
            shortfalls = tell.report(run, options, console) if plan.has_values else []
    tell.failures(plan, console)
    tell.where_to_look(run, console)
    return Outcome(plan.outcomes(), [f"{study.name}: {shortfall}" for shortfall in shortfalls])


def stacks_of(
    cells: Sequence[Cell], seeds: Sequence[Sequence[int]], keep: Keep, where: Workers
) -> list[Task | CalculationTask]:
    return tasks([cell.experiment for cell in cells], where.replicas, seeds, keep)


def completed(
    cells: Sequence[Cell], stacks: Sequence[Task | CalculationTask], results: Iterable[Result]
) -> Iterator[Cell]:
    """Yield each cell once all its stacks are in: its seeds are on disk by then, or its `failure` holds the traceback."""
    for number, piece, is_last in pieces_of_cells(results, stacks):
        cell = cells[number]
        if isinstance(piece, str):
            cell.failure = cell.failure or hidden(piece)
        else:
            journal.save(cell.identity.seeds, piece)
        if is_last:
            yield cell


def arriving(
    plan: Plan, finished: Iterable[Cell], run: SweepRun, where: Workers, console: Console
) -> Iterator[tuple[Cell, Curves | None]]:
    """Yield cells with the curves of all their seeds, or None where they failed: first those that need no training.

    Last come cells that lost an earlier result, on disk or in the store: those seeds are trained again.
    """
    again: list[tuple[Cell, list[int]]] = []
    for cell in chain([cell for cell in plan.new if not cell.missing], finished):
        curves, missing = assembled(run.client, cell)
        if curves is None and not cell.failure:
            again.append((cell, missing))
        else:
            yield cell, curves
    cells = [cell for cell, _ in again]
    stacks = stacks_of(cells, [missing for _, missing in again], plan.keep, where)
    for cell in completed(cells, stacks, tell.progress(attempts(stacks, where), stacks, console)):
        curves, missing = assembled(run.client, cell)
        if curves is None and not cell.failure:
            cell.failure = f"seeds {missing} were trained, but are not on disk"
        yield cell, curves


def recorder(run: SweepRun, cell: Cell, curves: Curves | None) -> Any:
    """A function that records a cell, or its failure, called once the store answers."""
    if cell.failure or curves is None:
        journal.now_failed(cell.identity.cell, cell.failure)
        return partial(record_failure, run, cell.job, cell.failure, cell.identity.cell)
    cell.value = mean_validation_error(curves, cell.experiment.selection)
    check_store = not cell.missing or store_key() != "local"
    return partial(record_cell, run, cell, curves, check_store=check_store)
