"""Are a pullback's gradients right? Central differences in random directions, in float64."""

from collections.abc import Callable, Sequence

import numpy as np

from backprop.arrays import Array


def gradient_error(
    f: Callable[..., tuple[Array, Sequence[Array]]],
    *inputs: Array,
    eps: float = 1e-6,
    directions: int = 5,
    seed: int = 0,
) -> float:
    """The largest error |analytic − numeric| over random directions, relative to the larger of them and of ‖∂J/∂x‖.

    A direction that happens to be nearly level has rounding errors far above its slope; the gradient's norm, which is
    the typical slope, keeps them in proportion.

    f takes float64 arrays and gives J, an array with one number a replica, shape (R, 1, 1), and ∂(Σ J)/∂input for
    every input. Along a direction d, the derivative is Σ ∂J/∂x · d and numerically (J(x + εd) − J(x − εd)) / 2ε, with
    an error of order ε². One random direction sees any wrong component with probability one.

    >>> gradient_error(lambda x: ((x * x).sum(axis=(-2, -1), keepdims=True), [2 * x]), np.ones((1, 2, 3))) < 1e-8
    True
    >>> gradient_error(lambda x: ((x * x).sum(axis=(-2, -1), keepdims=True), [x]), np.ones((1, 2, 3))) > 0.1
    True
    """
    draw = np.random.default_rng(seed)
    _, gradients = f(*inputs)
    worst = 0.0
    for position, (x, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        if gradient.shape != x.shape:
            raise ValueError(f"the gradient of input {position} has shape {gradient.shape}, its input {x.shape}")
        for _ in range(directions):
            d = draw.standard_normal(x.shape)
            plus, minus = (
                f(*inputs[:position], x + sign * eps * d, *inputs[position + 1 :])[0].sum() for sign in (1, -1)
            )
            numeric = (plus - minus) / (2 * eps)
            analytic = (gradient * d).sum()
            scale = max(abs(analytic), abs(numeric), float(np.linalg.norm(gradient)), 1e-8)
            worst = float(np.maximum(worst, abs(analytic - numeric) / scale))  # NaN where either is NaN
    return worst
