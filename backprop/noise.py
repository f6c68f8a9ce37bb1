"""Noise sources, and where in a network noise acts. Drawn anew for every minibatch; never in evaluation.

A source's `schedule` multiplies its rate or scale.
"""

from dataclasses import fields, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, UInt16

from backprop import kernels
from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of
from backprop.operations import Stack
from backprop.randomness import Streams
from backprop.schedules import Schedule

SHARED_OVER = ("nothing", "batch")
PerLayer = PerReplica | tuple[PerReplica, ...]  # one number for all layers, or one a layer


class Mask(NamedTuple):
    """Which entries are kept, and the factor on them: where the random bits of the entry's seed are not below the threshold."""

    random_bits: UInt16[Array, "S B O"]  # or one row for all
    seed_index: Int[Array, " R"]  # the replicas' seeds
    threshold: UInt16[Array, " R"]  # or one for all
    factor: Float[Array, " R"]  # or one for all


@runtime_checkable
class Source(Protocol):
    """Distorts an array: value and pullback, as every operation. The mean of the distorted array is the array."""

    def __call__(self, a: Stack, streams: Streams): ...


@choice
class Gaussian:
    """ã = a + s ξ, ξ ~ N(0, 1): additive noise; s is the standard deviation, in the unit of a.

    `shared_over` nothing: every entry has its own draw; batch: the rows of a minibatch share one. At weights and gradients
    every entry draws its own, once a minibatch. `scale` may be a list, one number a layer.

    Bishop, Neural Comp. 7:108 (1995); An, Neural Comp. 8:643 (1996).
    """

    scale: PerLayer = number(default=0.1, within="[0, inf)", per_layer=True, scheduled=True)
    shared_over: str = one_of(default="nothing", options=SHARED_OVER)
    schedule: Schedule | None = None

    def __call__(self, a: Stack, streams: Streams):
        def pullback(da: Stack):
            return da

        noisy = streams.normal(rows(a.shape[-2], self.shared_over), a.shape[-1], a.dtype)
        noisy *= self.scale
        return a + noisy, pullback


@choice
class MultiplicativeGaussian:
    """ã = a (1 + s ξ), ξ ~ N(0, 1): with s² = q / (1 − q) its mean and variance are those of dropout at rate q.

    `shared_over` and lists as for Gaussian. Srivastava et al., JMLR 15 (2014), section 10.
    """

    scale: PerLayer = number(default=0.5, within="[0, inf)", per_layer=True, scheduled=True)
    shared_over: str = one_of(default="nothing", options=SHARED_OVER)
    schedule: Schedule | None = None

    def __call__(self, a: Stack, streams: Streams):
        def pullback(da: Stack):
            return da * factor

        factor = streams.normal(rows(a.shape[-2], self.shared_over), a.shape[-1], a.dtype)
        factor *= self.scale
        factor += 1
        return a * factor, pullback


@choice
class Dropout:
    """ã = a m / (1 − q), m = 0 with probability q, else 1 ("inverted" dropout). Srivastava et al., JMLR 15 (2014).

    The rate q is the probability to drop; it is realised to the nearest multiple of 2⁻¹⁶, and the factor with it. At
    the weights this is DropConnect (Wan et al., ICML 2013), with one mask a minibatch. `shared_over` and lists as for Gaussian.
    """

    rate: PerLayer = number(default=0.5, within="[0, 1)", per_layer=True, scheduled=True)
    shared_over: str = one_of(default="nothing", options=SHARED_OVER)
    schedule: Schedule | None = None

    def __call__(self, a: Stack, streams: Streams):
        def pullback(da: Stack):
            return masked(da)

        def masked(a: Stack) -> Stack:
            out = np.empty_like(a)
            kernels.mask(a, mask.random_bits, mask.seed_index, mask.threshold, mask.factor, out)
            return out

        mask = self.mask(a.shape[-2], a.shape[-1], a.dtype, streams)
        return masked(a), pullback

    def mask(self, examples: int, columns: int, dtype: np.dtype, streams: Streams) -> Mask:
        """The next draw."""
        random_bits = streams.random_bits(rows(examples, self.shared_over), columns)
        return Mask(random_bits, streams.replicas, self.threshold, self.factor.astype(dtype))

    @cached_property
    def threshold(self) -> UInt16[Array, " R"]:
        """How many of the 65,536 values of the random bits mean to drop; one number where all replicas have one rate."""
        return np.minimum(np.rint(np.ravel(np.asarray(self.rate)) * 65536.0), 65535).astype(np.uint16)

    @cached_property
    def factor(self) -> Float[Array, " R"]:
        """1 / (1 − q) of the realised rate."""
        return 65536 / (65536.0 - self.threshold)


def rows(examples: int, shared_over: str) -> int:
    """How many rows of a minibatch draw their own."""
    return examples if shared_over == "nothing" else 1


@choice
class Noise:
    """Where noise acts: on the inputs, the hidden activations, the weights (not the biases), the gradient."""

    inputs: Source | None = None
    hidden: Source | None = None
    weights: Source | None = None
    gradients: Source | None = None

    def __post_init__(self) -> None:
        for site in ("weights", "gradients"):
            if getattr(getattr(self, site), "shared_over", "nothing") == "batch":
                raise ValueError(
                    f"noise.{site}.shared_over is batch; at the {site} every entry draws its own, once a minibatch: leave shared_over out."
                )


def of_layer(source: Any, layer: int, count: int) -> Source:
    """The source with each list of numbers replaced by the layer's own."""
    own = {}
    for f in fields(source):
        value = getattr(source, f.name)
        if isinstance(value, tuple):
            if len(value) != count:
                name = f"{type(source).__name__}.{f.name}"
                raise ValueError(
                    f"{name} lists {len(value)} numbers, but noise acts at {count} layers; give {count}, or one for all."
                )
            own[f.name] = value[layer]
    return replace(source, **own) if own else source
