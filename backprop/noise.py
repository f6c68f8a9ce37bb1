"""Noise sources, and the sites where noise acts. Drawn anew for every example of every minibatch; never in evaluation."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.operations import Operation, Stack, identity
from backprop.randomness import Streams


@runtime_checkable
class Source(Protocol):
    """Distorts an array: value and pullback, as every operation. The mean of the distorted array is the array."""

    def __call__(self, a: Stack, streams: Streams): ...


@choice
class Gaussian:
    """ã = a + s ξ, ξ ~ N(0, 1); s is the standard deviation, in the unit of a. Bishop, Neural Comp. 7:108 (1995)."""

    scale: PerReplica = number(default=0.1, within="[0, inf)")

    def __call__(self, a: Stack, streams: Streams):
        def pullback(da: Stack):
            return da

        noisy = streams.normal(a.shape[-2], a.shape[-1], a.dtype)
        noisy *= self.scale
        noisy += a
        return noisy, pullback


@choice
class Dropout:
    """ã = a m / (1 − q), m = 0 with probability q, else 1 ("inverted" dropout). Srivastava et al., JMLR 15 (2014).

    The rate q is the probability to drop; it is realised to the nearest multiple of 2⁻¹⁶, and the factor with it.
    """

    rate: PerReplica = number(default=0.5, within="[0, 1)")

    def __call__(self, a: Stack, streams: Streams):
        def pullback(da: Stack):
            return da * mask

        dropped = np.minimum(np.rint(np.float64(self.rate) * 65536), 65535)  # of the 65,536 words
        keep = streams.words(*a.shape[-2:]) >= dropped.astype(np.uint16)
        mask = keep * (65536 / (65536 - dropped)).astype(a.dtype)
        return a * mask, pullback


@choice
class Noise:
    """Where noise acts: on the inputs, on the hidden activations, on the weights (not on the biases)."""

    inputs: Source | None = None
    hidden: Source | None = None
    weights: Source | None = None


class Sites(NamedTuple):
    """The operation at every site of a network of L layers; evaluation has the identity everywhere."""

    inputs: Operation
    hidden: tuple[Operation, ...]  # L − 1, after each activation
    weights: tuple[Operation, ...]  # L, one matrix each


def quiet(layers: int) -> Sites:
    """No noise anywhere."""
    return Sites(identity, (identity,) * (layers - 1), (identity,) * layers)


def sites(noise: Noise, layers: int, seeds: Sequence[int]) -> Sites:
    """Noise as operations, each with a stream of its own for every seed, site and layer."""

    def operation(source: Source | None, site: str, layer: int) -> Operation:
        return identity if source is None else partial(source, streams=Streams(seeds, site, layer))

    return Sites(
        operation(noise.inputs, "inputs", 0),
        tuple(operation(noise.hidden, "hidden", layer) for layer in range(layers - 1)),
        tuple(operation(noise.weights, "weights", layer) for layer in range(layers)),
    )
