"""What is trained together: cells that differ only in numbers share a stack."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from backprop.measures.measure import Measure, Subject
from backprop.training import Recipe
from experiments.data.division import Division
from experiments.study.calculation import AnyExperiment, Calculation
from experiments.study.experiment import SOURCES, Experiment
from experiments.study.keep import Keep
from experiments.study.references import references
from experiments.study.selection import Selection

ENOUGH = 8 * 2**20  # bytes that a step of one stack touches


class Measured(NamedTuple):
    """A measure, and the names that it has stated for the networks of a stack."""

    measure: Measure
    names: tuple[str, ...]


class Task(NamedTuple):
    """What a worker needs to train one stack: the recipes of its cells and the data of their seeds."""

    cells: list[int]  # their numbers in the sweep
    recipes: list[Recipe]
    seeds: list[int]
    initial: list[int]  # the seed that initial weights are drawn from: its own, unless they are held still
    order: list[int]  # the same for minibatches and noise
    divisions: list[Division]  # one per seed
    references: list[dict[str, float]]  # the same: test errors of what needs no network
    steps: list[int]  # those at which to measure
    selections: list[Selection]  # the rule for the step that counts: one per cell
    keep: Keep
    measures: list[Measured]
    subject: Subject  # what these have been told

    @property
    def replicas(self) -> int:
        return len(self.cells) * len(self.seeds)

    @property
    def parts(self) -> tuple[str, ...]:
        """Those of train, validation and test that have rows."""
        return tuple(self.divisions[0].rows.slices())


class Divided(NamedTuple):
    """One seed's data, and the test errors there of what needs no network."""

    division: Division
    references: dict[str, float]


class CalculationTask(NamedTuple):
    """What a worker needs for a cell that trains no stack of networks."""

    cells: list[int]  # a single one
    calculation: Calculation
    seeds: list[int]

    @property
    def replicas(self) -> int:
        return len(self.seeds)


def replicas_that_fit(recipe: Recipe, inputs: int, outputs: int) -> int:
    """How many networks of this size train best in one stack: enough that numpy's calls cost little, and no more.

    Measured with 2 MB of L2 cache per core: with half as many, calls make a step up to a tenth slower; with many times
    as many, all that a step touches comes from slower memory.
    """
    layout = recipe.layout(inputs, outputs)
    units = inputs + layout.activations() + 2 * outputs
    numbers = 3 * layout.count() + (recipe.batch_size or 100) * units
    return int(np.clip(ENOUGH // (numbers * np.dtype(recipe.dtype).itemsize), 4, 512))


def tasks(
    experiments: Sequence[AnyExperiment],
    replicas: int | None = None,
    seeds: Sequence[Sequence[int]] | None = None,
    keep: Keep = Keep(),  # noqa: B008
) -> list[Task | CalculationTask]:
    """The tasks that train these experiments: those that differ only in numbers share stacks.

    A stack has about `replicas` networks (None: what fits the cache). `seeds` are those to train of each experiment
    (None: all); they are divided over several stacks where one cannot hold them.
    """
    wanted = [list(of_cell) for of_cell in seeds or (experiment.all_seeds for experiment in experiments)]
    plan: list[Task | CalculationTask] = []
    groups: dict[Hashable, list[int]] = {}
    for number, experiment in enumerate(experiments):
        if isinstance(experiment, Calculation):
            plan.append(CalculationTask([number], experiment, wanted[number]))
        elif isinstance(experiment, Experiment) and wanted[number]:
            groups.setdefault((experiment.stack_key(), tuple(wanted[number])), []).append(number)
    divided: dict[tuple[Hashable, int], Divided] = {}
    for numbers in groups.values():
        plan += stacks({n: experiments[n] for n in numbers}, wanted[numbers[0]], replicas, divided, keep)  # type: ignore[misc]
    return plan


def stacks(
    experiments: Mapping[int, Experiment],
    seeds: Sequence[int],
    replicas: int | None,
    divided: dict[tuple[Hashable, int], Divided],
    keep: Keep,
) -> list[Task]:
    """The tasks of experiments that can share stacks, for these seeds. `divided` caches divisions of the data."""
    numbers = list(experiments)
    first = experiments[numbers[0]]
    draws = {source: dict(zip(first.all_seeds, first.seeds_of(source), strict=True)) for source in SOURCES}
    data = divisions_of(first, [draws["split"][seed] for seed in seeds], divided)
    recipe = first.recipe
    size = replicas or replicas_that_fit(recipe, data[0].division.x.shape[1], data[0].division.y.shape[1])
    cells_together = max(1, round(size / len(seeds)))
    parts = -(-len(seeds) // max(size, 1)) if cells_together == 1 else 1
    plan = []
    for cells in np.array_split(numbers, -(-len(numbers) // cells_together)):
        for places in np.array_split(np.arange(len(seeds)), parts):
            drawn = [seeds[place] for place in places]
            task = Task(
                cells=cells.tolist(),
                recipes=[experiments[cell].recipe for cell in cells],
                seeds=drawn,
                initial=[draws["init"][seed] for seed in drawn],
                order=[draws["order"][seed] for seed in drawn],
                divisions=[data[place].division for place in places],
                references=[data[place].references for place in places],
                steps=first.steps,
                selections=[experiments[cell].selection for cell in cells],
                keep=keep,
                measures=[Measured(measure, measure.names(first.subject)) for measure in first.all_measures],
                subject=first.subject,
            )
            plan.append(task)
    return plan


def divisions_of(
    experiment: Experiment, seeds: Sequence[int], divided: dict[tuple[Hashable, int], Divided]
) -> list[Divided]:
    """Each seed's division of the data, taken from the cache `divided` or added to it."""
    from threadpoolctl import threadpool_limits

    key = experiment.data_key()
    for seed in seeds:
        if (key, seed) not in divided:
            division = experiment.divide(seed)
            with threadpool_limits(1, user_api="blas"):  # the same bits on any number of cores
                divided[key, seed] = Divided(division, references(division, experiment.dataset.task))
    return [divided[key, seed] for seed in seeds]
