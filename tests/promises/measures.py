"""A measure returns what it names, one number a network, which is that network's alone; it changes nothing of what it sees."""

from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

import numpy as np

from backprop.arrays import Array
from backprop.choices import choice
from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.measures.distances import Distances
from backprop.measures.gradients import Gradients
from backprop.measures.measure import Measure, Observation, Scales, Subject
from backprop.measures.norms import Norms
from backprop.measures.weight_histogram import WeightHistogram
from backprop.metrics import Whole
from backprop.network import MLP
from backprop.penalties import L2
from backprop.stacking import stack
from backprop.training import Examples, Recipe, train

R, INPUTS, TRAIN, ALL = 3, 2, 11, 17
ROWS = {"train": slice(0, TRAIN), "validation": slice(TRAIN, 14), "test": slice(14, ALL)}
OF = np.array([0, 1, 0])  # two networks share their data


class Case(NamedTuple):
    """Networks of one kind, and what is told of them."""

    subject: Subject
    seen: Observation


def promise(measure: Measure) -> None:
    asked = [case for case in cases() if stated(measure, case)]
    assert asked, f"{measure} has nothing to say of any network here"
    for case in asked:
        values = one_number_a_network_under_each_name(measure, case)
        nothing_that_it_sees_is_changed(measure, case)
        a_network_is_measured_alone_as_among_others(measure, case, values)
        a_diverged_network_stays_alone(measure, case, values)
        single_precision_is_enough(measure, case, values)


def cases() -> Iterator[Case]:
    """Classes and values, with a hidden layer and without, after a few steps."""
    for hidden in ((), (3,)):
        for loss, outputs in ((SoftmaxCrossEntropy(), 3), (SquaredError(), 1)):
            recipe = Recipe(MLP(hidden), loss, penalty=L2(0.1), batch_size=5, epochs=2, dtype="float64")
            yield case(recipe, outputs)


def case(recipe: Recipe, outputs: int) -> Case:
    draw = np.random.default_rng(0)
    x, y = draw.standard_normal((2, ALL, INPUTS)), draw.standard_normal((2, ALL, outputs))
    if outputs > 1:
        y = np.eye(outputs)[np.arange(2 * ALL) % outputs].reshape(2, ALL, outputs)
    examples = Examples(x[:, :TRAIN], y[:, :TRAIN], OF)
    stacked = stack([recipe] * R, recipe.dtype)
    first, last = (one._replace(parameters=one.parameters.copy()) for one in train(stacked, examples, range(R), {0, 6}))
    data = [Whole(x[s : s + 1], y[s : s + 1], ROWS) for s in range(2)]
    rates = np.full((R, 1, 1), 0.1)
    names = tuple(f"x{j}" for j in range(INPUTS)), tuple(f"y{k}" for k in range(outputs))
    subject = Subject(last.layout, recipe.loss, *names, tuple(ROWS), recipe)
    ends = last.layout, last.parameters, first.parameters
    return Case(subject, Observation(stacked, *ends, examples, data, OF, 6, rates, [Scales()] * 2, subject))


def stated(measure: Measure, case: Case) -> tuple[str, ...]:
    """Its names; none where it is not defined for such networks."""
    try:
        return measure.names(case.subject)
    except ValueError:
        return ()


def measured(measure: Measure, seen: Observation) -> dict[str, Array]:
    with np.errstate(all="ignore"):
        return {name: np.array(values) for name, values in measure(seen).items()}


def one_number_a_network_under_each_name(measure: Measure, case: Case) -> dict[str, Array]:
    names, values = measure.names(case.subject), measured(measure, case.seen)
    assert len(set(names)) == len(names), f"{measure} names a value twice: {names}"
    assert set(names) == set(values), f"{measure} names {names}, and returns {sorted(values)}"
    for name, value in values.items():
        assert value.shape == (R,), f"{measure}: {name} has shape {value.shape}, not one number a network"
        assert value.dtype.kind in "iufb", f"{measure}: {name} is no number"
    return values


def nothing_that_it_sees_is_changed(measure: Measure, case: Case) -> None:
    before, seen = deepcopy(arrays_of(case.seen)), arrays_of(case.seen)
    once, again = measured(measure, case.seen), measured(measure, case.seen)
    assert all(np.array_equal(a, b) for a, b in zip(before, seen, strict=True)), f"{measure} writes to what it sees"
    same = all(np.array_equal(once[name], again[name], equal_nan=True) for name in once)
    assert same, f"{measure} gives the same networks other values when it is asked again"


def arrays_of(seen: Observation) -> list[Array]:
    wholes = [array for whole in seen.data for array in (whole.features, whole.targets)]
    return [seen.parameters, seen.initial, seen.examples.x, seen.examples.y, *wholes, seen.of, seen.learning_rate]


