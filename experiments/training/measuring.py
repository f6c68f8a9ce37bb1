"""Asks the measures of a stack for their values, and checks these: a measure may be anybody's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.layout import Layout, Parameters
from backprop.measures.measure import Measure, Observation
from backprop.metrics import Whole
from backprop.penalties import from_start
from backprop.strengths import at_step
from backprop.training import Examples, Recipe, Snapshot
from experiments.training.tasks import Measured


def from_its_start(recipe: Recipe, layout: Layout, initial: Parameters) -> Recipe:
    """The recipe whose penalty knows what training began with, where it asks."""
    penalty = from_start(recipe.penalty, recipe.penalized(layout, initial))
    return recipe if penalty is recipe.penalty else replace(recipe, penalty=penalty)


def observed(
    recipe: Recipe, snapshot: Snapshot, initial: Parameters, examples: Examples, data: Sequence[Whole], last_step: int
) -> Observation:
    """What measures see at a snapshot; before the first step, the learning rate and strengths are those of the first."""
    t, R = max(snapshot.step, 1), len(snapshot.parameters)
    rate = np.broadcast_to(np.asarray(recipe.learning_rate(t, last_step), recipe.dtype), (R, 1, 1))
    now = at_step(recipe, t, last_step)
    return Observation(
        now, snapshot.layout, snapshot.parameters, initial, examples, data, examples.dataset_of, snapshot.step, rate
    )


def taken(measures: Sequence[Measured], when: str, seen: Observation) -> dict[str, Float[Array, " R"]]:
    """The values of those measures that are taken then, under the names that they have stated."""
    row: dict[str, Float[Array, " R"]] = {}
    for measure, names in measures:
        if measure.when == when and names:
            row |= checked(measure, names, values_of(measure, seen), len(seen.of))
    return row


def values_of(measure: Measure, seen: Observation) -> Any:
    try:
        with np.errstate(all="ignore"):  # a network that has diverged is recorded, not warned about
            return measure(seen)
    except Exception as error:
        lost = "" if np.isfinite(seen.parameters).all() else "; of a network that has diverged its values must be NaN"
        raise RuntimeError(
            f"the measure {type(measure).__name__} failed at step {seen.step}: {error!r}{lost}"
        ) from error


def checked(measure: Measure, names: Sequence[str], values: Any, R: int) -> dict[str, Float[Array, " R"]]:
    """The values in the order of their names. Raises ValueError unless there is one number a network under each name."""
    kind = type(measure).__name__
    if not isinstance(values, Mapping) or set(values) != set(names):
        found = sorted(map(str, values)) if isinstance(values, Mapping) else repr(values)
        raise ValueError(
            f"the measure {kind} returned {found}; it must return values named {list(names)}, as it has said."
        )
    row = {name: np.asarray(values[name]) for name in names}
    for name, value in row.items():
        if value.shape != (R,) or value.dtype.kind not in "iufb":
            raise ValueError(
                f"the measure {kind} returned for {name} an array of shape {value.shape} and type {value.dtype}; it must be one "
                f"number a network, of shape ({R},)."
            )
    return {name: np.array(value, float) for name, value in row.items()}
