"""Which rows each step sees: an epoch is n rows in the order that the choice draws, cut into minibatches.

B is the batch size. Where B does not divide n, the last minibatch keeps what is left, or is left out (`drop_last`).
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from backprop.arrays import Array
from backprop.choices import choice
from backprop.randomness import Streams


@runtime_checkable
class Batches(Protocol):
    @property
    def drop_last(self) -> bool: ...

    def order(self, n: int, streams: Streams) -> Int[Array, "R n"]:
        """The n rows of the next epoch, one after the other, of every replica."""


@choice
class Shuffled:
    """Every epoch sees each row once, in a new order; a last minibatch of fewer than B rows is left out if `drop_last`."""

    drop_last: bool = False

    def order(self, n: int, streams: Streams) -> Int[Array, "R n"]:
        return streams.permutation(n)


@choice
class InOrder:
    """Every epoch sees each row once, in the order of the data; with `drop_last` the rows left over are never seen."""

    drop_last: bool = False

    def order(self, n: int, streams: Streams) -> Int[Array, "R n"]:
        return np.tile(np.arange(n), (len(streams.replicas), 1))


@choice
class WithReplacement:
    """Every row of a minibatch is drawn from all n, whatever was drawn before: an epoch misses about 37 % of the rows.

    The theory of stochastic gradients mostly assumes this (Bottou, Curtis & Nocedal, SIAM Review 60:223, 2018). An epoch
    is n draws, in as many minibatches as the other choices have.
    """

    drop_last: bool = False

    def order(self, n: int, streams: Streams) -> Int[Array, "R n"]:
        return streams.integers(n, n)


def count(n: int, size: int, drop_last: bool) -> int:
    """How many minibatches of `size` rows n rows are cut into."""
    return n // size if drop_last else -(-n // size)


def cut(order: Int[Array, "R n"], size: int, drop_last: bool) -> Iterator[Int[Array, "R B"]]:
    """An epoch's minibatches."""
    for number in range(count(order.shape[-1], size, drop_last)):
        yield order[:, number * size : (number + 1) * size]
