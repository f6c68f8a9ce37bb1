"""How the weights are distributed: what a report's figure of them is drawn from."""

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.layout import Weights
from backprop.measures.measure import WHEN, Observation, Subject

BINS = np.linspace(-5.0, 5.0, 32)  # of weights, in units of what they started with; what lies beyond is in the last


@choice
class WeightHistogram:
    """histogram/LOW: the share of weights in each of 31 bins, each layer in units of the root mean square that it started with.

    LOW is the lower end of the bin, −5 the first; what lies beyond is in the outermost. NaN where a weight is not finite.
    """

    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return tuple(f"histogram/{low:.2f}" for low in BINS[:-1])

    def __call__(self, seen: Observation) -> dict[str, Float[Array, " R"]]:
        W, W0 = (seen.layout.weights(parameters) for parameters in (seen.parameters, seen.initial))
        return {f"histogram/{low:.2f}": share for low, share in zip(BINS[:-1], weight_histogram(W, W0).T, strict=True)}


def weight_histogram(W: Weights, initial: Weights) -> Float[Array, "R bins"]:
    """The share of weights in each of BINS, each layer in units of the root mean square that its weights started with.

    NaN for a replica with a weight that is not finite.
    """
    R, bins = len(W.parameters), len(BINS) - 1
    counts = np.zeros((R, bins))
    for w, w0 in zip(W.arrays, initial.arrays, strict=True):
        unit = np.sqrt(np.mean(w0.astype(float) ** 2, axis=(-2, -1))) + (w0 == 0).all(axis=(-2, -1))
        for r in range(R):
            if not np.isfinite(w[r]).all():
                counts[r] = np.nan
                continue
            place = (w[r].ravel().astype(float) / unit[r] - BINS[0]) / (BINS[1] - BINS[0])
            counts[r] += np.bincount(np.clip(place, 0, bins - 1).astype(int), minlength=bins)
    return counts / counts.sum(axis=-1, keepdims=True)
