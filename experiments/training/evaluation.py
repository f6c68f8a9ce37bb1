"""From cells to curves: trains the cells of one stack and measures them at spaced steps."""

import time
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.metrics import Whole, performance
from backprop.sets import ready
from backprop.stacking import stack
from backprop.training import Examples, Recipe, Snapshot, train
from experiments.data.division import seen
from experiments.study.calculation import AnyExperiment
from experiments.study.curves import Curves, joined
from experiments.training.holding import Gathered
from experiments.training.measuring import from_its_start, observed, taken
from experiments.training.tasks import CalculationTask, Task


def stacked(task: Task) -> Recipe:
    """The recipe of a whole stack: replica r is seed r mod S of cell r div S."""
    return stack([recipe for recipe in task.recipes for _ in task.seeds], task.recipes[0].dtype)


def snapshots(task: Task, recipe: Recipe, examples: Examples, at: Collection[int]) -> Iterator[Snapshot]:
    """Trains every seed of every cell of a stack at once."""
    cells = len(task.cells)
    return train(recipe, examples, task.order * cells, at, initial_seeds=task.initial * cells)


def training_examples(task: Task) -> Examples:
    x, y = ready(seen(task.divisions, [division.rows.train for division in task.divisions]))
    return Examples(x, y, np.tile(np.arange(len(task.seeds)), len(task.cells)))


def measured_examples(task: Task) -> list[Whole]:
    """The examples of each seed, all parts concatenated."""
    arrays = [part for division in task.divisions for part in seen([division], [np.concatenate(division.rows)])]
    held = ready(arrays)
    return [
        Whole(x, y, division.rows.slices())
        for division, x, y in zip(task.divisions, held[::2], held[1::2], strict=True)
    ]


def run(task: Task) -> list[Curves]:
    """Trains a stack and measures it; returns one `Curves` per cell."""
    recipe, examples, data = stacked(task), training_examples(task), measured_examples(task)
    seed_index = examples.dataset_of
    table: dict[str, Float[Array, "T R"]] = {}
    epochs: list[float] = []
    gathered = Gathered(task)
    for t, snapshot in enumerate(snapshots(task, recipe, examples, set(task.steps))):
        if t == 0:
            initial = snapshot.parameters.copy()
            recipe = from_its_start(recipe, snapshot.layout, initial)
        measured = performance(
            task.recipes[0], snapshot.layout, snapshot.parameters, data, seed_index, task.keep.outputs
        )
        seen = observed(task, recipe, snapshot, initial, examples, data)
        row = measurements(task, measured.means, seed_index) | taken(task.measures, "evaluations", seen)
        for name, values in row.items():
            table.setdefault(name, np.empty((len(task.steps), len(seed_index))))[t] = values
        so_far = {name: values[: t + 1] for name, values in table.items()}
        gathered.take(so_far, measured, snapshot.parameters)
        epochs.append(snapshot.epoch)
        finite_until = snapshot.finite_until.copy()
    gathered.finish(table)
    once = (
        {"labels/corrupted": of_divisions(task, "corrupted")[seed_index]}
        | {name: np.array([own[name] for own in task.references])[seed_index] for name in task.references[0]}
        | taken(task.measures, "end", seen)
        | overfitting(table, task.steps)
    )
    diverged_at = np.where(finite_until < task.steps[-1], finite_until + 1, -1)
    return [
        Curves(
            task.seeds,
            task.steps,
            epochs,
            {name: values[:, replicas] for name, values in table.items()},
            {name: values[replicas] for name, values in once.items()},
            diverged_at[replicas],
            gathered.rows(table, cell),
            gathered.weights(table, cell),
        )
        for cell, replicas in enumerate(gathered.cells)
    ]


def measurements(
    task: Task, means: Mapping[str, Float[Array, " R"]], seed_index: Int[Array, " R"]
) -> dict[str, Float[Array, " R"]]:
    """What every evaluation measures: losses, errors in the target's unit², gaps."""
    scale = of_divisions(task, "error_scale")[seed_index]
    row = {name: value * scale if name.endswith("error") else value for name, value in means.items()}
    with np.errstate(invalid="ignore"):  # ∞ − ∞ of a diverged replica
        tested = ("loss", "error") if "test" in task.parts else ()
        gaps = {f"gap/{name}": row[f"test/{name}"] - row[f"train/{name}"] for name in tested}
    return row | gaps


def of_divisions(task: Task, name: str) -> Float[Array, " S"]:
    """One number of each seed's `Division`, by its name there."""
    return np.array([getattr(division, name) for division in task.divisions])


def overfitting(table: Mapping[str, Float[Array, "T R"]], steps: Sequence[int]) -> dict[str, Float[Array, " R"]]:
    """The step of the least validation loss, and how far the loss had risen from there at the end; nothing without such rows."""
    if "validation/loss" not in table:
        return {}
    curve = table["validation/loss"]
    best = np.where(np.isfinite(curve), curve, np.inf).argmin(axis=0)
    with np.errstate(invalid="ignore"):
        rise = curve[-1] - curve[best, np.arange(curve.shape[1])]
    best_step = np.where(np.isfinite(curve[-1]), np.array(steps, float)[best], np.nan)
    return {"validation/best_step": best_step, "validation/rise": rise}


def finished_cells(
    results: Iterable[tuple[int, list[Curves] | str]],
    plan: Sequence[Task | CalculationTask],
    experiments: Sequence[AnyExperiment],
) -> Iterator[tuple[int, Curves | str]]:
    """Yield each cell once all its stacks are in, with its curves, or with the traceback of the first stack that failed."""
    pieces: dict[int, list[Curves | str]] = {}
    for cell, piece, is_last in pieces_of_cells(results, plan):
        pieces.setdefault(cell, []).append(piece)
        if is_last:
            parts = pieces.pop(cell)
            failure = next((part for part in parts if isinstance(part, str)), None)
            curves = [part for part in parts if isinstance(part, Curves)]
            yield cell, failure or joined(curves, experiments[cell].all_seeds)


def pieces_of_cells(
    results: Iterable[tuple[int, list[Curves] | str]], plan: Sequence[Task | CalculationTask]
) -> Iterator[tuple[int, Curves | str, bool]]:
    """Yield what each stack gives each of its cells, curves or a traceback, and whether the cell waits for no other stack."""
    waiting = Counter(cell for task in plan for cell in task.cells)
    for index, result in results:
        for position, cell in enumerate(plan[index].cells):
            waiting[cell] -= 1
            yield cell, result if isinstance(result, str) else result[position], not waiting[cell]


def attempt(index: int, task: Task | CalculationTask) -> tuple[int, list[Curves] | str]:
    """Runs a task in a worker, on one BLAS thread, as stacks fill the cores. Returns its curves, or its traceback."""
    from threadpoolctl import threadpool_limits

    began = np.full(len(task.seeds), time.time_ns() // 10**6)
    try:
        with threadpool_limits(1, user_api="blas"):
            found = run(task) if isinstance(task, Task) else [task.calculation.run(task.seeds)]
            return index, [curves._replace(began=began) for curves in found]
    except Exception:
        return index, traceback.format_exc()
