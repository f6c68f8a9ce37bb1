"""Penalties that act on each weight by itself: L2, L1, and both together."""

from typing import Any

import numpy as np

from backprop import kernels
from backprop.arrays import PerReplica
from backprop.choices import choice, number, one_of
from backprop.layout import Weights
from backprop.penalties.penalty import METHODS, Cost
from backprop.schedules import Schedule


@choice
class L2:
    """½ λ ‖W‖², whose gradient is λ W: each step shrinks W by a factor. Ridge regression is its linear case."""

    strength: PerReplica = number(default=0.0, within="[0, inf)", scheduled=True)
    method: str = one_of(default="gradient", options=METHODS)
    biases: bool = False
    schedule: Schedule | None = None

    def value(self, W: Weights) -> Cost:
        return 0.5 * self.strength * (W.flat**2).sum(axis=-1, keepdims=True)

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        add_weights(g, W, scale * self.strength)

    def proximal(self, W: Weights, c: Any) -> None:
        W.flat[...] /= 1 + c * self.strength


@choice
class L1:
    """λ Σ |W|, whose subgradient is λ sign W; the proximal step, sign(W) max(|W| − cλ, 0), reaches exact zeros."""

    strength: PerReplica = number(default=0.0, within="[0, inf)", scheduled=True)
    method: str = one_of(default="proximal", options=METHODS)
    biases: bool = False
    schedule: Schedule | None = None

    def value(self, W: Weights) -> Cost:
        return self.strength * np.abs(W.flat).sum(axis=-1, keepdims=True)

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        add_signs(g, W, scale * self.strength)

    def proximal(self, W: Weights, c: Any) -> None:
        threshold(W, c * self.strength)


@choice
class ElasticNet:
    """λ (ρ Σ |W| + ½ (1 − ρ) ‖W‖²); ρ is `l1_ratio`. Zou & Hastie, J. R. Stat. Soc. B 67:301 (2005)."""

    strength: PerReplica = number(default=0.0, within="[0, inf)", scheduled=True)
    l1_ratio: PerReplica = number(default=0.5, within="[0, 1]")
    method: str = one_of(default="proximal", options=METHODS)
    biases: bool = False
    schedule: Schedule | None = None

    def value(self, W: Weights) -> Cost:
        l1 = np.abs(W.flat).sum(axis=-1, keepdims=True)
        l2 = 0.5 * (W.flat**2).sum(axis=-1, keepdims=True)
        return self.strength * (self.l1_ratio * l1 + (1 - self.l1_ratio) * l2)

    def add_gradient(self, g: Weights, W: Weights, scale: Any = 1.0) -> None:
        add_signs(g, W, scale * self.strength * self.l1_ratio)
        add_weights(g, W, scale * self.strength * (1 - self.l1_ratio))

    def proximal(self, W: Weights, c: Any) -> None:
        threshold(W, c * self.strength * self.l1_ratio)
        W.flat[...] /= 1 + c * self.strength * (1 - self.l1_ratio)


def add_weights(g: Weights, W: Weights, scale: Any) -> None:
    """g ← g + c W on the weights: what ½ ‖W‖² adds."""
    kernels.add_scaled(g.parameters, kernels.column(scale, W.parameters), W.parameters, W.columns)


def add_signs(g: Weights, W: Weights, scale: Any) -> None:
    """g ← g + c sign W on the weights: what Σ |W| adds; the sign of W itself where curvature makes a complex step."""
    g.flat[...] += scale * np.sign(W.flat.real)


def threshold(W: Weights, t: Any) -> None:
    """W ← sign(W) max(|W| − t, 0) on the weights."""
    kernels.soft_threshold(W.parameters, kernels.column(t, W.parameters), W.columns)
