"""Stacks over processes: on this machine's cores, or on a Dask cluster. Results come as they finish."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from experiments.evaluation import Lone, Task, attempt
from experiments.records import Curves

Result = tuple[int, list[Curves] | str]
IN_FLIGHT = 3  # stacks a worker: enough that none waits, few enough that memory does not grow with the sweep


class Workers(NamedTuple):
    """Where stacks are trained. The fields are those of hydra.launcher."""

    workers: int = -1  # processes; −1: one a core
    replicas: int | None = None  # networks to a stack; None: what trains best
    backend: str = "loky"  # or dask
    address: str | None = None  # of a Dask scheduler


def check(where: Workers) -> None:
    """Raises ConfigurationError where there is nobody to train."""
    from experiments.errors import ConfigurationError

    if where.workers == 0 or (where.replicas is not None and where.replicas < 1):
        raise ConfigurationError(
            "hydra.launcher.workers must be −1 (one a core) or at least 1, hydra.launcher.replicas at least 1, "
            "or null for what trains best."
        )
    if where.backend not in ("loky", "dask"):
        raise ConfigurationError(
            f"hydra.launcher.backend is {where.backend!r}; it must be loky (processes here) or dask."
        )


def attempts(plan: Sequence[Task | Lone], where: Workers) -> Iterator[Result]:
    """The number of every task with its curves, or with the traceback of its failure; training starts at once.

    Where a worker dies, the stacks that were in flight are tried again, each in a process of its own: the one that
    kills its process fails, and the others finish.
    """
    waiting = sorted(range(len(plan)), key=lambda i: -plan[i].replicas)
    results = pooled(plan, waiting, where)
    return surviving(results, plan, waiting, where)


def surviving(
    results: Iterator[Result], plan: Sequence[Task | Lone], waiting: list[int], where: Workers
) -> Iterator[Result]:
    from joblib import effective_n_jobs
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    while waiting:
        try:
            for index, result in results:
                waiting.remove(index)
                yield index, result
        except TerminatedWorkerError:
            for index in waiting[: IN_FLIGHT * effective_n_jobs(where.workers)]:
                waiting.remove(index)
                yield alone(index, plan[index])
            results = pooled(plan, waiting, where)


def pooled(plan: Sequence[Task | Lone], numbers: Sequence[int], where: Workers) -> Iterator[Result]:
    from joblib import Parallel, delayed, parallel_config

    if not numbers:
        return iter(())
    on_cluster = where.backend == "dask"
    workers = 1 if len(numbers) == 1 and not on_cluster else where.workers
    settings: dict[str, Any] = {"backend": "dask"} if on_cluster else {"n_jobs": workers}
    with cluster(where) if on_cluster else nullcontext(), parallel_config(**settings):
        pool = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=f"{IN_FLIGHT}*n_jobs")
        return pool(delayed(attempt)(i, plan[i]) for i in tuple(numbers))


def cluster(where: Workers) -> Any:
    """A client of the scheduler at the address, by which joblib finds the cluster; without one, a cluster on this machine."""
    import logging

    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.WARNING)
    return nullcontext(Client(where.address) if where.address else Client(n_workers=max(where.workers, 1)))


def alone(index: int, task: Task | Lone) -> Result:
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with ProcessPoolExecutor(max_workers=1) as process:
        try:
            return process.submit(attempt, index, task).result()
        except TerminatedWorkerError as error:
            return index, f"the worker died while it trained this stack (out of memory?): {error}"
