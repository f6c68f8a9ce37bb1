"""How far the weights have moved, and how much the layers can stretch their inputs."""

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.layout import Weights
from backprop.measures.measure import WHEN, Observation, Subject


@choice
class Distances:
    """weights/distance: ‖W − W₀‖₂ over all weights; weights/spectral_norm: Πₗ ‖Wₗ‖₂, of each layer's largest singular values.

    That product bounds how much faster than its input the output of a relu network can change (Bartlett, Foster &
    Telgarsky, NIPS 2017). Singular values by the eigenvalues of the smaller of W Wᵀ and Wᵀ W; of a diagonal, its largest |w|.
    """

    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ("weights/distance", "weights/spectral_norm")

    def __call__(self, seen: Observation) -> dict[str, Float[Array, " R"]]:
        W, W0 = (seen.layout.weights(parameters) for parameters in (seen.parameters, seen.initial))
        with np.errstate(all="ignore"):
            return {"weights/distance": distance(W, W0), "weights/spectral_norm": product_of_spectral_norms(W)}


def distance(W: Weights, initial: Weights) -> Float[Array, " R"]:
    """‖W − W₀‖₂ over all weights."""
    return np.sqrt(np.sum((W.flat - initial.flat) ** 2, axis=(-2, -1), dtype=float))


def product_of_spectral_norms(W: Weights) -> Float[Array, " R"]:
    """Πₗ ‖Wₗ‖₂."""
    norms = [*map(spectral_norm, W.matrices), *(np.abs(w).max(axis=(-2, -1)) for w in W.diagonals)]
    return np.prod(norms, axis=0)


def spectral_norm(W: Float[Array, "R I O"]) -> Float[Array, " R"]:
    """The largest singular value; NaN where a weight is not finite."""
    largest = np.abs(W.astype(float)).max(axis=(-2, -1))
    usable = np.isfinite(largest) & (largest > 0)
    unit = np.where(usable, largest, 1.0)  # squares of large weights would overflow
    W = np.where(usable[:, None, None], W, 0.0) / unit[:, None, None]
    gram = W.mT @ W if W.shape[-1] <= W.shape[-2] else W @ W.mT
    norm = unit * np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[:, -1], 0))
    return np.where(np.isfinite(largest), norm * usable, np.nan)
