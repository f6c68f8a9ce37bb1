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
    number = contents(dataset)
    seen, aside = np.zeros(len(number), bool), np.ones(len(number), bool)
    seen[number[train]], aside[train] = True, False
    return int((seen[number[test]] & aside[test]).sum())


@lru_cache(maxsize=100)
def contents(dataset: Dataset) -> Int[Array, " N"]:
    """A number for every row, from 0 on, the same for rows whose features and targets are the same.

    By hashes of 64 bits: that two of N different rows share one has a chance of N² / 2⁶⁵.
    """
    some = max(HASHED_AT_ONCE // dataset.x.shape[1], 1)
    hashed: list[int] = []
    for start in range(0, len(dataset.x), some):
        rows = np.hstack([dataset.x[start : start + some], dataset.y[start : start + some]]) + 0.0  # −0 becomes 0
        hashed += [hash(row.tobytes()) for row in rows]
    return np.unique(hashed, return_inverse=True)[1]
