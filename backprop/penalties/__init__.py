"""Penalties add a cost on the weights W to the loss, on the biases too if `biases` says so. The reported loss does not contain it.

Where in a step a penalty acts is its `method`; backprop/acting.py has the three. A penalty's `schedule` multiplies its strength.
"""

from backprop.penalties.distance_to_start import DistanceToStart
from backprop.penalties.elementwise import L1, L2, ElasticNet
from backprop.penalties.group_lasso import GroupLasso
from backprop.penalties.penalty import METHODS, Penalty, from_start
from backprop.penalties.spectral_norm import SpectralNorm

__all__ = [
    "L1",
    "L2",
    "METHODS",
    "DistanceToStart",
    "ElasticNet",
    "GroupLasso",
    "Penalty",
    "SpectralNorm",
    "from_start",
]
