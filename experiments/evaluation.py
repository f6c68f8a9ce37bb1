"""From cells to curves: trains the cells of one stack and measures them at spaced steps."""

import traceback
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array, stack
from backprop.diagnostics import BINS, confidence, distances, gradient_statistics, weight_histogram
from backprop.metrics import Whole, performance, weight_norms, whole
from backprop.network import Layer, parameter_count
from backprop.training import Examples, Recipe, Snapshot, train
from experiments.calculation import AnyExperiment, Calculation
from experiments.records import Curves
from experiments.splits import Division
from experiments.study import Experiment

ENOUGH = 8 * 2**20  # bytes that a step of one stack touches


class Task(NamedTuple):
    """What a worker needs to train one stack: the recipes of its cells and the data of their seeds."""

    cells: list[int]  # their numbers in the sweep
    recipes: list[Recipe]
    seeds: list[int]
    initial: list[int]  # what each seed's initial weights are drawn from; itself, unless they are held still
    order: list[int]  # the same for minibatches and noise
    divisions: list[Division]  # one a seed
    steps: list[int]  # at which to measure

    @property
    def replicas(self) -> int:
        return len(self.cells) * len(self.seeds)

    def run(self) -> list[Curves]:
        return run(self)


class Lone(NamedTuple):
    """What a worker needs for a cell that trains no network, and so has no stack."""

    cells: list[int]  # one
    calculation: Calculation

    @property
    def replicas(self) -> int:
        return len(self.calculation.all_seeds)

    def run(self) -> list[Curves]:
        return [self.calculation.run()]


def evaluation_steps(total: int, count: int) -> list[int]:
    """About `count` steps from 0 to `total`: dense early, sparse late, always the first and the last.

    >>> evaluation_steps(1000, 8)
    [0, 1, 3, 10, 32, 100, 316, 1000]
    """
    spaced = np.geomspace(1, total, count - 1)
    return sorted({0, total} | {int(step) for step in np.rint(spaced)})


