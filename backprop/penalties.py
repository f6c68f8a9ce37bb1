"""Penalties add a cost on the weights W (never on the biases) to the loss. The reported loss does not contain it.

With method "gradient" the penalty's (sub)gradient joins the loss's. With "proximal" the penalty acts after the step,
W ← argmin_U ½‖U − W‖² + c·penalty(U), which sets weights to exactly 0 where L1 wants it (Parikh & Boyd, 2014). c is
the optimiser's `effective_learning_rate`, so that both methods settle where loss gradient and penalty balance; that is defined
for optimisers that step along the gradient (SGD, Momentum, Nesterov), and refused for others. With "decoupled"
W ← W − η ∂penalty/∂W before the step, past whatever the optimiser does to gradients: for L2, decoupled weight decay.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop import kernels
from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of

Weights = Float[Array, "R 1 P"]
Parameters = Float[Array, "R 1 Q"]  # the weights, then the biases
METHODS = ("gradient", "proximal", "decoupled")


@runtime_checkable
class Penalty(Protocol):
    """What the loop asks of a penalty."""

    @property
    def method(self) -> str: ...

    def value(self, W: Weights) -> Float[Array, "R 1 1"]: ...

    def add_gradient(self, g: Parameters, W: Parameters, weights: slice, scale: Any = 1.0) -> None:
        """g ← g + c ∂penalty/∂W on the weights among the parameters, c the `scale`, in place."""

    def proximal(self, W: Parameters, weights: slice, c: Any) -> None:
        """W ← argmin_U ½‖U − W‖² + c·penalty(U) on the weights among the parameters, in place."""


@choice
class L2:
    """½ λ ‖W‖², whose gradient is λ W: each step shrinks W by a factor. Ridge regression is its linear case."""

    strength: PerReplica = number(default=0.0, within="[0, inf)")
    method: str = one_of(default="gradient", options=METHODS)

    def value(self, W: Weights) -> Float[Array, "R 1 1"]:
        return 0.5 * self.strength * (W * W).sum(axis=-1, keepdims=True)

    def add_gradient(self, g: Parameters, W: Parameters, weights: slice, scale: Any = 1.0) -> None:
        add_weights(g, W, weights, scale * self.strength)

    def proximal(self, W: Parameters, weights: slice, c: Any) -> None:
        W[..., weights] /= 1 + c * self.strength


@choice
class L1:
    """λ Σ |W|, whose subgradient is λ sign W; the proximal step, sign(W) max(|W| − cλ, 0), reaches exact zeros."""

    strength: PerReplica = number(default=0.0, within="[0, inf)")
    method: str = one_of(default="proximal", options=METHODS)

    def value(self, W: Weights) -> Float[Array, "R 1 1"]:
        return self.strength * np.abs(W).sum(axis=-1, keepdims=True)

    def add_gradient(self, g: Parameters, W: Parameters, weights: slice, scale: Any = 1.0) -> None:
        add_signs(g, W, weights, scale * self.strength)

    def proximal(self, W: Parameters, weights: slice, c: Any) -> None:
        threshold(W, weights, c * self.strength)


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

    def add_gradient(self, g: Parameters, W: Parameters, weights: slice, scale: Any = 1.0) -> None:
        add_signs(g, W, weights, scale * self.strength * self.l1_ratio)
        add_weights(g, W, weights, scale * self.strength * (1 - self.l1_ratio))

    def proximal(self, W: Parameters, weights: slice, c: Any) -> None:
        threshold(W, weights, c * self.strength * self.l1_ratio)
        W[..., weights] /= 1 + c * self.strength * (1 - self.l1_ratio)


def add_weights(g: Parameters, W: Parameters, weights: slice, scale: Any) -> None:
    """g ← g + c W on the weights: what ½ ‖W‖² adds."""
    kernels.add_scaled(g, kernels.column(scale, W), W, weights.stop)


def add_signs(g: Parameters, W: Parameters, weights: slice, scale: Any) -> None:
    """g ← g + c sign W on the weights: what Σ |W| adds; the sign of W itself where curvature makes a complex step."""
    g[..., weights] += scale * np.sign(W[..., weights].real)


def threshold(W: Parameters, weights: slice, t: Any) -> None:
    """W ← sign(W) max(|W| − t, 0) on the weights."""
    kernels.soft_threshold(W, kernels.column(t, W), weights.stop)
