"""Constraints act on the weights after every step: the nearest weights that satisfy them (projected descent)."""

from typing import Protocol, runtime_checkable

from backprop import kernels
from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.layout import Weights
from backprop.schedules import Schedule


@runtime_checkable
class Constraint(Protocol):
    def project(self, W: Weights) -> None:
        """Writes the nearest allowed weights into W."""


@choice
class MaxNorm:
    """‖W·ⱼ‖ ≤ c for every unit j: its incoming weights are scaled back to the radius c when they exceed it.

    Srebro & Shraibman (2005); Srivastava et al., JMLR 15 (2014), section 5.1.
    """

    radius: PerReplica = number(default=3.0, within="(0, inf)", scheduled=True)
    schedule: Schedule | None = None

    def project(self, W: Weights) -> None:
        for w in W.arrays:
            kernels.limit_columns(w, kernels.column(self.radius, w))
