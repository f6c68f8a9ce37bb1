"""Layers that normalize: what comes out has mean 0 and variance 1, times a gain γ, plus a shift β, both trained."""

from collections.abc import Callable
from functools import partial

import numpy as np

from backprop import kernels
from backprop.arrays import Array
from backprop.choices import choice, number
from backprop.layers import Declaration, Declared, Gradient, Inputs, Outputs, Owned, Statistics, constant

EPSILON = 1e-5


def gain_and_shift(columns: int) -> tuple[Declared, Declared]:
    """γ, which starts at 1, and β, which starts at 0."""
    return (
        Declared("γ", "scale", 1, columns, partial(constant, columns, 1.0)),
        Declared("β", "bias", 1, columns, partial(constant, columns, 0.0)),
    )


def normalized(x: Inputs, axis: int, epsilon: float):
    """x̂ = (x − μ) / √(σ² + ε), mean and variance taken along an axis; ∂J/∂x = (dx̂ − mean(dx̂) − x̂ mean(dx̂ ∘ x̂)) / √(σ² + ε)."""

    def pullback(dx_hat: Array) -> Array:
        return (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)) / sigma

    def mean(array: Array) -> Array:
        return array.mean(axis=axis, keepdims=True)

    centered = x - mean(x)
    sigma = np.sqrt(mean(centered * centered) + epsilon)
    x_hat = centered / sigma
    return x_hat, pullback


def scaled_and_shifted(x_hat: Inputs, owned: Owned):
    """y = γ ∘ x̂ + β; the pullback writes dγ = Σ dy ∘ x̂ and dβ = Σ dy, and gives ∂J/∂x̂ = γ ∘ dy."""

    def pullback(dy: Outputs, gradients: Owned) -> Array:
        d_gain, d_shift = gradients.arrays
        kernels.column_sums(dy * x_hat, 1, d_gain)
        kernels.column_sums(dy, 1, d_shift)
        return gain * dy

    gain, shift = owned.arrays
    return gain * x_hat + shift, pullback


def normalized_back(to_x_hat: Callable, to_x: Callable, to_dy: Gradient, gradients: Owned) -> Gradient:
    """The pullback of gain and shift, which gives the gradients of both, and then that of x̂."""
    return partial(to_x, to_x_hat(to_dy(), gradients))


@choice
class LayerNorm:
    """y = γ ∘ (x − μ) / √(σ² + ε) + β, mean and variance of each row over its columns. Ba, Kiros & Hinton (2016), arXiv:1607.06450."""

    epsilon: float = number(default=EPSILON, within="[0, inf)")

    def declare(self, inputs: int, outputs: int) -> Declaration:
        return Declaration(inputs, gain_and_shift(inputs))

    def __call__(self, x: Inputs, owned: Owned):
        x_hat, to_x = normalized(x, -1, self.epsilon)
        y, to_x_hat = scaled_and_shifted(x_hat, owned)
        return y, partial(normalized_back, to_x_hat, to_x)


@choice
class BatchNorm:
    """y = γ ∘ (x − μ) / √(σ² + ε) + β, mean and variance of each column over the minibatch. Ioffe & Szegedy, ICML 2015.

    In evaluation they are those of the training rows, without noise, for the very weights that are measured: computed, layer by
    layer, not a running mean. The variance divides by the number of rows.
    """

    epsilon: float = number(default=EPSILON, within="[0, inf)")

    def declare(self, inputs: int, outputs: int) -> Declaration:
        return Declaration(inputs, gain_and_shift(inputs), settles=True)

    def __call__(self, x: Inputs, owned: Owned):
        if owned.statistics is None:
            x_hat, to_x = normalized(x, -2, self.epsilon)
        else:
            x_hat, to_x = by_statistics(x, owned.statistics, self.epsilon)
        y, to_x_hat = scaled_and_shifted(x_hat, owned)
        return y, partial(normalized_back, to_x_hat, to_x)

    def settle(self, x: Inputs, owned: Owned) -> Owned:
        """With the statistics of these rows."""
        mean = x.mean(axis=-2, keepdims=True)
        return owned._replace(statistics=Statistics(mean, ((x - mean) ** 2).mean(axis=-2, keepdims=True)))


def by_statistics(x: Inputs, statistics: Statistics, epsilon: float):
    """x̂ = (x − μ) / √(σ² + ε), μ and σ² given."""

    def pullback(dx_hat: Array) -> Array:
        return dx_hat / sigma

    sigma = np.sqrt(statistics.variance + epsilon)
    return (x - statistics.mean) / sigma, pullback
