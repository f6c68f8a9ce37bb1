"""Local operations: each returns its value and its pullback, which takes ∂J/∂output and gives ∂J/∂input.

Rows are instances. A text that writes ŷ = W x + b with instances in the columns of x has the transpose of every array
here: its x (D × N), W (C × D), b (C × 1), ŷ (C × N) are our xᵀ, Wᵀ, bᵀ, zᵀ, its ∇W = ∇z xᵀ is the transpose of our
dW = xᵀ dz, and its ∇x = Wᵀ ∇z that of our dx = dz Wᵀ.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array

Stack = Float[Array, "R B O"]
Inputs = Float[Array, "R B I"]
Weights = Float[Array, "R I O"]
Bias = Float[Array, "R 1 O"]
One = Float[Array, "R 1 1"]
Operation = Callable[[Stack], tuple[Stack, Callable[[Stack], Stack]]]


def matmul(x: Float[Array, "R B I"], W: Float[Array, "R I O"]):
    """z = x W."""

    def pullback(dz: Stack):
        """dx = dz Wᵀ, dW = xᵀ dz."""
        return dz @ W.mT, x.mT @ dz

    return x @ W, pullback


def add(x: Array, y: Array):
    """z = x + y, where an axis of length 1 is broadcast: a bias (R, 1, O) is added to every row."""

    def pullback(dz: Array):
        """dx = dz, dy = dz, each summed over the axes along which its input was broadcast."""
        return summed_to(dz, x.shape), summed_to(dz, y.shape)

    return x + y, pullback


def subtract(x: Array, y: Array):
    """z = x − y, broadcasting as `add`."""

    def pullback(dz: Array):
        return summed_to(dz, x.shape), summed_to(-dz, y.shape)

    return x - y, pullback


def squared_norm(r: Stack):
    """J = ‖r‖² = Σ r², over rows and columns, without ½."""

    def pullback(dJ: One):
        return 2 * r * dJ

    return (r * r).sum(axis=(-2, -1), keepdims=True), pullback


def summed_to(dz: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a broadcast array: its copies' gradients add up."""
    axes = tuple(axis for axis in range(dz.ndim) if shape[axis] == 1 and dz.shape[axis] > 1)
    return dz.sum(axis=axes, keepdims=True) if axes else dz


def affine(x: Float[Array, "R B I"], W: Float[Array, "R I O"], b: Float[Array, "R 1 O"]):
    """z = x W + b."""

    def pullback(dz: Stack):
        return dz @ W.mT, x.mT @ dz, dz.sum(axis=-2, keepdims=True)

    return x @ W + b, pullback


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
