"""The multilayer perceptron. Its parameters are one array (R, 1, P), all weights first, then all biases: W and b are views."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.initializations import He, Initialization
from backprop.noise import Dropout, Site, Sites, no_noise
from backprop.operations import ACTIVATIONS, Bias, Inputs, Operation, Weights, affine, identity, rectified, relu
from backprop.randomness import Streams

Parameters = Float[Array, "R 1 P"]
Outputs = Float[Array, "R B O"]


class Layer(NamedTuple):
    W: Float[Array, "R I O"]
    b: Float[Array, "R 1 O"]


@choice
class MLP:
    """aₗ₊₁ = φ(aₗ Wₗ + bₗ) through the hidden layers, then z = a W + b. No hidden layer: the linear model."""

    hidden: tuple[int, ...] = (128,)
    activation: str = one_of(default="relu", options=(*ACTIVATIONS,))
    initialization: Initialization = He()

    def __post_init__(self) -> None:
        if not isinstance(self.hidden, list | tuple) or not all(
            type(width) is int and width > 0 for width in self.hidden
        ):
            raise ValueError(
                f"MLP.hidden is {self.hidden!r}; it must be a list of positive whole numbers, such as [64]."
            )
        object.__setattr__(self, "hidden", tuple(self.hidden))

    def sizes(self, inputs: int, outputs: int) -> tuple[int, ...]:
        """The widths from inputs to outputs: (I, hidden …, O)."""
        return (inputs, *self.hidden, outputs)


def weight_count(sizes: Sequence[int]) -> int:
    return sum(prod(shape) for shape in pairwise(sizes))


def parameter_count(sizes: Sequence[int]) -> int:
    return weight_count(sizes) + sum(sizes[1:])


def views(parameters: Parameters, sizes: Sequence[int]) -> list[Layer]:
    """The layers' W (R, I, O) and b (R, 1, O) as views into the parameters: to write one is to write the other."""
    R = len(parameters)
    shapes = list(pairwise(sizes))
    cuts = np.cumsum([prod(shape) for shape in shapes] + list(sizes[1:]))[:-1]
    pieces = np.split(parameters, cuts, axis=-1)
    weights, biases = pieces[: len(shapes)], pieces[len(shapes) :]
    return [Layer(W.reshape(R, *shape), b) for W, b, shape in zip(weights, biases, shapes, strict=True)]


def initial_parameters(network: MLP, sizes: Sequence[int], seeds: Sequence[int], dtype: str) -> Parameters:
    parameters = np.zeros((len(seeds), 1, parameter_count(sizes)), dtype)
    for depth, (W, _) in enumerate(views(parameters, sizes)):
        inputs, outputs = W.shape[-2:]
        W[...] = network.initialization(inputs, outputs, Streams(seeds, "init", depth))
    return parameters


def hidden_layer(x: Inputs, W: Weights, b: Bias, activation: Operation, noise: Operation):
    """φ(x W + b) with noise on it; relu, alone or with dropout, is finished in one pass. The pullback may overwrite da."""
    if activation is relu and noise is identity:
        return rectified(x, W, b)
    if activation is relu and isinstance(noise, Site) and type(noise.source) is Dropout:
        return rectified(x, W, b, noise.source.mask(x.shape[-2], W.shape[-1], x.dtype, noise.streams))

    def pullback(da: Outputs, to_input: bool = True, dW: Weights | None = None):
        return to_affine(to_z(to_h(da)), to_input, dW)

    z, to_affine = affine(x, W, b)
    h, to_z = activation(z)
    a, to_h = noise(h)
    return a, pullback


def apply(network: MLP, layers: Sequence[Layer], x: Float[Array, "R B I"], sites: Sites | None = None):
    """The outputs z, shape (R, B, O), and the pullback that writes ∂J/∂W, ∂J/∂b into layers of the same shapes.

    Without `sites` there is no noise: training and evaluation are the same call.
    """
    sites = sites or no_noise(len(layers))
    activation = ACTIVATIONS[network.activation]
    steps = []  # what each layer's backward step needs, in order

    a, _ = sites.inputs(x)
    for depth, (W, b) in enumerate(layers):
        noisy_W, to_W = sites.weights[depth](W)
        if depth < len(layers) - 1:
            a, to_layer = hidden_layer(a, noisy_W, b, activation, sites.hidden[depth])
        else:
            a, to_layer = affine(a, noisy_W, b)
        steps.append((to_layer, to_W))

    def pullback(dz: Outputs, gradients: Sequence[Layer]) -> None:
        da = dz
        for depth in reversed(range(len(layers))):
            to_layer, to_W = steps[depth]
            da, dW, db = to_layer(da, to_input=depth > 0, dW=gradients[depth].W)
            gradients[depth].b[...] = db
            if (through_noise := to_W(dW)) is not dW:
                gradients[depth].W[...] = through_noise

    return a, pullback
