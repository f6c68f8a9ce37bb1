"""Layers: each declares the arrays that it owns, and has its value and its pullback side by side, as every operation.

A layer is called with its inputs x (R, B, I) and with what it owns in this call. A gradient travels as a function, as a loss
gives it: () ↦ ∂J/∂z. A layer's pullback takes that of its outputs, writes the gradients of its arrays into arrays of the same
shapes, and returns that of its inputs, which nobody calls at the first layer. Whoever calls it owns the array that comes back.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop import kernels
from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of
from backprop.initializations import He, Initialization
from backprop.noise import Source
from backprop.operations import ACTIVATIONS
from backprop.randomness import Streams

ROLES = ("weight", "diagonal", "bias", "scale")  # weights: x W; diagonals: weights that multiply elementwise, x ∘ w

Inputs = Float[Array, "R B I"]
Outputs = Float[Array, "R B O"]


class Declared(NamedTuple):
    """An array that a layer owns: its name, one of ROLES, its rows and columns, and what it starts with, (R, rows, columns)."""

    name: str
    role: str
    rows: int
    columns: int
    initial: Callable[[Streams], Float[Array, "R rows columns"]]


class Declaration(NamedTuple):
    """What a layer says of itself: how many outputs it makes, what it owns, whose random draws it uses, what is inside."""

    outputs: int
    arrays: tuple[Declared, ...] = ()
    draws: tuple[str, ...] = ()  # the purposes of its random streams
    inside: tuple["Declaration", ...] = ()
    settles: bool = False  # whether it is measured with statistics of the training rows, which its `settle` computes


class Statistics(NamedTuple):
    """Mean and variance of each column over the rows of a training set."""

    mean: Float[Array, "R 1 I"]
    variance: Float[Array, "R 1 I"]


class Owned(NamedTuple):
    """What a layer has in one call: its arrays, in the order declared; its streams and statistics; what the layers inside have."""

    arrays: tuple[Array, ...] = ()
    streams: tuple[Streams, ...] | None = None  # None: no noise
    inside: tuple["Owned", ...] = ()
    statistics: Statistics | None = None  # None: those of the minibatch itself


@runtime_checkable
class Settling(Protocol):
    """A layer that is measured with statistics of the training rows, or has such layers inside."""

    def settle(self, x: Float[Array, "R n I"], owned: Owned) -> Owned:
        """What it owns, with the statistics of the rows x."""


Gradient = Callable[[], Outputs]
Pullback = Callable[[Gradient, Owned], Gradient]


@runtime_checkable
class Layer(Protocol):
    """What a network asks of a layer."""

    def declare(self, inputs: int, outputs: int) -> Declaration:
        """For rows of so many inputs, in a network of so many outputs. Raises ValueError where they do not fit."""

    def __call__(self, x: Inputs, owned: Owned, /) -> tuple[Outputs, Pullback]: ...


def through(layers: Sequence[Layer], x: Inputs, owned: Sequence[Owned]) -> tuple[Outputs, Callable]:
    """The chain rule: the value of layers one after the other, and the pullback through them in reverse."""

    def pullback(to_dz: Gradient, gradients: Sequence[Owned]) -> Gradient:
        for step, own in zip(reversed(steps), reversed(gradients), strict=True):
            to_dz = step(to_dz, own)
        return to_dz

    steps = []
    for layer, own in zip(layers, owned, strict=True):
        x, step = layer(x, own)
        steps.append(step)
    return x, pullback


@choice
class Dense:
    """z = x W + b: `units` outputs, or, without a number, as many as the data have targets or classes.

    Without an `initialization` of its own it has that of the network, or He's. A bias starts at 0, or as one row of weights drawn
    by `bias_initialization`. `noise` acts on W (DropConnect).
    """

    units: int | None = None
    bias: bool = True
    initialization: Initialization | None = None
    bias_initialization: Initialization | None = None
    noise: Source | None = None

    def __post_init__(self) -> None:
        if self.units is not None and (type(self.units) is not int or self.units < 1):
            raise ValueError(f"Dense.units is {self.units!r}; it must be a whole number of at least 1, or null.")

    def declare(self, inputs: int, outputs: int) -> Declaration:
        units = self.units or outputs
        W = Declared("W", "weight", inputs, units, partial(self.initialization or He(), inputs, units))
        b = Declared("b", "bias", 1, units, partial(self.initial_bias, inputs, units))
        return Declaration(units, (W, b) if self.bias else (W,), ("weights",))

    def initial_bias(self, inputs: int, units: int, streams: Streams) -> Float[Array, "R 1 O"]:
        if self.bias_initialization is None:
            return np.zeros((len(streams.replicas), 1, units))
        return self.bias_initialization(inputs, units, streams)[:, :1]

    def __call__(self, x: Inputs, owned: Owned):
        def pullback(to_dz: Gradient, gradients: Owned):
            dz = to_dz()
            dW, *db = gradients.arrays
            np.matmul(x.mT, dz, out=dW)
            if noisy_W is not W:
                dW[...] = to_W(dW)
            for one in db:
                kernels.column_sums(dz, 1, one)
            return lambda: dz @ noisy_W.mT

        W, *b = owned.arrays
        noisy_W, to_W = distorted(self.noise, W, owned)
        z = x @ noisy_W
        for one in b:
            kernels.add_bias(z, one)
        return z, pullback


@choice
class Activation:
    """a = φ(z), φ by its name."""

    function: str = one_of(default="relu", options=(*ACTIVATIONS,))

    def declare(self, inputs: int, outputs: int) -> Declaration:
        return Declaration(inputs)

    def __call__(self, z: Inputs, owned: Owned):
        a, to_z = ACTIVATIONS[self.function](z)
        return a, lambda to_da, gradients: lambda: to_z(to_da())


@choice
class Noise:
    """ã = a distorted by a source, where it stands in the list; nothing in evaluation. `stream` names its random draws."""

    source: Source
    stream: str = one_of(default="layers", options=("layers", "inputs", "hidden"))

    def declare(self, inputs: int, outputs: int) -> Declaration:
        return Declaration(inputs, draws=(self.stream,))

    def __call__(self, a: Inputs, owned: Owned):
        noisy, to_a = distorted(self.source, a, owned)
        return noisy, lambda to_dnoisy, gradients: lambda: to_a(to_dnoisy())


def distorted(source: Source | None, a: Array, owned: Owned):
    """The array as a noise source distorts it, with its pullback; the array itself without source or draws."""
    if source is None or owned.streams is None:
        return a, lambda da: da
    return source(a, owned.streams[0])


@choice
class Scale:
    """z = x ∘ w, one weight for each column: a layer of a diagonal network. All weights start at `initial`."""

    initial: PerReplica = number(default=1.0, within="(-inf, inf)")

    def declare(self, inputs: int, outputs: int) -> Declaration:
        return Declaration(inputs, (Declared("w", "diagonal", 1, inputs, partial(constant, inputs, self.initial)),))

    def __call__(self, x: Inputs, owned: Owned):
        def pullback(to_dz: Gradient, gradients: Owned):
            dz = to_dz()
            kernels.column_sums(dz * x, 1, gradients.arrays[0])
            return lambda: dz * w

        (w,) = owned.arrays
        return x * w, pullback


def constant(columns: int, value: PerReplica, streams: Streams) -> Float[Array, "R 1 columns"]:
    return np.zeros((len(streams.replicas), 1, columns)) + value


@choice
class Residual:
    """y = x + f(x), f the layers inside, which must make as many outputs as they get inputs. He et al., CVPR 2016."""

    layers: tuple[Layer, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))

    def declare(self, inputs: int, outputs: int) -> Declaration:
        inside = declarations(self.layers, inputs, outputs)
        made = inside[-1].outputs if inside else inputs
        if made != inputs:
            raise ValueError(
                f"Residual gets {inputs} inputs and its layers make {made} outputs, which cannot be added; give its last Dense "
                f"units: {inputs}, or put a Dense of {made} units before it."
            )
        return Declaration(inputs, inside=inside)

    def __call__(self, x: Inputs, owned: Owned):
        def pullback(to_dy: Gradient, gradients: Owned):
            dy = to_dy()
            to_x = to_inside(dy.copy, gradients.inside)
            return lambda: dy + to_x()

        y, to_inside = through(self.layers, x, owned.inside)
        return x + y, pullback

    def settle(self, x: Inputs, owned: Owned) -> Owned:
        """With the statistics of these rows wherever a layer inside needs some."""
        return owned._replace(inside=settled(self.layers, x, owned.inside)[1])


def declarations(layers: Sequence[Layer], inputs: int, outputs: int) -> tuple[Declaration, ...]:
    """What layers one after the other declare: each gets what the one before makes."""
    declared = []
    for layer in layers:
        declared.append(layer.declare(inputs, outputs))
        inputs = declared[-1].outputs
    return tuple(declared)


def settled(layers: Sequence[Layer], x: Inputs, owned: Sequence[Owned]) -> tuple[Outputs, tuple[Owned, ...]]:
    """The statistics of the rows x, layer by layer: each layer sees what those before it, with theirs, make of the rows."""
    having = []
    for layer, own in zip(layers, owned, strict=True):
        having.append(layer.settle(x, own) if isinstance(layer, Settling) else own)
        x, _ = layer(x, having[-1])
    return x, tuple(having)