def replicas_that_fit(recipe: Recipe, inputs: int, outputs: int) -> int:
    """How many networks of this size train best in one stack: enough that numpy's calls cost little, and no more.

    Measured with two megabytes of L2 a core: half as many take up to a tenth longer, for the calls; with many times as
    many, all that a step touches comes from slower memory.
    """
    sizes = recipe.network.sizes(inputs, outputs)
    units = inputs + 4 * sum(sizes[1:-1]) + 2 * outputs  # activations, masks, gradients
    numbers = 3 * parameter_count(sizes) + (recipe.batch_size or 100) * units
    return int(np.clip(ENOUGH // (numbers * np.dtype(recipe.dtype).itemsize), 4, 512))


def tasks(experiments: Sequence[AnyExperiment], replicas: int | None = None) -> list[Task | Lone]:
    """Experiments that differ only in numbers share stacks of about so many replicas (None: what fits the cache).

    The seeds of a cell are divided over several stacks where they are more than that.
    """
    lone = [Lone([number], one) for number, one in enumerate(experiments) if isinstance(one, Calculation)]
    return [*lone, *stacks({n: one for n, one in enumerate(experiments) if isinstance(one, Experiment)}, replicas)]


def stacks(experiments: Mapping[int, Experiment], replicas: int | None) -> list[Task]:
    """The tasks of those that train networks."""
    groups: dict[Hashable, list[int]] = {}
    for number, experiment in experiments.items():
        groups.setdefault(experiment.stack_key(), []).append(number)
    divided: dict[Hashable, list[Division]] = {}
    plan: list[Task] = []
    for numbers in groups.values():
        first = experiments[numbers[0]]
        seeds, key = first.all_seeds, first.data_key()
        if key not in divided:
            made = {seed: first.divide(seed) for seed in dict.fromkeys(first.seeds_of("split"))}
            divided[key] = [made[seed] for seed in first.seeds_of("split")]
        train = divided[key][0].parts["train"]
        steps = evaluation_steps(first.epochs * first.recipe.steps_per_epoch(len(train.x)), first.evaluations)
        size = replicas or replicas_that_fit(first.recipe, train.x.shape[1], train.y.shape[1])
        together = max(1, round(size / len(seeds)))
        for cells in np.array_split(numbers, -(-len(numbers) // together)):
            for chunk in np.array_split(np.arange(len(seeds)), -(-len(seeds) // max(size, 1)) if together == 1 else 1):
                own, initial, order = (
                    [drawn[i] for i in chunk] for drawn in (seeds, *map(first.seeds_of, ("init", "order")))
                )
                recipes, divisions = [experiments[c].recipe for c in cells], [divided[key][i] for i in chunk]
                plan.append(Task(cells.tolist(), recipes, own, initial, order, divisions, steps))
    return plan


def snapshots(task: Task, at: Collection[int]) -> Iterator[Snapshot]:
    """Trains every seed of every cell of a stack at once: replica r is seed r mod S of cell r div S."""
    cells = len(task.cells)
    recipe = stack([recipe for recipe in task.recipes for _ in task.seeds], task.recipes[0].dtype)
    return train(recipe, training_examples(task), task.order * cells, at, initial_seeds=task.initial * cells)


def training_examples(task: Task) -> Examples:
    training = [division.parts["train"] for division in task.divisions]
    x, y = (np.stack([getattr(part, a) for part in training]) for a in "xy")
    return Examples(x, y, np.tile(np.arange(len(task.seeds)), len(task.cells)))


def run(task: Task) -> list[Curves]:
    """Trains a stack and measures it; one Curves a cell."""
    seeds, cells = task.seeds, len(task.cells)
    of = np.tile(np.arange(len(seeds)), cells)
    data = [whole(division.parts) for division in task.divisions]
    error_scale, corrupted = (
        np.array([getattr(d, name) for d in task.divisions])[of] for name in ("error_scale", "corrupted")
    )

    rows, epochs = [], []
    for snapshot in snapshots(task, set(task.steps)):
        row = {f"weights/{name}": value for name, value in weight_norms(snapshot.layers).items()}
        measured = performance(task.recipes[0], snapshot.layers, data, of)
        row |= {name: value * error_scale if name.endswith("error") else value for name, value in measured.items()}
        with np.errstate(invalid="ignore"):  # ∞ − ∞ of a diverged replica
            row |= {f"gap/{name}": row[f"test/{name}"] - row[f"train/{name}"] for name in ("loss", "error")}
        rows.append(row | {"labels/corrupted": corrupted})
        epochs.append(snapshot.epoch)
        finite_until = snapshot.finite_until.copy()
        if snapshot.step == 0:
            initial = [Layer(W.copy(), b.copy()) for W, b in snapshot.layers]

    ends = at_the_end(task, snapshot.layers, initial, data, of) | overfitting(rows, task.steps)
    rows = [row | ends for row in rows]
    table = {name: np.stack([row[name] for row in rows]).reshape(len(rows), cells, len(seeds)) for name in rows[0]}
    diverged = np.where(finite_until < task.steps[-1], finite_until + 1, -1).reshape(cells, len(seeds))
    return [
        Curves(seeds, task.steps, epochs, {name: values[:, c] for name, values in table.items()}, diverged[c])
        for c in range(cells)
    ]


def at_the_end(
    task: Task, layers: Sequence[Layer], initial: Sequence[Layer], data: Sequence[Whole], of: Int[Array, " R"]
) -> dict[str, Float[Array, " R"]]:
    """Diagnostics of the last step: they take as long as some steps of training."""
    recipe = task.recipes[0]
    found = distances(layers, initial) | gradient_statistics(recipe, layers, training_examples(task))
    if recipe.loss.task == "classification":
        found |= confidence(recipe, layers, data, of)
    histogram = weight_histogram(layers, initial)
    bins = {f"histogram/{low:.2f}": histogram[:, i] for i, low in enumerate(BINS[:-1])}
    return {f"last/{name}": value for name, value in found.items()} | bins


def overfitting(rows: Sequence[dict[str, Float[Array, " R"]]], steps: Sequence[int]) -> dict[str, Float[Array, " R"]]:
    """At which step the validation loss was least, and how far it had risen from there at the end."""
    curve = np.stack([row["validation/loss"] for row in rows])
    best = np.where(np.isfinite(curve), curve, np.inf).argmin(axis=0)
    with np.errstate(invalid="ignore"):
        rise = curve[-1] - curve[best, np.arange(curve.shape[1])]
    best_step = np.where(np.isfinite(curve[-1]), np.array(steps, float)[best], np.nan)
    return {"validation/best_step": best_step, "validation/rise": rise}


def joined(pieces: Sequence[Curves], seeds: Sequence[int]) -> Curves:
    """One cell's curves from those of its stacks, the seeds in the order given."""
    found = [seed for piece in pieces for seed in piece.seeds]
    order = [found.index(seed) for seed in seeds]
    metrics = {
        name: np.concatenate([piece.metrics[name] for piece in pieces], axis=-1)[:, order] for name in pieces[0].metrics
    }
    diverged_at = np.concatenate([piece.diverged_at for piece in pieces])[order]
    return Curves(list(seeds), pieces[0].steps, pieces[0].epochs, metrics, diverged_at)


def finished_cells(
    results: Iterable[tuple[int, list[Curves] | str]], plan: Sequence[Task | Lone], experiments: Sequence[AnyExperiment]
) -> Iterator[tuple[int, Curves | str]]:
    """Each cell as the last of its stacks comes in, with its curves, or with the traceback of the first that failed."""
    waiting = Counter(cell for task in plan for cell in task.cells)
    pieces: dict[int, list[Curves]] = {cell: [] for cell in waiting}
    failures: dict[int, str] = {}
    for index, result in results:
        for position, cell in enumerate(plan[index].cells):
            waiting[cell] -= 1
            if isinstance(result, str):
                failures.setdefault(cell, result)
            else:
                pieces[cell].append(result[position])
            if not waiting[cell]:
                own = pieces.pop(cell)
                yield cell, failures.get(cell) or joined(own, experiments[cell].all_seeds)


def attempt(index: int, task: Task | Lone) -> tuple[int, list[Curves] | str]:
    """Runs in a worker, on one BLAS thread: the stacks are what is spread over the cores."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1, user_api="blas"):
            return index, task.run()
    except Exception:
        return index, traceback.format_exc()
