"""What the outputs of a classifier say of the classes: each loss of classes names it in `link`."""

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.losses.classes import log_softmax

Scores = Float[Array, "n K"]


def log_shares_of_sigmoids(z: Scores) -> Scores:
    """log pₖ, pₖ = σ(zₖ) / Σⱼ σ(zⱼ), by way of log σ(z) = −log(1 + e⁻ᶻ): where all σ are 0 to rounding, their shares are not."""
    return log_softmax(-np.logaddexp(0, -z))


def unknown(z: Scores) -> Scores:
    """NaN: scores rank the classes, and are no probabilities."""
    return np.full_like(z, np.nan)


LOG_LINKS: dict[str, Callable[[Scores], Scores]] = {  # softmax: pₖ = exp zₖ / Σⱼ exp zⱼ
    "softmax": log_softmax,
    "sigmoid": log_shares_of_sigmoids,
    "none": unknown,
}


def exponential(log: Callable[[Scores], Scores], z: Scores) -> Scores:
    return np.exp(log(z))


LINKS = {name: partial(exponential, log) for name, log in LOG_LINKS.items()}
