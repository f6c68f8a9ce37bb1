"""The group lasso: weights that serve together are kept or set to 0 together."""

from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of
from backprop.layout import Weights
from backprop.penalties.penalty import METHODS, Cost
from backprop.schedules import Schedule

Groups = Float[Array, "R G size"]


@choice
class GroupLasso:
    """λ Σ √|g| ‖w_g‖ over groups g of |g| weights; the proximal step, w_g max(1 − cλ√|g| / ‖w_g‖, 0), drops whole groups.

    Groups are `inputs`, the weights W_i· that one input of a matrix sends out, or `units`, the weights W_·j that come into one
    unit. Every matrix has its groups: in the first, inputs are features; in the others, hidden units. Were only the first
    penalised, a relu network could shrink it and grow the next without changing what it computes. A weight of a Diagonal is a
    group of its own. The gradient of a group that is 0 is taken as 0. Yuan & Lin, J. R. Stat. Soc. B 68:49 (2006);
    Scardapane et al., Neurocomputing 241:81 (2017).
    """

    strength: PerReplica = number(default=0.0, within="[0, inf)", scheduled=True)
    groups: str = one_of(default="inputs", options=("inputs", "units"))
    method: str = one_of(default="proximal", options=METHODS)
    schedule: Schedule | None = None

    def value(self, W: Weights) -> Cost:
        sums = [root_of_size(w) * norms(w).sum(axis=-2, keepdims=True) for w in self.rows(W)]
        return self.strength * sum(sums, np.zeros_like(W.parameters[..., :1]))

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        for dw, w in zip(self.rows(g), self.rows(W), strict=True):
            n = norms(w)
            dw += scale * self.strength * root_of_size(w) * np.divide(w, n, np.zeros_like(w), where=n.real > 0)

    def proximal(self, W: Weights, c: Any) -> None:
        for w in self.rows(W):
            t = c * self.strength * root_of_size(w)
            w *= 1 - t / np.maximum(np.maximum(norms(w), t), np.finfo(w.dtype).tiny)

    def rows(self, W: Weights) -> list[Groups]:
        """Views of the weights in which every row is a group."""
        matrices = W.matrices if self.groups == "inputs" else [w.mT for w in W.matrices]
        return [*matrices, *(w.mT for w in W.diagonals)]


def norms(w: Groups) -> Float[Array, "R G 1"]:
    """‖w_g‖ of every row, as an analytic function: curvature makes w complex."""
    return np.sqrt((w * w).sum(axis=-1, keepdims=True))


def root_of_size(w: Groups) -> float:
    """√|g|, the same for all rows."""
    return float(w.shape[-1] ** 0.5)
