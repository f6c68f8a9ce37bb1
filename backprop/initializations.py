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
class LeCun:
    """W ~ N(0, 1/I): a unit's input varies as much as one of its inputs does. LeCun, Bottou, Orr & Müller (1998), section 4.6.

    In: Neural Networks: Tricks of the Trade, Springer.
    """

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return streams.normal(inputs, outputs, np.dtype("float64")) / np.sqrt(inputs)


@choice
class FanIn:
    """W ~ U(−1/√I, 1/√I), of variance 1/(3I): the default of PyTorch's Linear. Glorot & Bengio, AISTATS 2010, eq. 1."""

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return (2 * streams.uniform(inputs, outputs, np.dtype("float64")) - 1) / np.sqrt(inputs)


@choice
class Orthogonal:
    """W = c Q with orthonormal columns, or rows where I < O, uniform among such; c is `gain`. Saxe et al., ICLR 2014.

    Q is of a Gaussian matrix's QR decomposition, each column times the sign of R's diagonal, without which Q would not
    be uniform (Mezzadri, Notices of the AMS 54:592, 2007).
    """

    gain: PerReplica = number(default=1.0, within="(0, inf)")

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        G = streams.normal(inputs, outputs, np.dtype("float64"))
        return self.gain * (orthonormal(G) if inputs >= outputs else orthonormal(G.mT).mT)


def orthonormal(G: Float[Array, "R I O"]) -> Float[Array, "R I O"]:
    """The Q of G = Q R whose R has a positive diagonal."""
    Q, R = np.linalg.qr(G)
    return Q * np.copysign(1, np.diagonal(R, axis1=-2, axis2=-1))[:, None, :]


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
    """W = 0: right for linear models, and for biases; hidden units that start equal stay equal."""

    def __call__(self, inputs: int, outputs: int, streams: Streams) -> Float[Array, "R I O"]:
        return np.zeros((len(streams.replicas), inputs, outputs))