def a_network_is_measured_alone_as_among_others(measure: Measure, case: Case, values: dict[str, Array]) -> None:
    for r in range(R):
        alone = measured(measure, only(case.seen, r))
        apart = far_apart(alone, {name: value[r : r + 1] for name, value in values.items()}, 1e-9, 1e-12)
        assert not apart, f"{measure}: {apart[0]} depends on the stack"


def far_apart(found: dict[str, Array], expected: dict[str, Array], relative: float, absolute: float) -> list[str]:
    """The names of the values that differ; all are compared at once, as there may be hundreds."""
    one, other = (np.stack([np.asarray(values[name], float) for name in expected]) for values in (found, expected))
    close = np.isclose(one, other, rtol=relative, atol=absolute, equal_nan=True).all(axis=-1)
    return [name for name, fits in zip(expected, close, strict=True) if not fits]


def only(seen: Observation, r: int) -> Observation:
    one = slice(r, r + 1)
    recipe = Recipe(
        seen.recipe.network,
        seen.recipe.loss,
        penalty=L2(0.1),
        batch_size=seen.recipe.batch_size,
        epochs=2,
        dtype="float64",
    )
    return seen._replace(
        recipe=stack([recipe], "float64"),
        parameters=seen.parameters[one],
        initial=seen.initial[one],
        examples=seen.examples._replace(dataset_of=seen.of[one]),
        of=seen.of[one],
        learning_rate=seen.learning_rate[one],
    )


def a_diverged_network_stays_alone(measure: Measure, case: Case, values: dict[str, Array]) -> None:
    for lost in (np.nan, np.inf):
        spoilt = case.seen.parameters.copy()
        spoilt[0] = lost
        beside = measured(measure, case.seen._replace(parameters=spoilt))
        apart = far_apart(
            {name: beside[name][1:] for name in values}, {n: value[1:] for n, value in values.items()}, 0, 0
        )
        assert not apart, f"{measure}: {apart[0]} minds a diverged neighbour"


def single_precision_is_enough(measure: Measure, case: Case, values: dict[str, Array]) -> None:
    """A network in single precision has the values that it would have in double, to a hundredth."""
    seen = case.seen
    single = seen._replace(
        parameters=seen.parameters.astype("f4"),
        initial=seen.initial.astype("f4"),
        examples=Examples(seen.examples.x.astype("f4"), seen.examples.y.astype("f4"), OF),
        data=[Whole(whole.features.astype("f4"), whole.targets.astype("f4"), ROWS) for whole in seen.data],
        learning_rate=seen.learning_rate.astype("f4"),
    )
    apart = far_apart(measured(measure, single), values, 0.01, 1e-3)
    assert not apart, f"{measure}: {apart[0]} is another number in single precision"


class NormsWithoutZeros(Norms):
    """Names less than it returns."""

    def names(self, subject):
        return tuple(name for name in Norms.names(self, subject) if name != "weights/zeros")


class NormsInColumns(Norms):
    """Keeps the axes of the parameters."""

    def __call__(self, seen):
        return {name: value[:, None, None] for name, value in Norms.__call__(self, seen).items()}


class DistancesOverTheLargest(Distances):
    """Divides by the largest of the stack."""

    def __call__(self, seen):
        return {name: value / value.max() for name, value in Distances.__call__(self, seen).items()}


class NormsFromTheMean(Norms):
    """Adds what is 0 unless a network of the stack has diverged."""

    def __call__(self, seen):
        return {name: value + 0 * seen.parameters.mean() for name, value in Norms.__call__(self, seen).items()}


class GradientsThatStep(Gradients):
    """Leaves the parameters a little smaller."""

    def __call__(self, seen):
        seen.parameters[...] *= 0.999
        return Gradients.__call__(self, seen)


class NormsByChance(Norms):
    """Draws from a stream that nobody has seeded."""

    def __call__(self, seen):
        noise = 1e-12 * np.random.default_rng().standard_normal(len(seen.of))
        return {name: value + noise for name, value in Norms.__call__(self, seen).items()}


class HistogramOfTheFirstStart(WeightHistogram):
    """Takes the first network's start for all."""

    def __call__(self, seen):
        return WeightHistogram.__call__(
            self, seen._replace(initial=np.broadcast_to(seen.initial[:1], seen.initial.shape))
        )


@choice
class Rounding:
    """In single precision nothing is left of the difference."""

    when: str = "end"

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ("weights/rest",)

    def __call__(self, seen: Observation) -> dict[str, Array]:
        large = seen.parameters[:, 0, 0] + seen.parameters.dtype.type(1e9)
        return {"weights/rest": large - seen.parameters.dtype.type(1e9)}


@choice
class Silent:
    """Has nothing to say."""

    when: str = "end"

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ()

    def __call__(self, seen: Observation) -> dict[str, Array]:
        return {}


BROKEN = [
    NormsWithoutZeros(),
    NormsInColumns(),
    DistancesOverTheLargest(),
    NormsFromTheMean(),
    GradientsThatStep(),
    NormsByChance(),
    HistogramOfTheFirstStart(),
    Rounding(),
    Silent(),
]
