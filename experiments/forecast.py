"""What a sweep would do: which cells are new, done or failed, the stacks they form, and roughly what they cost."""

import time
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from backprop.stacking import stacking_key
from experiments.config.building import execution_of, study_of
from experiments.config.secrets import hidden
from experiments.costs.cost import cost
from experiments.costs.limits import in_words
from experiments.power import foretold
from experiments.recording import journal
from experiments.recording.plan import Plan, loads_of_plan
from experiments.training.evaluation import snapshots, stacked, training_examples
from experiments.training.tasks import CalculationTask, Task
from experiments.training.workers import Workers

if TYPE_CHECKING:
    from rich.console import Console

WARM_UP, TIMED = 5, 20  # steps


def forecast(console: "Console", plan: Plan, stacks: Sequence[Task | CalculationTask], where: Workers) -> None:
    """Prints the forecast. Training time is extrapolated from a few steps of one stack of each kind on this machine."""
    if not plan.cells:  # the sweep would be refused, as printed already
        return
    from joblib import effective_n_jobs
    from threadpoolctl import threadpool_limits

    new = plan.new
    failed = len(journal.failed([cell.identity.cell for cell in new]))
    trained = sum(not cell.missing for cell in new)
    console.print(
        f"cells: {len(new) - trained - failed} new, {len(plan.cells) - len(new)} done, {trained} trained but not recorded, "
        f"{failed} failed before, {len(plan.refused)} refused",
        highlight=False,
    )
    asked = sum(len(cell.experiment.all_seeds) for cell in new)
    missing = sum(len(cell.missing) for cell in new)
    console.print(f"networks of the new cells: {missing} to train, {asked - missing} trained before", highlight=False)
    for n, refusal in plan.refused.items():
        overrides = " ".join(f"{key}={value}" for key, value in plan.jobs[n].overrides.items())
        console.print(f"refused: {overrides}: {hidden(str(refusal))}", markup=False, highlight=False, soft_wrap=True)
    speeds: dict[object, float] = {}
    seconds = 0.0
    with threadpool_limits(1, user_api="blas"):
        for task in [stack for stack in stacks if isinstance(stack, Task)]:
            kind = stacking_key(task.recipes[0])
            if kind not in speeds:
                speeds[kind] = seconds_a_step(task) / task.replicas
            seconds += speeds[kind] * task.replicas * task.steps[-1]
    replicas = sum(task.replicas for task in stacks)
    wall = seconds / min(effective_n_jobs(where.workers), max(len(stacks), 1))
    console.print(
        f"stacks: {len(stacks)}, with {replicas} networks in all; training takes about {wall:.0f} s on this machine, "
        "measurements and report not counted",
        highlight=False,
    )
    total = cost(loads_of_plan(plan), where, execution_of(plan.jobs[0].config))
    console.print(f"the whole sweep: {in_words(total)}", highlight=False)
    if told := foretold(study_of(plan.jobs[0].config), plan):
        console.print(told, markup=False, highlight=False, soft_wrap=True)


def seconds_a_step(task: Task) -> float:
    last = task.steps[-1]
    start, end = min(WARM_UP, last - 1), min(WARM_UP + TIMED, last)
    times = [
        time.perf_counter() for _ in islice(snapshots(task, stacked(task), training_examples(task), {start, end}), 2)
    ]
    return (times[1] - times[0]) / max(end - start, 1) if len(times) == 2 else 0.0
