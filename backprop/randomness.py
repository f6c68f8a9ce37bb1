"""One random stream per seed and purpose: turning one noise on never moves another stream.

Replicas that share a seed share its draws, so comparisons between them are paired, and each draw is made once.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, UInt16, UInt64

from backprop import kernels
from backprop.arrays import Array

PURPOSES = (
    "split",
    "init",
    "batch",
    "inputs",
    "hidden",
    "weights",
    "gradients",
    "labels",
    "data",
    "curvature",
    "layers",
    "biases",
    "augmentation",
)


def generator(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """The stream of one seed and purpose; `index` tells apart the layers that one purpose serves. Seed 0 is a seed."""
    return np.random.Generator(np.random.SFC64(sequence(seed, purpose, index)))


def sequence(seed: int, purpose: str, index: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(entropy=seed, spawn_key=(PURPOSES.index(purpose), index))


class Streams:
    """The streams of one purpose for R replicas: a draw has shape (R, rows, columns), equal where seeds are equal."""

    def __init__(self, seeds: Sequence[int], purpose: str, index: int = 0):
        distinct, self.replicas = np.unique(np.asarray(seeds), return_inverse=True)
        self.key = (distinct, purpose, index)
        self.drawn = 0  # words of each sequence
        self.in_order = len(distinct) == len(seeds) and bool((np.diff(self.replicas) > 0).all())

    @cached_property
    def generators(self) -> list[np.random.Generator]:
        """One a distinct seed, for draws of real numbers."""
        distinct, purpose, index = self.key
        return [generator(int(seed), purpose, index) for seed in distinct]

    @cached_property
    def words_from(self) -> tuple[UInt64[Array, " S"], UInt64[Array, " S"]]:
        """Where each distinct seed's sequence of random words starts, and its odd stride γ."""
        distinct, purpose, index = self.key
        pairs = [sequence(int(seed), purpose, index).generate_state(2, np.uint64) for seed in distinct]
        starts, gammas = np.array(pairs).T.copy()
        return starts, gammas | np.uint64(1)

    def normal(self, rows: int, columns: int, dtype: np.dtype) -> Float[Array, "R rows columns"]:
        """Draws from N(0, 1)."""
        return self.each(lambda g: g.standard_normal((rows, columns), dtype=dtype))

    def uniform(self, rows: int, columns: int, dtype: np.dtype) -> Float[Array, "R rows columns"]:
        """Draws from U[0, 1)."""
        return self.each(lambda g: g.random((rows, columns), dtype=dtype))

    def random_bits(self, rows: int, columns: int) -> UInt16[Array, "S rows columns"]:
        """Whole numbers, uniform on 0 … 65535: enough bits for a mask, at a quarter of the price of a double.

        They are one set a distinct seed; replica r's is number `replicas[r]`.
        """
        size = rows * columns
        return self.bits(-(-size // 4)).view(np.uint16)[:, :size].reshape(-1, rows, columns)

    def permutation(self, n: int) -> Int[Array, "R n"]:
        """An order of n things."""
        order = np.empty((len(self.key[0]), n), int)
        kernels.shuffle(self.bits(n - 1), order)
        return self.of_replicas(order)

    def integers(self, n: int, count: int) -> Int[Array, "R count"]:
        """So many whole numbers, uniform on 0 … n − 1 without bias: numpy multiplies and rejects (Lemire, ACM TOMACS 29:3, 2019)."""
        return self.each(lambda g: g.integers(n, size=count))

    def bits(self, n: int) -> UInt64[Array, "S n"]:
        """n times 64 random bits for each distinct seed."""
        words = np.empty((len(self.key[0]), n), np.uint64)
        kernels.random_words(*self.words_from, self.drawn, words)
        self.drawn += n
        return words

    def each(self, draw) -> Array:
        return self.of_replicas(np.stack([draw(g) for g in self.generators]))

    def of_replicas(self, draws: Array) -> Array:
        """The draws of each replica's seed."""
        return draws if self.in_order else draws[self.replicas]
