"""Weights before the first step, drawn per seed and layer: equal seeds and shapes give equal weights. Biases start at 0."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number
from backprop.randomness import Streams


@runtime_checkable
class Initialization(Protocol):
    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]: ...


@choice
class He:
    """W ~ N(0, 2/I): keeps the second moment of relu activations through depth. He et al., ICCV 2015, eq. 10."""

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return streams.normal(inputs, outputs, np.dtype("float64")) * np.sqrt(2 / inputs)


@choice
class Glorot:
    """W ~ N(0, 2/(I + O)): for activations linear near 0. Glorot & Bengio, AISTATS 2010, eq. 12."""

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return streams.normal(inputs, outputs, np.dtype("float64")) * np.sqrt(2 / (inputs + outputs))


@choice
class Normal:
    """W ~ N(0, s²)."""

    scale: PerReplica = number(default=0.1, within="[0, inf)")

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return streams.normal(inputs, outputs, np.dtype("float64")) * self.scale


@choice
class Uniform:
    """W ~ U(−s, s)."""

    scale: PerReplica = number(default=0.1, within="[0, inf)")

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return (2 * streams.uniform(inputs, outputs, np.dtype("float64")) - 1) * self.scale


@choice
class Zeros:
    """W = 0: right for linear models; hidden units that start equal stay equal."""

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return np.zeros((len(streams.replicas), inputs, outputs))
