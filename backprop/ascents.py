"""Ascents say at which weights the gradient of a step is taken: above those that are trained, rather than at them.

The loss goes up, on the same minibatch with the same draws of noise; a penalty does not: its gradient is that at the weights
themselves, and is added after. `extra_passes` says how many times more a step goes forward and back; where a class of your own
does not say it, the estimate of a sweep's cost takes 1.
"""

from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.layout import Parameters


@runtime_checkable
class Ascent(Protocol):
    """What the loop asks of an ascent."""

    def point(self, W: Parameters, g: Parameters) -> Parameters:
        """The parameters at which the gradient is taken, g being that at W; both stay as they are."""


@choice
class SAM:
    """g = ∇L(W + ρ ∇L(W) / ‖∇L(W)‖), sharpness-aware minimization; ρ is `radius`, the norm that of all of a network's parameters.

    Foret et al., ICLR 2021.
    """

    radius: PerReplica = number(default=0.05, within="[0, inf)")
    extra_passes: ClassVar[int] = 1

    def point(self, W: Parameters, g: Parameters) -> Parameters:
        norm = np.sqrt((g * g).sum(axis=-1, keepdims=True))
        return W + self.radius * g / np.where(norm == 0, 1, norm)
