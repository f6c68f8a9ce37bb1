"""Rows of a dataset that are exact copies of each other: the same features and target, to the last bit."""

from functools import lru_cache

import numpy as np
from jaxtyping import Int

from backprop.arrays import Array
from experiments.data.datasets.dataset import HASHED_AT_ONCE, Dataset

MOST = 2**20  # rows: in larger data, copies are not looked for


def copies(dataset: Dataset, train: Int[Array, " n"], test: Int[Array, " t"]) -> int:
    """How many of the test rows, those aside that train as well, are copies of training rows; 0 in data of more than MOST rows."""
    if len(dataset.x) > MOST:
        return 0
    hashes, others = row_hashes(dataset), np.setdiff1d(test, train)
    return int(np.isin(hashes[others], hashes[train]).sum())


@lru_cache(maxsize=100)
def row_hashes(dataset: Dataset) -> Int[Array, " N"]:
    """A number of 64 bits a row, equal for equal rows; that two of N different rows share one has a chance of N² / 2⁶⁵.

    A hash by Python, whose seed is another in every process: good for comparing within one.
    """
    some = max(HASHED_AT_ONCE // dataset.x.shape[1], 1)
    hashed: list[int] = []
    for start in range(0, len(dataset.x), some):
        rows = np.hstack([dataset.x[start : start + some], dataset.y[start : start + some]]) + 0.0  # −0 becomes 0
        hashed += [hash(row.tobytes()) for row in rows]
    return np.array(hashed, np.int64)
