"""Gradient clipping: caps the loss's gradient, in place, before a penalty's is added and the step is taken.

The order is PyTorch's, where weight_decay joins clipped gradients. Pascanu et al., ICML 2013.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number
from backprop.layout import Parameters


@runtime_checkable
class Clipping(Protocol):
    def clip(self, g: Parameters, arrays: Sequence[Array]) -> None:
        """Caps the gradient g, of which `arrays` are the views, in place."""


@choice
class ClipValue:
    """g ← min(max(g, −c), c), each component; c is `limit`."""

    limit: PerReplica = number(default=1.0, within="(0, inf)")

    def clip(self, g: Parameters, arrays: Sequence[Array]) -> None:
        np.clip(g, -self.limit, self.limit, out=g)


@choice
class ClipNorm:
    """g ← g min(1, c / ‖g‖), each weight matrix and bias vector by its own norm: keeps the direction of each."""

    limit: PerReplica = number(default=1.0, within="(0, inf)")

    def clip(self, g: Parameters, arrays: Sequence[Array]) -> None:
        for array in arrays:
            shrink(array, self.limit)


@choice
class ClipGlobalNorm:
    """g ← g min(1, c / ‖g‖), the norm over all parameters of the network: keeps the direction of the whole."""

    limit: PerReplica = number(default=1.0, within="(0, inf)")

    def clip(self, g: Parameters, arrays: Sequence[Array]) -> None:
        shrink(g, self.limit)


def shrink(array: Array, limit: PerReplica) -> None:
    norm = np.sqrt((array * array).sum(axis=(-2, -1), keepdims=True))
    array *= np.minimum(1, limit / np.maximum(norm, limit))
