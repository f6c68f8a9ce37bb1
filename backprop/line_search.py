"""How far to go along a direction: the step is halved until the objective falls by a share of what the slope promises."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array

Parameters = Float[Array, "R 1 P"]
SHARE = 1e-4  # c: almost any fall will do (Nocedal & Wright, Numerical Optimization, 2006, section 3.1)
HALVINGS = 50
ROUNDING = 10  # in units of the last place of J


def backtracked(
    objective_at: Callable[[Parameters], Float[Array, "R 1 1"]], W: Parameters, g: Parameters, d: Parameters, eta: Any
) -> Parameters:
    """W − η 2⁻ᵏ d with the first k at which J(W − η 2⁻ᵏ d) ≤ J(W) − c η 2⁻ᵏ g·d, every replica its own; W where no k will do.

    Armijo, Pacific J. Math. 16:1 (1966). J is compared to within its rounding, so that the last steps into a minimum,
    which change J by less, are taken whole. A replica that has diverged takes its whole step and stays diverged.
    """
    J, slope = objective_at(W), (g * d).sum(axis=-1, keepdims=True)
    allowed = J + ROUNDING * np.finfo(W.dtype).eps * np.abs(J)
    step = np.empty_like(J, W.dtype)
    step[...] = eta
    next_W = W - step * d
    diverged = ~(np.isfinite(J) & np.isfinite(slope))
    for _ in range(HALVINGS):
        falls = diverged | (objective_at(next_W) <= allowed - SHARE * step * slope)
        if falls.all():
            return next_W
        step = np.where(falls, step, step / 2)
        next_W = W - step * d
    return np.where(falls, next_W, W)
