"""The gradient of the training loss, and how far minibatches scatter around it: the signal and the noise of a step."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.layout import Layout, Parameters
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.training import Examples, Recipe, backpropagate


@choice
class Gradients:
    """gradient/norm: ‖g‖₂, g the gradient of the training loss; gradient/noise: (E ‖g_B − g‖²)^½, g_B that of a minibatch.

    The loss is the reported one: no penalty, no smoothing, no class weights, no noise. One epoch of minibatches in the rows'
    own order.
    """

    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ("gradient/norm", "gradient/noise")

    def __call__(self, seen: Observation) -> dict[str, Float[Array, " R"]]:
        norm, noise = norm_and_noise(seen.recipe, seen.layout, seen.parameters, seen.examples)
        return {"gradient/norm": norm, "gradient/noise": noise}


def norm_and_noise(
    recipe: Recipe, layout: Layout, parameters: Parameters, examples: Examples
) -> tuple[Float[Array, " R"], Float[Array, " R"]]:
    """‖g‖₂ and (E ‖g_B − g‖²)^½, over one epoch of minibatches B."""
    plain = replace(recipe, loss=recipe.loss.reported)
    R, n = len(examples.dataset_of), examples.x.shape[-2]
    gradient, total = np.empty_like(parameters), np.zeros(parameters.shape)
    owned, gradients = layout.views(parameters), layout.views(gradient)
    squares = np.zeros(R)
    with np.errstate(all="ignore"):
        for start in range(0, n, recipe.batch_size or n):
            rows = np.arange(start, min(start + (recipe.batch_size or n), n))
            x, y = examples.rows(np.tile(rows, (R, 1)))
            backpropagate(plain, layout, owned, x, y, gradients)
            weight = len(rows) / n
            total += weight * gradient
            squares += weight * np.sum(gradient.astype(float) ** 2, axis=(-2, -1))
        norm = np.sum(total**2, axis=(-2, -1))
        return np.sqrt(norm), np.sqrt(np.maximum(squares - norm, 0))
