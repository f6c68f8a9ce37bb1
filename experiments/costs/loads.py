"""The work, memory and disk that a cell needs, from its settings alone: nothing is drawn, loaded or trained.

Time is counted in operations of matrix products, whose rate on this machine is measured in a few milliseconds.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from inspect import signature
from math import prod
from typing import Any, NamedTuple

import numpy as np

from backprop.layout import Layout
from backprop.noise import Dropout
from backprop.optimizers import Newton
from backprop.training import Recipe
from experiments.config.building import Draft, sorted_by_recipe
from experiments.config.targets import our_object
from experiments.data.datasets.dataset import Size
from experiments.data.marked_splits import Groups, Time
from experiments.data.splits import Holdout, KFold, Own, size_of
from experiments.study.calculation import Calculation
from experiments.study.evaluate_at import MOST, EvaluateAt, Geometric
from experiments.study.theories.averaged_noise import COORDINATES, POINTS, AveragedNoise
from experiments.study.theories.descent import LONG, ROUNDS, Descent
from experiments.study.theories.l2_path import L2Path
from experiments.training.tasks import replicas_that_fit

UNKNOWN = Size(1000, 10, 2)  # stands in for the size of data until they are loaded
EXACT = 2**53  # larger whole numbers are no exact floats
LARGEST = 10**30  # as good as infinite; several multiplied still fit a float
ELEMENT, DRAW, MASK = (
    30,
    1000,
    100,
)  # cost of one number in an activation, a Gaussian draw, a mask, in operations of products
STEP, LAYER, NETWORK = 60e-6, 30e-6, 0.3e-6  # seconds: per step of a stack, per layer of it, per product of one network
METRICS, ONCE = 12, 70  # numbers measured per evaluation, and once


class Load(NamedTuple):
    """What one cell needs: the number of seeds, and what each of them needs on one core."""

    draft: Draft
    seeds: float
    data: str  # equal for cells on the same data
    size: Size
    copies: float = 1.0  # how many seeds have data of their own
    is_known: bool = True  # whether the size is known
    steps: float = 0.0
    step: float = 0.0  # seconds of one network's step
    call: float = 0.0  # seconds of a stack's step, however many networks are in it
    beside: float = 0.0  # seconds of measuring
    fits: int = 1  # networks per stack
    network: float = 0.0  # bytes per network in a stack
    measuring: float = 0.0  # bytes, for one network at a time
    curves: float = 0.0  # bytes of the recorded curves
    rows: float = 0.0  # of validation and test
    evaluations: float = 0.0
    parameters: float = 0.0  # bytes


class Counts(NamedTuple):
    """Rows of each part."""

    train: float
    validation: float
    test: float


def bounded(value: float) -> float:
    return float(max(0, min(value, LARGEST)))


def size_of_data(node: Mapping[str, Any]) -> Size | None:
    """The size by the dataset's `of_size` rule; None where it has no rule, or the rule fails on these options."""
    make = our_object(node.get("_target_"))
    rule: Callable[..., tuple[int, int, int] | None] | None = getattr(make, "of_size", None)
    if rule is None:
        return None
    try:
        given = signature(make).bind(**{key: value for key, value in node.items() if key != "_target_"})
        given.apply_defaults()
        size = rule(**{name: given.arguments[name] for name in signature(rule).parameters})
        return None if size is None else Size(*map(bounded, size))  # type: ignore[arg-type]
    except Exception:  # no file, or a wrong one: building the data says what is wrong
        return None


def loads_of(drafts: Iterable[Draft]) -> list[Load]:
    """The loads of all cells that have one; errors in the settings of the others show when they are built."""
    sizes: dict[str, Size | None] = {}
    loads = []
    for draft in drafts:
        data = str(draft.dataset)
        if data not in sizes:
            sizes[data] = size_of_data(draft.dataset)
        with suppress(Exception):
            loads.append(load(draft, sizes[data]))
    return loads


def load(draft: Draft, size: Size | None, seeds: float | None = None) -> Load:
    """The load of one cell, or of only so many of its seeds. Raises ValueError for settings that do not fit together."""
    count = bounded(how_many(draft.parts.get("seeds", 10))) if seeds is None else seeds
    copies = max(count, 1.0) if draft.dataset.get("redraw") is True else 1.0
    empty = Load(draft, count, str(draft.dataset), size or UNKNOWN, copies, size is not None)
    return of_theory(draft.parts, empty) if draft.kind is Calculation else of_networks(draft.parts, empty)


def how_many(seeds: Any) -> float:
    """The number of seeds that a number, a list, or a crossing of sources stands for."""
    if isinstance(seeds, dict):
        return prod(seeds.values())
    return len(seeds) if isinstance(seeds, list) else seeds


