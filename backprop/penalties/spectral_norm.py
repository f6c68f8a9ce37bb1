"""The spectral norm of weight matrices: how much a layer can stretch a change of its input."""

from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of
from backprop.layout import Weights
from backprop.penalties.penalty import METHODS, Cost
from backprop.schedules import Schedule

Matrix = Float[Array, "R I O"]


@choice
class SpectralNorm:
    """½ λ Σ σ₁² over the weight matrices, σ₁ the largest singular value, with the gradient λ σ₁ u vᵀ: u and v its vectors.

    The proximal step caps the singular values at θ = maxₖ (σ₁ + … + σₖ) / (k + cλ). Where σ₁ = σ₂ the gradient is one of
    many. The weights of a Diagonal are no matrix, and are left alone. A step solves an eigenproblem of every matrix, so that
    it takes long beside the rest: for small networks. Yoshida & Miyato, arXiv:1705.10941 (2017), find u and v by power
    iteration.
    """

    strength: PerReplica = number(default=0.0, within="[0, inf)", scheduled=True)
    method: str = one_of(default="gradient", options=METHODS)
    schedule: Schedule | None = None

    def value(self, W: Weights) -> Cost:
        squares = [((w @ stretched_most(w)) ** 2).sum(axis=(-2, -1), keepdims=True) for w in map(upright, W.matrices)]
        return 0.5 * self.strength * sum(squares, np.zeros_like(W.parameters[..., :1]))

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        for dw, w in zip(map(upright, g.matrices), map(upright, W.matrices), strict=True):
            v = stretched_most(w)
            dw += scale * self.strength * (w @ v @ v.mT)

    def proximal(self, W: Weights, c: Any) -> None:
        for w in W.matrices:
            U, sigma, VT = np.linalg.svd(finite_part(w), full_matrices=False)
            w -= U * excess(sigma[:, None, :], c * self.strength) @ VT


def upright(w: Matrix) -> Matrix:
    """The matrix, or the view of its transpose, with as many rows as columns or more: the same σ₁ from the smaller eigenproblem."""
    return w if w.shape[-2] >= w.shape[-1] else w.mT


def excess(sigma: Float[Array, "R 1 K"], a: PerReplica) -> Float[Array, "R 1 K"]:
    """σ − min(σ, θ), where Σ (σ − θ)₊ = a θ: what ½ a max(σ)² takes from singular values in descending order.

    The left side is the largest of σ₁ + … + σₖ − k θ over k, so that θ is the largest of (σ₁ + … + σₖ) / (k + a).
    """
    k = np.arange(1, sigma.shape[-1] + 1, dtype=sigma.dtype)
    theta = (sigma.cumsum(axis=-1) / (k + a)).max(axis=-1, keepdims=True)
    return sigma - np.minimum(sigma, theta)


def stretched_most(w: Matrix) -> Float[Array, "R O 1"]:
    """v, the unit vector with the largest ‖w v‖.

    Where curvature makes w complex, v follows: v + Σⱼ vⱼ (vⱼᵀ wᵀw v) / (σ₁² − σⱼ²), to first order in the imaginary part.
    """
    real = finite_part(w.real)
    squares, V = np.linalg.eigh(real.mT @ real)
    v = V[..., -1:]
    if not np.iscomplexobj(w):
        return v
    gaps = (squares[..., -1:] - squares)[..., None]
    turned = V.mT @ (w.mT @ (w @ v))
    return v + V @ np.divide(turned, gaps, np.zeros_like(turned), where=gaps > 0)


def finite_part(w: Matrix) -> Matrix:
    """The matrices, with 0 for that of a replica that has diverged, which must not stop the others."""
    return np.where(np.isfinite(w).all(axis=(-2, -1), keepdims=True), w, 0)
