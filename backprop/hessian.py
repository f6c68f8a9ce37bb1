"""The second derivative, by a complex step through the very operations that training uses, and the step that it gives.

For an analytic function, Im f(W + iεv) / ε is its derivative along v without any difference of nearby numbers: ε may be
10⁻²⁰, and the result is exact to rounding (Squire & Trapp, SIAM Review 40:110, 1998). Applied to a gradient, it gives
Hessian–vector products for the price of one gradient in complex numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array

Parameters = Float[Array, "R 1 P"]
Gradient = Callable[[Any], Any]
TINY = 1e-20


def hessian_vector(gradient_at: Gradient, W: Parameters, v: Parameters) -> Parameters:
    """H v = ∂/∂ε g(W + εv) at ε = 0, per replica; `gradient_at` must pass complex parameters through."""
    return gradient_at(W.astype(complex) + 1j * TINY * v).imag / TINY


def hessian(gradient_at: Gradient, W: Parameters) -> Float[Array, "R P P"]:
    """The full Hessian, symmetric: P gradients and P² numbers a replica."""
    R, _, P = W.shape
    H = np.empty((R, P, P))
    for p in range(P):
        v = np.zeros(P)
        v[p] = 1
        H[:, p] = hessian_vector(gradient_at, W, v)[:, 0]
    return (H + H.mT) / 2


def newton_direction(gradient_at: Gradient, W: Parameters, g: Parameters, damping: Any) -> Parameters:
    """Σᵢ qᵢ (qᵢ·g) / max(|hᵢ|, δ): H⁻¹ g where H is positive definite with all curvatures above δ."""
    H = hessian(gradient_at, W)
    finite = np.isfinite(H).all(axis=(-2, -1), keepdims=True)  # a diverged replica stays alone
    curvatures, Q = np.linalg.eigh(np.where(finite, H, np.eye(H.shape[-1])))
    scale = np.maximum(np.abs(curvatures)[:, None, :], damping)
    return np.where(finite, (g.astype(float) @ Q) / scale @ Q.mT, np.nan).astype(W.dtype)
