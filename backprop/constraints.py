"""Constraints act on the weights after every step: the nearest weights that satisfy them (projected descent)."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from backprop import kernels
from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.network import Layer


@runtime_checkable
class Constraint(Protocol):
    def project(self, layers: Sequence[Layer]) -> None:
        """Writes the nearest allowed weights into the layers."""


@choice
class MaxNorm:
    """‖W·ⱼ‖ ≤ c for every unit j: its incoming weights are scaled back to the radius c when they exceed it.

    Srebro & Shraibman (2005); Srivastava et al., JMLR 15 (2014), section 5.1.
    """

    radius: PerReplica = number(default=3.0, within="(0, inf)")

    def project(self, layers: Sequence[Layer]) -> None:
        for W, _ in layers:
            kernels.limit_columns(W, kernels.column(self.radius, W))
