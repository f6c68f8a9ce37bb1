"""Train stacks in processes, on this machine's cores or a Dask cluster. Results come as they finish."""

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
ALIVE = 1.0  # seconds between a worker's checks that its parent is alive
IN_FLIGHT = 2  # stacks per worker: none waits, and loky's queue holds them all (else ending it raises a KeyError)


class Workers(NamedTuple):
    """Where stacks are trained. The fields are those of hydra.launcher."""

    workers: int = -1  # processes; −1: one per core
    replicas: int | None = None  # networks per stack; None: what trains best
    backend: str = "loky"  # or dask
    address: str | None = None  # of a Dask scheduler


def check(where: Workers) -> None:
    """Raises ConfigurationError where a field is invalid, or Dask is asked for and not installed."""
    from experiments.config.errors import ConfigurationError

    rules = (
        (
            "workers",
            is_whole(where.workers) and (where.workers == -1 or where.workers >= 1),
            "-1 (one per core), or at least 1",
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
            f"hydra.launcher.address is {where.address!r}, but {where.backend} workers have no address; "
            "use hydra.launcher.backend=dask to train there."
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
    """Start training at once, and yield each task's index with its curves, or with its traceback, as it finishes.

    Where a worker dies, the stacks that were in flight are tried again, each in a process of its own: the one that
    kills its process fails, and the others finish. Close the generator to end the workers early.
    """
    waiting = sorted(range(len(plan)), key=lambda i: -plan[i].replicas)
    results = surviving(plan, waiting, where)
    next(results)  # runs to where training starts; from here on, closing it ends the workers
    return results


class Stopped(Exception):
    """Thrown into joblib's generator when the rest of the results is not wanted."""


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
            results.throw(Stopped())  # joblib ends its workers at once; closing its generator would add a warning


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
    """End this worker soon after its parent process, which may have been killed before it could end its workers."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ALIVE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cluster(where: Workers) -> Any:
    """A Dask client, by which joblib finds the cluster at the address, or a new cluster on this machine if there is none."""
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
