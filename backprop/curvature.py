"""The curvature of a recipe's objective at any parameters: largest eigenvalue, trace, products with the Hessian.

>>> from sklearn.datasets import load_diabetes
>>> from backprop.layout import initial_parameters
>>> from backprop.losses import SquaredError
>>> from backprop.network import MLP
>>> x, y = load_diabetes(return_X_y=True)
>>> surface = of(Recipe(network=MLP((8,), "tanh"), loss=SquaredError()), x, y[:, None])
>>> W = initial_parameters(surface.layout, [0], "float64")
>>> bool(largest_eigenvalue(surface.gradient_at, W) > 0)  # descent is stable below 2 / it
True
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.acting import acting
from backprop.arrays import Array
from backprop.hessian import Gradient, hessian_vector
from backprop.layout import Layout, Parameters
from backprop.network import apply
from backprop.randomness import generator
from backprop.training import Recipe, objective, objective_gradient

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

FEW = 20  # parameters: so few need no Lanczos, which keeps as many vectors


class Surface(NamedTuple):
    """Loss plus penalty, without noise, on fixed rows: its value and its gradient at any parameters (R, 1, P)."""

    layout: Layout
    value_at: Callable[[Parameters], Float[Array, "R 1 1"]]
    gradient_at: Gradient  # complex parameters pass through
    tangent_gradient: Callable[
        [Parameters], Gradient
    ]  # whose Hessian at the parameters given is the Gauss–Newton matrix


def of(recipe: Recipe, x: Float[Array, "*R n I"], y: Float[Array, "*R n K"]) -> Surface:
    """The objective of a recipe on rows x and targets y, (n, I) and (n, K), or with an axis of replicas before.

    A penalty that depends on where training starts has to be that of a start already: `backprop.penalties.from_start`.
    """
    x, y = (rows if rows.ndim == 3 else rows[None] for rows in (x, y))
    layout = recipe.layout(x.shape[-1], y.shape[-1])
    on_these: tuple[Any, ...] = (recipe, layout, x, y)
    value_at, gradient_at = (partial(f, *on_these) for f in (objective, objective_gradient))
    return Surface(layout, value_at, gradient_at, partial(tangent_gradient, *on_these))


def tangent_gradient(recipe: Recipe, layout: Layout, x: Array, y: Array, W: Parameters) -> Gradient:
    """The gradient, near W, of the objective of the network's tangent there: Jᵀ ∂J/∂z + the penalty's, J held still.

    Its derivative at W is the Gauss–Newton matrix, Jᵀ H J + ∂²penalty, H the loss's by the outputs; of real and imaginary
    part it gives the latter, which is all that a complex step asks for. Martens, JMLR 21:146 (2020), section 8.
    """

    def gradient_at(near: Parameters) -> Parameters:
        z, _ = apply(layout, layout.views(near), x)
        _, to_z = recipe.loss(z, y)
        to_parameters(to_z().imag.copy, layout.views(pulled))
        total = 1j * pulled
        penalty.in_gradient(recipe.penalized(layout, total), recipe.penalized(layout, near))
        return total

    _, to_parameters = apply(layout, layout.views(W), x)
    pulled, penalty = np.empty_like(W), acting(recipe.penalty, recipe.optimizer)
    return gradient_at


def operator(gradient_at: Gradient, W: Parameters) -> "LinearOperator":
    """The Hessian of one replica, W of shape (1, 1, P), as SciPy's linear operator: products only, no P² numbers."""
    from scipy.sparse.linalg import LinearOperator  # a third of a second that `--help` need not wait for

    P = W.shape[-1]
    return LinearOperator(
        (P, P), matvec=lambda v: hessian_vector(gradient_at, W, v.reshape(W.shape)).ravel(), dtype=float
    )


def largest_eigenvalue(gradient_at: Gradient, W: Parameters, seed: int = 0) -> float:
    """The largest curvature of one replica, by Lanczos (SciPy's eigsh): gradient descent is stable below 2 / it.

    NaN where a curvature is not finite, or Lanczos does not converge.
    """
    from scipy.sparse.linalg import ArpackError, eigsh

    H, P = operator(gradient_at, W), W.shape[-1]
    if P < FEW:
        return largest_of(np.stack([H.matvec(v) for v in np.eye(P)]))
    start = generator(seed, "curvature").standard_normal(P)
    if not H.matvec(start).any():
        return 0.0  # no curvature at all, of which Lanczos makes no vectors
    try:
        return float(eigsh(H, k=1, which="LA", v0=start, return_eigenvectors=False)[0])
    except ArpackError:
        return np.nan


def largest_of(H: Float[Array, "P P"]) -> float:
    return float(np.linalg.eigvalsh(H)[-1]) if np.isfinite(H).all() else np.nan


def trace(gradient_at: Gradient, W: Parameters, probes: int = 100, seed: int = 0) -> float:
    """Σ of the curvatures of one replica, by Hutchinson's estimate, the mean of vᵀHv over random signs v.

    Unbiased, with variance 2 Σ off-diagonal H² / probes; exact where H is diagonal.
    """
    return float(probed(gradient_at, W, probes, seed).mean())


def probed(gradient_at: Gradient, W: Parameters, probes: int = 100, seed: int = 0) -> Float[Array, " probes"]:
    """vᵀHv of one replica for so many vectors v of random signs."""
    H = operator(gradient_at, W)
    signs = generator(seed, "curvature").choice([-1.0, 1.0], size=(probes, W.shape[-1]))
    return np.array([v @ H.matvec(v) for v in signs])
