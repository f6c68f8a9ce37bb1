"""Networks as a measure sees them: trained for some steps, or with the parameters that a test asks for."""

from dataclasses import replace
from typing import Any

import numpy as np

from backprop.layout import initial_parameters
from backprop.measures.measure import Observation, Scales, Subject
from backprop.metrics import Whole
from backprop.penalties import from_start
from backprop.training import Examples, Recipe, train

PARTS = ("train", "validation", "test")


def observed(
    recipe: Recipe, x: Any, y: Any, seeds=(0,), steps: int | None = None, parameters: Any = None, scales: Any = None
) -> Observation:
    """The networks of these seeds on sets (S, n, D) and (S, n, K), one a seed or one for all, after so many steps (None: all).

    The rows are those of training, and again those of the other parts; `parameters` are taken instead of training's.
    """
    x, y = (
        np.asarray(rows, recipe.dtype)[None] if np.ndim(rows) == 2 else np.asarray(rows, recipe.dtype)
        for rows in (x, y)
    )
    of = np.arange(len(seeds)) % len(x)
    examples = Examples(x, y, of)
    layout = recipe.layout(x.shape[-1], y.shape[-1])
    initial = initial_parameters(layout, seeds, recipe.dtype)
    last = recipe.epochs * recipe.steps_per_epoch(x.shape[1]) if steps is None else steps
    if parameters is None:
        parameters = next(train(recipe, examples, seeds, {last})).parameters
    n = x.shape[1]
    rows = {part: slice(i * n, (i + 1) * n) for i, part in enumerate(PARTS)}
    data = [Whole(np.tile(x[s : s + 1], (1, 3, 1)), np.tile(y[s : s + 1], (1, 3, 1)), rows) for s in range(len(x))]
    rate = np.zeros((len(seeds), 1, 1)) + recipe.optimizer.learning_rate
    given = [Scales()] * len(x) if scales is None else scales
    subject = subject_of(recipe, x.shape[-1], y.shape[-1])
    penalty = from_start(recipe.penalty, recipe.penalized(layout, initial))
    started = replace(recipe, penalty=penalty)
    return Observation(started, layout, parameters, initial, examples, data, of, last, rate, given, subject)


def subject_of(recipe: Recipe, inputs: int, outputs: int) -> Subject:
    features, names = (tuple(f"{letter}{n}" for n in range(count)) for letter, count in (("x", inputs), ("y", outputs)))
    return Subject(recipe.layout(inputs, outputs), recipe.loss, features, names, PARTS, recipe)


def measured(measure: Any, seen: Observation) -> dict[str, Any]:
    """The values, which must have exactly the names that the measure states beforehand, and be one a network."""
    values = measure(seen)
    assert tuple(values) == measure.names(seen.subject)
    assert len(set(values)) == len(values)
    assert all(value.shape == (len(seen.of),) for value in values.values())
    return dict(values)
