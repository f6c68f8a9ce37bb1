"""One random stream per seed and purpose: turning one noise on never moves another stream.

Replicas that share a seed share its draws, so comparisons between them are paired, and each draw is made once.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt16

from backprop.arrays import Array

PURPOSES = ("split", "init", "batch", "inputs", "hidden", "weights", "gradients", "labels", "data", "curvature")


def generator(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """The stream of one seed and purpose; `index` tells apart the layers that one purpose serves. Seed 0 is a seed."""
    key = (PURPOSES.index(purpose), index)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy=seed, spawn_key=key)))


class Streams:
    """The streams of one purpose for R replicas: a draw has shape (R, rows, columns), equal where seeds are equal."""

    def __init__(self, seeds: Sequence[int], purpose: str, index: int = 0):
        distinct, self.replicas = np.unique(np.asarray(seeds), return_inverse=True)
        self.generators = [generator(int(seed), purpose, index) for seed in distinct]

    def normal(self, rows: int, columns: int, dtype: np.dtype) -> Float[Array, "R rows columns"]:
        """Draws from N(0, 1)."""
        return self.each(lambda g: g.standard_normal((rows, columns), dtype=dtype))

    def uniform(self, rows: int, columns: int, dtype: np.dtype) -> Float[Array, "R rows columns"]:
        """Draws from U[0, 1)."""
        return self.each(lambda g: g.random((rows, columns), dtype=dtype))

    def words(self, rows: int, columns: int) -> UInt16[Array, "R rows columns"]:
        """Whole numbers, uniform on 0 … 65535: enough bits for a mask, at a quarter of the price of a double."""
        size = rows * columns
        return self.each(lambda g: np.frombuffer(g.bytes(2 * size), dtype=np.uint16).reshape(rows, columns))

    def permutation(self, n: int) -> Int[Array, "R n"]:
        """An order of n things."""
        return self.each(lambda g: g.permutation(n))

    def each(self, draw) -> Array:
        draws = np.stack([draw(g) for g in self.generators])
        return (
            draws if len(draws) == len(self.replicas) and (np.diff(self.replicas) > 0).all() else draws[self.replicas]
        )
