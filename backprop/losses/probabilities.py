"""What the outputs of a classifier say of the classes: each loss of classes names it in `link`."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.losses.classes import log_softmax

Scores = Float[Array, "n K"]


def softmax(z: Scores) -> Scores:
    """pₖ = exp zₖ / Σⱼ exp zⱼ."""
    return np.exp(log_softmax(z))


def shares_of_sigmoids(z: Scores) -> Scores:
    """pₖ = σ(zₖ) / Σⱼ σ(zⱼ), by way of log σ(z) = −log(1 + e⁻ᶻ): where all are 0 to rounding, their shares are not."""
    return softmax(-np.logaddexp(0, -z))


def unknown(z: Scores) -> Scores:
    """NaN: scores rank the classes, and are no probabilities."""
    return np.full_like(z, np.nan)


LINKS: dict[str, Callable[[Scores], Scores]] = {"softmax": softmax, "sigmoid": shares_of_sigmoids, "none": unknown}
