"""How large the weights are."""

import numpy as np
from jaxtyping import Float

from backprop import kernels
from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.layout import Weights
from backprop.measures.measure import WHEN, Observation, Subject


@choice
class Norms:
    """weights/l2, weights/l1: ‖W‖₂ and ‖W‖₁ over all weights; weights/zeros: the share that is exactly 0.

    weights/largest_incoming: the largest ‖·‖₂ of the weights into one unit.
    """

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ("weights/l2", "weights/l1", "weights/zeros", "weights/largest_incoming")

    def __call__(self, seen: Observation) -> dict[str, Float[Array, " R"]]:
        norms = weight_norms(seen.layout.weights(seen.parameters))
        return {f"weights/{name}": value for name, value in norms.items()}


def weight_norms(W: Weights) -> dict[str, Float[Array, " R"]]:
    """‖W‖₂ and ‖W‖₁ over all weights, the share of exact zeros, the largest incoming norm of a unit."""
    sums = np.zeros((4, len(W.parameters)))
    for w in W.arrays:
        kernels.weight_sums(w, sums)
    squares, sizes, zeros, largest = sums
    with np.errstate(all="ignore"):
        return {
            "l2": np.sqrt(squares),
            "l1": sizes,
            "zeros": zeros / W.flat[0].size,
            "largest_incoming": np.sqrt(largest),
        }
