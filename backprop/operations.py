"""Local operations: each returns its value and its pullback, which takes ∂J/∂output and gives ∂J/∂input.

Rows are instances: the chapter's ŷ = W x + b with instances in columns reads z = x W + b here, W being transposed.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array

Stack = Float[Array, "R B O"]
Operation = Callable[[Stack], tuple[Stack, Callable[[Stack], Stack]]]


def affine(x: Float[Array, "R B I"], W: Float[Array, "R I O"], b: Float[Array, "R 1 O"]):
    """z = x W + b."""

    def pullback(dz: Float[Array, "R B O"], to_input: bool = True):
        """dx = dz Wᵀ (None where nobody asks: at the first layer), dW = xᵀ dz, db = Σ over instances of dz."""
        dx = dz @ W.mT if to_input else None
        return dx, x.mT @ dz, dz.sum(axis=-2, keepdims=True)

    z = x @ W
    z += b
    return z, pullback


def identity(z: Stack):
    """a = z."""

    def pullback(da: Stack):
        return da

    return z, pullback


def relu(z: Stack):
    """a = max(z, 0)."""

    def pullback(da: Stack):
        return da * (z > 0)

    return np.maximum(z, 0), pullback


def tanh(z: Stack):
    """a = tanh z."""

    def pullback(da: Stack):
        return da * (1 - a * a)

    a = np.tanh(z)
    return a, pullback


def sigmoid(z: Stack):
    """a = 1 / (1 + e⁻ᶻ) = ½ (1 + tanh ½z), which cannot overflow."""

    def pullback(da: Stack):
        return da * a * (1 - a)

    a = 0.5 * (1 + np.tanh(0.5 * z))
    return a, pullback


def leaky_relu(z: Stack):
    """a = z where z > 0, else z / 100. Maas et al., ICML 2013."""

    def pullback(da: Stack):
        return da * slope

    slope = np.where(z > 0, z.dtype.type(1), z.dtype.type(0.01))
    return z * slope, pullback


def softplus(z: Stack):
    """a = log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|), which cannot overflow; its slope is the sigmoid of z."""

    def pullback(da: Stack):
        return da * 0.5 * (1 + np.tanh(0.5 * z))

    return np.maximum(z, 0) + np.log1p(np.exp(-np.where(z > 0, z, -z))), pullback


def square(z: Stack):
    """a = z²."""

    def pullback(da: Stack):
        return 2 * da * z

    return z * z, pullback


ACTIVATIONS: dict[str, Operation] = {
    f.__name__: f for f in (identity, relu, leaky_relu, tanh, sigmoid, softplus, square)
}
