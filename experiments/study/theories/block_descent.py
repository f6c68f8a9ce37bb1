"""The group lasso of a linear model, solved without any network: one group after the other, each exactly, until a bound says enough."""

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array

ENOUGH = 1e-13  # the gap, as a share of the objective at W = 0
SWEEPS = 100_000

Features = Float[Array, "N D"]
Targets = Float[Array, "N K"]
Coefficients = Float[Array, "D K"]


def block_descent(X: Features, Y: Targets, t: float) -> Coefficients:
    """argmin (1/N) ‖Y − XW‖² + t Σⱼ ‖Wⱼ·‖: each row in turn is set to its best, z (1 − t/‖z‖)₊ / h with the others held.

    z is minus the loss's slope at Wⱼ· = 0, h its curvature along the row; a column of zeros keeps its row at 0. Raises
    RuntimeError where the duality gap stays too large.
    """
    H, C = 2 * X.T @ X / len(X), 2 * X.T @ Y / len(X)
    W = np.zeros_like(C)
    rows = np.flatnonzero(np.diag(H))
    for _ in range(SWEEPS):
        for j in rows:
            z = C[j] - H[j] @ W + H[j, j] * W[j]
            norm = np.sqrt(z @ z)
            W[j] = z * (1 - t / norm) / H[j, j] if norm > t else 0
        if duality_gap(X, Y, W, t) <= ENOUGH * np.mean(Y**2) * Y.shape[1]:
            return W
    raise RuntimeError(
        f"The duality gap is {duality_gap(X, Y, W, t):.1e} after {SWEEPS} sweeps; take a larger strength."
    )


def duality_gap(X: Features, Y: Targets, W: Coefficients, t: float) -> float:
    """How far, at most, W is from the least objective: P(W) − D(U), with D(U) = (‖Y‖² − ‖Y − U‖²) / N below every P.

    U is the residual, made small enough that ‖(2/N) xⱼᵀ U‖ ≤ t for every feature xⱼ: so Fenchel's inequality allows.
    """
    U = Y - X @ W
    primal = np.sum(U**2) / len(X) + t * np.linalg.norm(W, axis=1).sum()
    U = U * min(1, t / largest_slope(X, U))
    return float(primal - (np.sum(Y**2) - np.sum((Y - U) ** 2)) / len(X))


def largest_slope(X: Features, U: Targets) -> float:
    """maxⱼ ‖(2/N) xⱼᵀ U‖; of the targets themselves, the t from which on no feature is used."""
    return float(np.linalg.norm(2 * X.T @ U / len(X), axis=1).max())
