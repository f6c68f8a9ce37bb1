"""This project's own training, spread over the cores as a sweep is, and the matrix products alone: the floor."""

from collections.abc import Callable
from functools import partial

import numpy as np

from backprop.stacking import stack
from backprop.training import Examples, train
from experiments.benchmark.workloads import Workload, data, recipe
from experiments.training.tasks import replicas_that_fit

STACKS = (8, 16, 32, 64, 128, 256)  # sizes tried for the floor


def training(workload: Workload, shared_seeds: bool = False) -> Callable[[], int]:
    """All replicas of a workload in stacks, on all cores; with shared seeds, eight replicas share each."""
    size = min(
        replicas_that_fit(recipe(workload), *workload.sizes[:: len(workload.sizes) - 1]), -(-workload.replicas // 2)
    )
    return partial(on_all_cores, train_stack, workload, size, shared_seeds)


def on_all_cores(work: Callable[..., None], workload: Workload, size: int, *options: bool) -> int:
    from joblib import Parallel, delayed

    starts = range(0, workload.replicas, size)
    Parallel(n_jobs=-1, batch_size=1)(
        delayed(on_one_thread)(work, workload, range(start, min(start + size, workload.replicas)), *options)
        for start in starts
    )
    return workload.replicas * workload.steps


def on_one_thread(work: Callable[..., None], workload: Workload, seeds: range, *options: bool) -> None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        work(workload, seeds, *options)


def train_stack(workload: Workload, seeds: range, shared_seeds: bool) -> None:
    x, y = data(workload)
    alike = recipe(workload)
    examples = Examples(x[None], y[None], np.zeros(len(seeds), int))
    used = [seed // 8 if shared_seeds else seed for seed in seeds]
    for _ in train(stack([alike] * len(seeds), alike.dtype), examples, used, {workload.steps}):
        pass


def floor(workload: Workload) -> Callable[[], int]:
    """The products of every step and nothing else, at the best of several stack sizes, on one core or on all."""
    from experiments.benchmark.timing import microseconds

    few = workload._replace(epochs=max(1, workload.epochs // 4))
    sizes = [size for size in STACKS if size <= workload.replicas] or [workload.replicas]
    candidates = [partial(on_all_cores, products, few, size) for size in sizes]
    candidates += [partial(in_this_process, few, size) for size in sizes]
    for candidate in candidates:
        candidate()
    best = min(candidates, key=lambda run: min(microseconds(run) for _ in range(2)))
    return partial(best.func, *(workload if part is few else part for part in best.args))


def in_this_process(workload: Workload, size: int) -> int:
    for start in range(0, workload.replicas, size):
        on_one_thread(products, workload, range(start, min(start + size, workload.replicas)))
    return workload.replicas * workload.steps


def products(workload: Workload, seeds: range) -> None:
    """x W forward; xᵀ dz and dz Wᵀ backward, into arrays that stay."""
    draw = np.random.default_rng(0)
    shapes = list(zip(workload.sizes, workload.sizes[1:], strict=False))
    Ws = [draw.standard_normal((len(seeds), *shape)).astype("float32") * 1e-2 for shape in shapes]
    activations = [np.ones((len(seeds), workload.batch, width), "float32") for width in workload.sizes]
    dWs, gradients = [np.empty_like(W) for W in Ws], [np.full_like(a, 1e-3) for a in activations]
    for _ in range(workload.steps):
        for a, W, z in zip(activations, Ws, activations[1:], strict=False):
            np.matmul(a, W, out=z)
        for layer in reversed(range(len(Ws))):
            np.matmul(activations[layer].mT, gradients[layer + 1], out=dWs[layer])
            if layer > 0:
                np.matmul(gradients[layer + 1], Ws[layer].mT, out=gradients[layer])
