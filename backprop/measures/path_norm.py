"""The path norm of a relu network: what remains the same when a unit's incoming weights grow and its outgoing ones shrink."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.measures.homogeneous import check_homogeneous
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.network import apply


@choice
class PathNorm:
    """path_norm: (Σ Π w²)^½, summed over all paths from an input to an output, the product over a path's weights; biases start no path.

    A forward pass of ones through the network with its weights squared (Neyshabur, Tomioka & Srebro, COLT 2015). Of networks of relu
    or identity layers, residual ones included, where a path may skip a block.
    """

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        check_homogeneous(subject, "PathNorm", residual=True)
        return ("path_norm",)

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        squared = np.zeros(seen.parameters.shape)
        with np.errstate(all="ignore"):
            seen.layout.weights(squared).flat[...] = seen.layout.weights(seen.parameters).flat.astype(float) ** 2
            ones = np.ones((len(squared), 1, seen.layout.inputs))
            sums = apply(seen.layout, seen.layout.views(squared), ones)[0].sum(axis=(-2, -1))
            finite = np.isfinite(seen.parameters).all(axis=(-2, -1))
            return {"path_norm": np.where(finite, np.sqrt(sums), np.nan)}
