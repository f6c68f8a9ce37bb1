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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.hessian import Gradient, hessian_vector
from backprop.layout import Layout, Parameters
from backprop.randomness import generator
from backprop.training import Recipe, objective, objective_gradient

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator


class Surface(NamedTuple):
    """Loss plus penalty, without noise, on fixed rows: its value and its gradient at any parameters (R, 1, P)."""

    layout: Layout
    value_at: Callable[[Parameters], Float[Array, "R 1 1"]]
    gradient_at: Gradient  # complex parameters pass through


def of(recipe: Recipe, x: Float[Array, "*R n I"], y: Float[Array, "*R n K"]) -> Surface:
    """The objective of a recipe on rows x and targets y, (n, I) and (n, K), or with an axis of replicas before.

    A penalty that depends on where training starts has to be that of a start already: `backprop.penalties.from_start`.
    """
    x, y = (rows if rows.ndim == 3 else rows[None] for rows in (x, y))
    layout = recipe.layout(x.shape[-1], y.shape[-1])
    return Surface(layout, *(partial(f, recipe, layout, x, y) for f in (objective, objective_gradient)))


def operator(gradient_at: Gradient, W: Parameters) -> "LinearOperator":
    """The Hessian of one replica, W of shape (1, 1, P), as SciPy's linear operator: products only, no P² numbers."""
    from scipy.sparse.linalg import LinearOperator  # a third of a second that `--help` need not wait for

    P = W.shape[-1]
    return LinearOperator(
        (P, P), matvec=lambda v: hessian_vector(gradient_at, W, v.reshape(W.shape)).ravel(), dtype=float
    )


def largest_eigenvalue(gradient_at: Gradient, W: Parameters, seed: int = 0) -> float:
    """The largest curvature of one replica, by Lanczos (SciPy's eigsh): gradient descent is stable below 2 / it."""
    from scipy.sparse.linalg import eigsh

    H = operator(gradient_at, W)
    start = generator(seed, "curvature").standard_normal(W.shape[-1])
    return float(eigsh(H, k=1, which="LA", v0=start, return_eigenvectors=False)[0])


def trace(gradient_at: Gradient, W: Parameters, probes: int = 100, seed: int = 0) -> float:
    """Σ of the curvatures of one replica, by Hutchinson's estimate, the mean of vᵀHv over random signs v.

    Unbiased, with variance 2 Σ off-diagonal H² / probes; exact where H is diagonal.
    """
    H = operator(gradient_at, W)
    signs = generator(seed, "curvature").choice([-1.0, 1.0], size=(probes, W.shape[-1]))
    return float(np.mean([v @ H.matvec(v) for v in signs]))
