"""Networks with the weights that a test asks for."""

from collections.abc import Sequence

import numpy as np

from backprop.arrays import Array
from backprop.layout import Layout, Parameters, Weights
from backprop.measures.measure import Observation
from backprop.metrics import Whole
from backprop.network import MLP, lay_out
from backprop.training import Examples, Recipe


def network_of(*matrices: Array) -> tuple[Layout, Parameters]:
    """A multilayer perceptron with these weight matrices (R, I, O), and biases of 0."""
    hidden = tuple(W.shape[-1] for W in matrices[:-1])
    layout = lay_out(MLP(hidden), matrices[0].shape[-2], matrices[-1].shape[-1])
    R = len(matrices[0])
    parameters = np.zeros((R, 1, layout.count()), matrices[0].dtype)
    layout.weights(parameters).flat[...] = np.concatenate([W.reshape(R, 1, -1) for W in matrices], axis=-1)
    return layout, parameters


def weights_of(*matrices: Array) -> Weights:
    layout, parameters = network_of(*matrices)
    return layout.weights(parameters)


def row_of_weights(W: Array) -> Weights:
    """Weights (R, 1, P) without a layer around them."""
    return Weights(W, W.shape[-1], (), ())


def seen(
    recipe: Recipe,
    layout: Layout,
    parameters: Parameters,
    examples: Examples,
    data: Sequence[Whole] = (),
    initial: Parameters | None = None,
) -> Observation:
    """What measures see of these networks; they have not moved unless it is said where they began."""
    started, R = parameters.copy() if initial is None else initial, len(parameters)
    rates = np.full((R, 1, 1), 0.1, parameters.dtype)
    return Observation(recipe, layout, parameters, started, examples, data, examples.dataset_of, 7, rates)
