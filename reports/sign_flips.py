"""The sign-flip test of paired differences, for many comparisons at once and a block at a time: memory is bounded."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

Array = np.ndarray
EXACT = 16  # the largest number of seeds whose flips are all tried
FLIPS = 2**16  # how many are drawn at random for more seeds
BLOCK = 2**18  # numbers in memory at a time: what a cache holds


def sign_flip_p(differences: Float[Array, "comparisons n"]) -> Float[Array, " comparisons"]:
    """For each row, how often a mean at least as large (two-sided) comes from flipping the signs of its values at random.

    All flips are tried for n ≤ EXACT (the last value may keep its sign, since a flip and its opposite are equally large),
    else FLIPS random ones, the same for all rows.
    """
    comparisons, n = differences.shape
    rounding = 1e-12 * np.abs(differences).sum(axis=1)  # sums that differ by no more than this count as equal
    least = np.abs(differences.sum(axis=1)) - rounding
    as_large, flips = np.zeros(comparisons), 0
    for signs in sign_flips(n, rows=max(1, BLOCK // max(n, comparisons))):
        as_large += (np.abs(signs @ differences.T) >= least).sum(axis=0)
        flips += len(signs)
    return as_large / flips if n <= EXACT else (as_large + 1) / (flips + 1)  # + 1: the unflipped signs


def sign_flips(n: int, rows: int) -> Iterator[Float[Array, "rows n"]]:
    """Yield signs of n values, `rows` at a time; `rows` does not change which signs are drawn."""
    total, draw = 2 ** (n - 1) if n <= EXACT else FLIPS, np.random.default_rng(0)
    bits: Array
    for start in range(0, total, rows):
        count = min(rows, total - start)
        if n <= EXACT:
            bits = np.arange(start, start + count)[:, None] >> np.arange(n) & 1
        else:
            words = draw.integers(2**32, size=(count, -(-n // 32)), dtype=np.uint32)
            bits = np.unpackbits(words.view(np.uint8), axis=1)[:, :n]
        yield 1.0 - 2.0 * bits


def least_p(n: int) -> float:
    """The least p that the test can give with n seeds, however large the difference.

    >>> least_p(4), least_p(6)
    (0.125, 0.03125)
    """
    return 2.0 ** (1 - n) if n <= EXACT else 1 / (FLIPS + 1)


def least_seeds(comparisons: int, level: float = 0.05) -> int | None:
    """The least number of seeds with which the test can reach p < level under Holm's correction; None if there is none.

    >>> least_seeds(1), least_seeds(8), least_seeds(10_000)
    (6, 9, None)
    """
    return next((n for n in range(2, EXACT + 2) if least_p(n) * comparisons < level), None)
