"""Stacks over processes: on this machine's cores, or on a Dask cluster. Results come as they finish."""

import os
import re
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import nullcontext, suppress
from importlib.util import find_spec
from typing import Any, NamedTuple

from experiments.study.curves import Curves
from experiments.training.evaluation import attempt
from experiments.training.tasks import CalculationTask, Task

Result = tuple[int, list[Curves] | str]
ALIVE = 1.0  # seconds between two looks of a worker at whether its parent lives
IN_FLIGHT = 2  # stacks a worker: none waits, and loky's queue takes them all (if it is ended otherwise: a KeyError)


class Workers(NamedTuple):
    """Where stacks are trained. The fields are those of hydra.launcher."""

    workers: int = -1  # processes; −1: one a core
    replicas: int | None = None  # networks to a stack; None: what trains best
    backend: str = "loky"  # or dask
    address: str | None = None  # of a Dask scheduler


def check(where: Workers) -> None:
    """Raises ConfigurationError where there is nobody to train."""
    from experiments.config.errors import ConfigurationError

    rules = (
        (
            "workers",
            is_whole(where.workers) and (where.workers == -1 or where.workers >= 1),
            "-1 (one a core), or at least 1",
        ),
        (
            "replicas",
            where.replicas is None or (is_whole(where.replicas) and where.replicas >= 1),
            "at least 1, or null",
        ),
        ("backend", where.backend in ("loky", "dask"), "loky (processes here) or dask"),
        (
            "address",
            where.address is None or is_scheduler(where.address),
            "a Dask scheduler's, tcp://HOST:PORT, or null",
        ),
    )
    for field, fine, rule in rules:
        if not fine:
            raise ConfigurationError(f"hydra.launcher.{field} is {getattr(where, field)!r}; it must be {rule}.")
    if where.address is not None and where.backend != "dask":
        raise ConfigurationError(
            f"hydra.launcher.address is {where.address!r}, but workers of {where.backend} have none: "
            "hydra.launcher.backend=dask trains there."
        )
    if where.backend == "dask" and find_spec("distributed") is None:
        raise ConfigurationError(
            "hydra.launcher.backend=dask needs Dask, which is not installed: pip install '.[dask]'"
        )


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_scheduler(address: Any) -> bool:
    """
    >>> [is_scheduler(text) for text in ("tcp://10.0.0.1:8786", "tls://head:8786", "10.0.0.1:8786", "tcp://head:x")]
    [True, True, False, False]
    """
    return isinstance(address, str) and re.fullmatch(r"(tcp|tls)://\S+:\d{1,5}", address) is not None


def attempts(plan: Sequence[Task | CalculationTask], where: Workers) -> Generator[Result, None, None]:
    """The number of every task with its curves, or with the traceback of its failure; training starts at once.

    Where a worker dies, the stacks that were in flight are tried again, each in a process of its own: the one that
    kills its process fails, and the others finish. Close it to end the workers before all is done.
    """
    waiting = sorted(range(len(plan)), key=lambda i: -plan[i].replicas)
    results = surviving(plan, waiting, where)
    next(results)  # up to where training starts: from here on, to close it ends the workers
    return results


class Stopped(Exception):
    """Nobody wants the rest of the results."""


def surviving(plan: Sequence[Task | CalculationTask], waiting: list[int], where: Workers) -> Generator[Any, None, None]:
    from joblib import effective_n_jobs
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    results = pooled(plan, waiting, where)
    try:
        yield
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
    finally:
        with suppress(Stopped):
            results.throw(Stopped())  # joblib ends its workers at once; to a generator that is closed it adds a warning


def pooled(
    plan: Sequence[Task | CalculationTask], numbers: Sequence[int], where: Workers
) -> Generator[Result, None, None]:
    from joblib import Parallel, delayed, effective_n_jobs, parallel_config

    if not numbers:
        return nothing()
    on_cluster = where.backend == "dask"
    settings: dict[str, Any] = {"backend": "dask"}
    if not on_cluster:
        workers = min(effective_n_jobs(where.workers), len(numbers))
        settings = {"backend": "loky", "n_jobs": workers, "initializer": end_with_parent, "initargs": (os.getpid(),)}
    with cluster(where) if on_cluster else nullcontext(), parallel_config(**settings):
        pool = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=f"{IN_FLIGHT}*n_jobs")
        return pool(delayed(attempt)(i, plan[i]) for i in tuple(numbers))


def nothing() -> Generator[Result, None, None]:
    yield from ()


def end_with_parent(parent: int) -> None:
    """In a worker: ends it soon after the process that started it, which may have been killed and told nobody."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ALIVE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cluster(where: Workers) -> Any:
    """A client of the scheduler at the address, by which joblib finds the cluster; without one, a cluster on this machine."""
    import logging

    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.WARNING)
    return nullcontext(Client(where.address) if where.address else Client(n_workers=max(where.workers, 1)))


def alone(index: int, task: Task | CalculationTask) -> Result:
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with ProcessPoolExecutor(max_workers=1, initializer=end_with_parent, initargs=(os.getpid(),)) as process:
        try:
            return process.submit(attempt, index, task).result()
        except TerminatedWorkerError as error:
            return index, f"the worker died while it trained this stack (out of memory?): {error}"