def of_networks(parts: Mapping[str, Any], load: Load) -> Load:
    _, features, targets = load.size
    recipe = Recipe(**sorted_by_recipe(parts)[0])
    itemsize = np.dtype(recipe.dtype).itemsize
    rows = counts(parts.get("split", Holdout()), load.size)
    layout = recipe.layout(int(features), int(targets))
    P, W, widest = (
        bounded(n) for n in (layout.count(), layout.count("weight"), max(layout.inputs, *layout.widths, layout.outputs))
    )
    batch = bounded(min(recipe.batch_size or rows.train, rows.train))
    per_epoch = recipe.steps_per_epoch(max(1, int(rows.train)))
    steps = bounded(recipe.epochs) * per_epoch
    products = 2 * batch * (3 * W - first_matrix(layout))
    if isinstance(recipe.optimizer, Newton):
        products = P * products + 10 * P**3
    units = bounded(layout.inputs + layout.activations() + 2 * layout.outputs)
    elements = batch * units + 3 * P
    work = passes(recipe) * (products + ELEMENT * elements + noise_work(recipe, layout, batch))
    T = evaluations(parts.get("evaluate_at", Geometric()), steps, per_epoch)
    measured = sum(rows) * (2 * W + ELEMENT * units / 2)
    rate = products_rate() * 4 / itemsize
    layers = len(layout.widths)
    state = state_arrays(recipe)
    square = 24 * P**2 if isinstance(recipe.optimizer, Newton) else 0.0
    return load._replace(
        steps=steps,
        step=work / rate + 3 * layers * NETWORK,
        call=STEP + passes(recipe) * layers * LAYER,
        beside=T * (measured / rate + layers * LAYER) + 6 * rows.train * W / rate,
        fits=replicas_that_fit(recipe, int(features), int(targets)),
        network=itemsize * (P * (4 + state) + batch * units) + square,
        measuring=itemsize * 2 * sum(rows) * widest,
        curves=8 * (T * METRICS + ONCE),
        parameters=itemsize * P,
        rows=rows.validation + rows.test,
        evaluations=T,
    )


def evaluations(rule: EvaluateAt, steps: float, per_epoch: int) -> int:
    """How often such a training is measured; where the rule does not fit it, which is refused later, as often as may be."""
    try:
        return len(rule(int(min(steps, EXACT)), int(min(per_epoch, EXACT))))
    except ValueError:
        return MOST


def state_arrays(recipe: Recipe) -> int:
    """How many numbers optimiser and averaging hold for each parameter."""
    one = np.zeros((1, 1, 1))
    averages = () if recipe.averaging is None else recipe.averaging.init(one)
    return len(recipe.optimizer.init(one)) + sum(array.size for array in averages)


def first_matrix(layout: Layout) -> float:
    """The size of the first weight matrix: no gradient of the inputs is taken through it."""
    sizes = [array.rows * array.columns for array in layout.owned_arrays if array.role == "weight"]
    return bounded(sizes[0]) if sizes else 0.0


def passes(recipe: Recipe) -> int:
    """How many times a step goes forward and back: once, and as often more as augmentation and ascent say."""
    more = [(recipe.augmentation, 0), (recipe.ascent, 1)]  # what it is where a class does not say
    return 1 + sum(int(getattr(one, "extra_passes", usual)) for one, usual in more if one is not None)


def noise_work(recipe: Recipe, layout: Layout, batch: float) -> float:
    noise = recipe.noise
    hidden, W, P = (bounded(n) for n in (sum(layout.widths[:-1]), layout.count("weight"), layout.count()))
    drawn = (
        (noise.inputs, batch * layout.inputs),
        (noise.hidden, batch * hidden),
        (noise.weights, W),
        (noise.gradients, P),
    )
    return sum(count * (MASK if isinstance(source, Dropout) else DRAW) for source, count in drawn if source is not None)


def counts(split: Any, size: Size) -> Counts:
    """Rows of each part; where only the draw decides how many, a generous guess."""
    N = int(size.examples)
    if isinstance(split, Holdout | Groups | Time):
        return Counts(*(size_of(part, getattr(split, part), N) for part in Counts._fields))
    if isinstance(split, Own):
        return Counts(size_of("train", split.train, N), size_of("validation", split.validation, N), N / 5)
    if isinstance(split, KFold):
        rest = N - N / split.folds
        validation = size_of("validation", split.validation, int(rest))
        return Counts(rest - validation, validation, N / split.folds)
    return Counts(N, N / 5, N / 5)


def of_theory(parts: Mapping[str, Any], load: Load) -> Load:
    """Fills in the load of this project's theories; that of a user's own class is unknown, and left at 0."""
    examples, features, _ = map(bounded, load.size)
    theory = parts["theory"]
    calls = 10 * LAYER
    if isinstance(theory, Descent):
        T = theory.steps + 1
        return load._replace(
            steps=T + ROUNDS * LONG, call=calls, beside=T * 1e-6, curves=8 * T * 4, network=24 * T * features
        )
    if isinstance(recipe := getattr(theory, "recipe", None), Recipe):  # of a linear model, on all examples
        drawn = DRAW if recipe.noise.inputs is not None else 0
        work = passes(recipe) * examples * features * (drawn + 2 * ELEMENT) / products_rate()
        steps = bounded(recipe.epochs) * recipe.steps_per_epoch(max(1, int(examples)))
        return load._replace(steps=steps, step=work, call=calls, fits=LARGEST, curves=8 * 2 * features)
    if isinstance(theory, L2Path):
        work = examples * theory.train * features * 2 * ELEMENT / products_rate()
        return load._replace(steps=bounded(theory.epochs), step=work + calls, curves=8 * 2 * features)
    if isinstance(theory, AveragedNoise):
        work = COORDINATES * (DRAW + 2 * ELEMENT) / products_rate()
        held = 8 * COORDINATES * (4 + 2 * POINTS)
        return load._replace(steps=theory.steps, step=work, call=calls, curves=8 * 7 * POINTS, network=held)
    return load


@cache
def products_rate() -> float:
    """Float32 multiplications and additions per second in stacked matrix products on one core: the best of a few tries."""
    x, W = np.ones((16, 32, 64), "float32"), np.ones((16, 64, 128), "float32")
    z, times = x @ W, []
    for _ in range(20):
        start = time.perf_counter()
        np.matmul(x, W, out=z)
        times.append(time.perf_counter() - start)
    return 2 * x.size * W.shape[-1] / min(times)
