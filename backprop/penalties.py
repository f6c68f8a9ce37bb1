"""Penalties add a cost on the weights W (never on the biases) to the loss. The reported loss does not contain it.

With method "gradient" the penalty's (sub)gradient joins the loss's. With "proximal" the penalty acts after the step,
W ← argmin_U ½‖U − W‖² + c·penalty(U), which sets weights to exactly 0 where L1 wants it (Parikh & Boyd, 2014). c is
the optimiser's `stationary_step`, so that both methods settle where loss gradient and penalty balance; that is defined
for optimisers that step along the gradient (SGD, Momentum, Nesterov), and refused for others. With "decoupled"
W ← W − η ∂penalty/∂W before the step, past whatever the optimiser does to gradients: for L2, decoupled weight decay.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of

Weights = Float[Array, "R 1 P"]
METHODS = ("gradient", "proximal", "decoupled")


@runtime_checkable
class Penalty(Protocol):
    """What the loop asks of a penalty."""

    method: str

    def value(self, W: Weights) -> Float[Array, "R 1 1"]: ...

    def gradient(self, W: Weights) -> Weights: ...

    def proximal(self, W: Weights, c: Any) -> Weights: ...


@choice
class L2:
    """½ λ ‖W‖², whose gradient is λ W: each step shrinks W by a factor. Ridge regression is its linear case."""

    strength: PerReplica = number(default=0.0, within="[0, inf)")
    method: str = one_of(default="gradient", options=METHODS)

    def value(self, W: Weights) -> Float[Array, "R 1 1"]:
        return 0.5 * self.strength * (W * W).sum(axis=-1, keepdims=True)

    def gradient(self, W: Weights) -> Weights:
        return self.strength * W

    def proximal(self, W: Weights, c: Any) -> Weights:
        return W / (1 + c * self.strength)


@choice
class L1:
    """λ Σ |W|, whose subgradient is λ sign W; the proximal step, sign(W) max(|W| − cλ, 0), reaches exact zeros."""

    strength: PerReplica = number(default=0.0, within="[0, inf)")
    method: str = one_of(default="proximal", options=METHODS)

    def value(self, W: Weights) -> Float[Array, "R 1 1"]:
        return self.strength * np.abs(W).sum(axis=-1, keepdims=True)

    def gradient(self, W: Weights) -> Weights:
        return self.strength * np.sign(W.real)  # of W itself where curvature makes a complex step

    def proximal(self, W: Weights, c: Any) -> Weights:
        return soft_threshold(W, c * self.strength)


@choice
class ElasticNet:
    """λ (ρ Σ |W| + ½ (1 − ρ) ‖W‖²); ρ is `l1_ratio`. Zou & Hastie, J. R. Stat. Soc. B 67:301 (2005)."""

    strength: PerReplica = number(default=0.0, within="[0, inf)")
    l1_ratio: PerReplica = number(default=0.5, within="[0, 1]")
    method: str = one_of(default="proximal", options=METHODS)

    def value(self, W: Weights) -> Float[Array, "R 1 1"]:
        l1 = np.abs(W).sum(axis=-1, keepdims=True)
        l2 = 0.5 * (W * W).sum(axis=-1, keepdims=True)
        return self.strength * (self.l1_ratio * l1 + (1 - self.l1_ratio) * l2)

    def gradient(self, W: Weights) -> Weights:
        return self.strength * (self.l1_ratio * np.sign(W.real) + (1 - self.l1_ratio) * W)

    def proximal(self, W: Weights, c: Any) -> Weights:
        shrunk = soft_threshold(W, c * self.strength * self.l1_ratio)
        return shrunk / (1 + c * self.strength * (1 - self.l1_ratio))


def soft_threshold(W: Weights, threshold: Any) -> Weights:
    """sign(W) max(|W| − t, 0), written as W minus its part within ±t, so that no sign is taken."""
    return W - np.clip(W, -threshold, threshold)
