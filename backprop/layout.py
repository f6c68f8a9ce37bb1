"""Where the arrays of a network lie in its one parameter array (R, 1, P): all weights first, then all biases, then all scales.

So penalties, norms and optimisers are elementwise lines on one array, whatever the network; nothing else knows its shapes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.layers import Declaration, Declared, Layer, Owned, Statistics, declarations, settled
from backprop.randomness import Streams

Parameters = Float[Array, "R 1 P"]
ORDER = {"weight": 0, "diagonal": 0, "bias": 1, "scale": 2}


class Weights(NamedTuple):
    """The weights of R networks as views into their parameters: to write one is to write the other.

    The first `columns` parameters are the weights, or weights and biases, where these are asked for too.
    """

    parameters: Parameters
    columns: int
    matrices: tuple[Float[Array, "R I O"], ...]
    diagonals: tuple[Float[Array, "R 1 I"], ...]

    @property
    def flat(self) -> Float[Array, "R 1 Q"]:
        """All weights in one row."""
        return self.parameters[..., : self.columns]

    @property
    def arrays(self) -> tuple[Float[Array, "R I O"], ...]:
        """Matrices and diagonals."""
        return self.matrices + self.diagonals


@dataclass(frozen=True, eq=False)
class Layout:
    """The layers of a network with so many inputs and outputs, and the place of each of their arrays."""

    layers: tuple[Layer, ...]
    inputs: int
    outputs: int

    @cached_property
    def declared(self) -> tuple[Declaration, ...]:
        return declarations(self.layers, self.inputs, self.outputs)

    @cached_property
    def owned_arrays(self) -> list[Declared]:
        """The arrays of all layers, in the order of the layers."""
        return [array for one in flattened(self.declared) for array in one.arrays]

    @cached_property
    def places(self) -> list[slice]:
        """Where each of them lies."""
        starts, end = {}, 0
        for n in sorted(range(len(self.owned_arrays)), key=lambda n: ORDER[self.owned_arrays[n].role]):
            starts[n] = end
            end += size(self.owned_arrays[n])
        return [slice(starts[n], starts[n] + size(array)) for n, array in enumerate(self.owned_arrays)]

    def count(self, *roles: str) -> int:
        """How many parameters have one of these roles; without roles, all."""
        return sum(size(array) for array in self.owned_arrays if not roles or array.role in roles)

    @cached_property
    def widths(self) -> list[int]:
        """How many columns come out of each layer that owns arrays."""
        return [one.outputs for one in flattened(self.declared) if one.arrays]

    def activations(self) -> int:
        """About how many numbers a training example needs between the layers: activations, masks and gradients."""
        return 4 * sum(self.widths[:-1])

    def arrays(self, parameters: Parameters) -> list[Float[Array, "R rows columns"]]:
        """The views of all arrays, in the order of the layers."""
        R = len(parameters)
        return [
            parameters[..., place].reshape(R, array.rows, array.columns)
            for array, place in zip(self.owned_arrays, self.places, strict=True)
        ]

    @cached_property
    def settles(self) -> bool:
        """Whether a layer is measured with statistics of the training rows."""
        return any(one.settles for one in flattened(self.declared))

    def views(
        self,
        parameters: Parameters,
        streams: Sequence[Streams] | None = None,
        statistics: Sequence[Statistics] | None = None,
    ) -> tuple[Owned, ...]:
        """What each layer owns, as views into the parameters: noise is drawn from `streams`; `statistics` are those given."""
        arrays = iter(self.arrays(parameters))
        draws = None if streams is None else iter(streams)
        given = None if statistics is None else iter(statistics)
        return tuple(owned(one, arrays, draws, given) for one in self.declared)

    def settled(self, parameters: Parameters, x: Float[Array, "R n I"]) -> tuple[Owned, ...]:
        """What each layer owns in evaluation: no noise, and the statistics of the training rows x where it needs some."""
        return settled(self.layers, x, self.views(parameters))[1]

    def weights(self, parameters: Parameters, and_biases: bool = False) -> Weights:
        """The weights; `and_biases`: the first `columns` parameters are weights and biases."""
        matrices, diagonals = (self.of_role(parameters, role) for role in ("weight", "diagonal"))
        count = self.count("weight", "diagonal", *(["bias"] if and_biases else []))
        return Weights(parameters, count, matrices, diagonals)

    def of_role(self, parameters: Parameters, role: str) -> tuple[Float[Array, "R rows columns"], ...]:
        """The views of the arrays that have this role, in the order of the layers."""
        pairs = zip(self.owned_arrays, self.arrays(parameters), strict=True)
        return tuple(view for array, view in pairs if array.role == role)

    def draws(self) -> set[str]:
        """The purposes for which a layer draws random numbers, or may: any Dense can have noise on its weights."""
        return {purpose for one in flattened(self.declared) for purpose in one.draws}

    def streams(self, seeds: Sequence[int]) -> list[Streams]:
        """A random stream for every place where noise can act, by its purpose and its number among those of that purpose."""
        numbers: dict[str, int] = {}
        streams = []
        for purpose in (purpose for one in flattened(self.declared) for purpose in one.draws):
            numbers[purpose] = numbers.get(purpose, -1) + 1
            streams.append(Streams(seeds, purpose, numbers[purpose]))
        return streams


def size(array: Declared) -> int:
    return array.rows * array.columns


def flattened(declared: Sequence[Declaration]) -> Iterator[Declaration]:
    """All declarations, each before those inside it."""
    for one in declared:
        yield one
        yield from flattened(one.inside)


def owned(
    declared: Declaration,
    arrays: Iterator[Array],
    draws: Iterator[Streams] | None,
    statistics: Iterator[Statistics] | None,
) -> Owned:
    """What one layer, and those inside it, take of the arrays, streams and statistics of all."""
    own = tuple(next(arrays) for _ in declared.arrays)
    streams = None if draws is None else tuple(next(draws) for _ in declared.draws)
    inside = tuple(owned(one, arrays, draws, statistics) for one in declared.inside)
    return Owned(own, streams, inside, next(statistics) if statistics and declared.settles else None)


def statistics_in(owned: Sequence[Owned]) -> list[Statistics]:
    """The statistics that layers own, in the order in which `Layout.views` takes them."""
    return [one for own in owned for one in (*statistics_in(own.inside), own.statistics) if isinstance(one, Statistics)]


def initial_parameters(layout: Layout, seeds: Sequence[int], dtype: str) -> Parameters:
    """What every array starts with: the n-th of the weights, and the n-th of the others, by a stream of its own for each seed."""
    parameters = np.zeros((len(seeds), 1, layout.count()), dtype)
    numbers = {"init": 0, "biases": 0}
    for array, view in zip(layout.owned_arrays, layout.arrays(parameters), strict=True):
        purpose = "init" if array.role in ("weight", "diagonal") else "biases"
        view[...] = array.initial(Streams(seeds, purpose, numbers[purpose]))
        numbers[purpose] += 1
    return parameters
