"""Local operations: each returns its value and its pullback, which takes ∂J/∂output and gives ∂J/∂input.

Rows are instances. A text that writes ŷ = W x + b with instances in the columns of x has the transpose of every array
here: its x (D × N), W (C × D), b (C × 1), ŷ (C × N) are our xᵀ, Wᵀ, bᵀ, zᵀ, its ∇W = ∇z xᵀ is the transpose of our
dW = xᵀ dz, and its ∇x = Wᵀ ∇z that of our dx = dz Wᵀ.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt16

from backprop import kernels
from backprop.arrays import Array

Stack = Float[Array, "R B O"]
Inputs = Float[Array, "R B I"]
Weights = Float[Array, "R I O"]
Bias = Float[Array, "R 1 O"]
One = Float[Array, "R 1 1"]
Operation = Callable[[Stack], tuple[Stack, Callable[[Stack], Stack]]]


def matmul(x: Float[Array, "R B I"], W: Float[Array, "R I O"]):
    """z = x W."""

    def pullback(dz: Stack, to_input: bool = True, dW: Weights | None = None):
        """dx = dz Wᵀ (None where nobody asks: at the first layer), dW = xᵀ dz (written into dW where it is given)."""
        return dz @ W.mT if to_input else None, np.matmul(x.mT, dz, out=dW)

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
    """z = x W + b: `matmul`, then `add` in place."""

    def pullback(dz: Stack, to_input: bool = True, dW: Weights | None = None):
        db = np.empty_like(b)
        kernels.column_sums(dz, 1, db)
        return *to_factors(dz, to_input, dW), db

    z, to_factors = matmul(x, W)
    kernels.add_bias(z, b)
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


class Mask(NamedTuple):
    """Which entries are kept, and the factor on them: where the random bits of the entry's seed are not below the threshold."""

    random_bits: UInt16[Array, "S B O"]  # or one row for all
    seed_index: Int[Array, " R"]  # the replicas' seeds
    threshold: UInt16[Array, " R"]  # or one for all
    factor: Float[Array, " R"]  # or one for all


def rectified(x: Inputs, W: Weights, b: Bias, mask: Mask | None = None):
    """a = max(x W + b, 0), masked if so asked: bias, corner and mask in one pass, and in one pass backward.

    A unit that is masked passes no gradient, like one below the corner: both have a = 0. The pullback overwrites da.
    """

    def pullback(da: Stack, to_input: bool = True, dW: Weights | None = None):
        db = np.empty_like(b)
        kernels.rectify_back(da, a, np.ones(1, a.dtype) if mask is None else mask.factor, db)
        return *to_factors(da, to_input, dW), db

    a, to_factors = matmul(x, W)
    if mask is None:
        kernels.rectify(a, b)
    else:
        kernels.rectify_and_mask(a, b, *mask)
    return a, pullback
