"""From cells to curves: trains the cells of one stack and measures them at spaced steps."""

import traceback
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array, stack
from backprop.metrics import performance, weight_norms
from backprop.training import Examples, Recipe, train
from experiments.splits import Division
from experiments.study import Experiment


class Task(NamedTuple):
    """What a worker needs to train one stack: the recipes of its cells and the data of their seeds."""

    cells: list[int]  # their numbers in the sweep
    recipes: list[Recipe]
    seeds: list[int]
    divisions: list[Division]  # one a seed
    steps: list[int]  # at which to measure

    @property
    def replicas(self) -> int:
        return len(self.cells) * len(self.seeds)


class Curves(NamedTuple):
    """What one cell did: every metric at every evaluation for every seed."""

    seeds: list[int]
    steps: list[int]
    epochs: list[float]
    metrics: dict[str, Float[Array, "T S"]]
    diverged_at: Int[Array, " S"]  # the step of the first infinite loss; −1 where there was none


def evaluation_steps(total: int, count: int) -> list[int]:
    """About `count` steps from 0 to `total`: dense early, sparse late, always the first and the last.

    >>> evaluation_steps(1000, 8)
    [0, 1, 3, 10, 32, 100, 316, 1000]
    """
    spaced = np.geomspace(1, total, count - 1)
    return sorted({0, total} | {int(step) for step in np.rint(spaced)})


def tasks(experiments: Sequence[Experiment], replicas: int = 40) -> list[Task]:
    """Experiments that differ only in numbers share a stack of about so many replicas (which fits a core's cache)."""
    groups: dict[Hashable, list[int]] = {}
    for number, experiment in enumerate(experiments):
        groups.setdefault(experiment.stack_key(), []).append(number)
    divided: dict[Hashable, list[Division]] = {}
    plan = []
    for numbers in groups.values():
        first = experiments[numbers[0]]
        seeds, key = first.all_seeds, first.data_key()
        if key not in divided:
            divided[key] = [first.divide(seed) for seed in seeds]
        total = first.epochs * first.recipe.steps_per_epoch(len(divided[key][0].parts["train"].x))
        steps = evaluation_steps(total, first.evaluations)
        size = max(1, replicas // len(seeds))
        for start in range(0, len(numbers), size):
            cells = numbers[start : start + size]
            plan.append(Task(cells, [experiments[c].recipe for c in cells], seeds, divided[key], steps))
    return plan


def run(task: Task) -> list[Curves]:
    """Trains every seed of every cell of a stack at once; one Curves a cell."""
    seeds, cells = task.seeds, len(task.cells)
    recipe = stack([recipe for recipe in task.recipes for _ in seeds], task.recipes[0].dtype)
    of = np.tile(np.arange(len(seeds)), cells)
    parts = {name: [division.parts[name] for division in task.divisions] for name in task.divisions[0].parts}
    training = Examples(
        np.stack([part.x for part in parts["train"]]), np.stack([part.y for part in parts["train"]]), of
    )
    error_scale, corrupted = (
        np.array([getattr(d, name) for d in task.divisions])[of] for name in ("error_scale", "corrupted")
    )

    rows, epochs = [], []
    for snapshot in train(recipe, training, [*seeds] * cells, set(task.steps)):
        row = {f"weights/{name}": value for name, value in weight_norms(snapshot.layers).items()}
        for name, examples in parts.items():
            measured = performance(recipe, snapshot.layers, examples, of)
            row |= {f"{name}/loss": measured["loss"], f"{name}/error": measured["error"] * error_scale}
        with np.errstate(invalid="ignore"):  # ∞ − ∞ of a diverged replica
            row |= {f"gap/{name}": row[f"test/{name}"] - row[f"train/{name}"] for name in ("loss", "error")}
        rows.append(row | {"labels/corrupted": corrupted})
        epochs.append(snapshot.epoch)
        finite_until = snapshot.finite_until.copy()

    table = {name: np.stack([row[name] for row in rows]).reshape(len(rows), cells, len(seeds)) for name in rows[0]}
    diverged = np.where(finite_until < task.steps[-1], finite_until + 1, -1).reshape(cells, len(seeds))
    return [
        Curves(seeds, task.steps, epochs, {name: values[:, c] for name, values in table.items()}, diverged[c])
        for c in range(cells)
    ]


def attempt(index: int, task: Task) -> tuple[int, list[Curves] | str]:
    """Runs in a worker, on one BLAS thread: the stacks are what is spread over the cores."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1, user_api="blas"):
            return index, run(task)
    except Exception:
        return index, traceback.format_exc()
