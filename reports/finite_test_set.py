"""How much of the spread over networks is the finite test set: on all data of the kind, they would differ less.

With e_si the error of network s on test row i, t rows a network, m the mean of all networks' test errors: the variance that sampling
rows brings to a test error is

    v = mean over s of the variance of e_si over rows / t − C
    C = max(0, Σ_{s≠u} Σ_i (e_si − m)(e_ui − m) / (pairs · t²)), i in both test sets: what all networks have in common, which is no spread

Where all n share their test rows that is (1/t²) Σ_i p_i (1 − p_i) n/(n − 1), p_i the share of them that are right on row i (after Jordan,
ICLR 2024): the spread of networks that err on each row by chance, each row by itself. What is left of the variance over networks is
that of their errors on endless test data, except for differences that the training rows make.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

Array = np.ndarray


class FromTestRows(NamedTuple):
    """The variance of test errors that the finite test set brings, in all and to networks that share a split."""

    variance: float  # of one network
    within: float  # of networks of one split, around their mean; 0 where each has a split of its own
    rows: float  # t, on average


def from_test_rows(errors: pd.DataFrame, splits: Array, redrawn: bool = False) -> FromTestRows:
    """What test rows bring, from a table of seed, row and error, and each of its lines' split.

    With `redrawn`, splits have data of their own, so that equal numbers of rows are no common rows.
    """
    seeds, at = np.unique(errors["seed"], return_inverse=True)
    split_of = np.zeros(len(seeds), int)
    split_of[at] = splits
    rows, columns = np.unique(errors["row"], return_inverse=True)
    e = np.full((len(seeds), len(rows)), np.nan)
    e[at, columns] = errors["error"]
    return of_table(e, split_of, redrawn)


def of_table(e: Float[Array, "n rows"], split_of: Int[Array, " n"], redrawn: bool = False) -> FromTestRows:
    """The same from a table of errors, NaN on rows that are not in a network's test set."""
    there = np.isfinite(e)
    e, there, split_of = e[there.any(axis=1)], there[there.any(axis=1)], split_of[there.any(axis=1)]
    t = there.sum(axis=1)
    means = np.where(there, e, 0).sum(axis=1) / t
    squares = np.where(there, e - means[:, None], 0) ** 2
    alone = squares.sum(axis=1) / np.maximum(t - 1, 1) / t
    common = 0.0 if redrawn else in_common(np.where(there, e - means.mean(), 0) / t[:, None], split_of)
    within = [shared(e[split_of == split]) for split in np.unique(split_of)]
    return FromTestRows(float(alone.mean()) - common, float(np.mean(within)), float(t.mean()))


def shared(e: Float[Array, "n rows"]) -> float:
    """(1/t²) Σ_i of the variance over networks on row i, which for right and wrong is p_i (1 − p_i) n/(n − 1); 0 for one network.

    >>> shared(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))  # p = ½, 1, ½: (¼ + 0 + ¼) · 2 / 9
    0.111...
    """
    tested = e[:, np.isfinite(e).all(axis=0)]
    return float(tested.var(axis=0, ddof=1).sum()) / tested.shape[1] ** 2 if len(e) > 1 else 0.0


def in_common(d: Float[Array, "n rows"], split_of: Int[Array, " n"]) -> float:
    """C: the mean of Σ_i d_si d_ui over pairs of networks, of different splits where there are any; at least 0."""
    groups = np.unique(split_of, return_inverse=True)[1]
    if groups.max() == 0:  # one split for all
        groups = np.arange(len(d))
    sums = np.zeros((groups.max() + 1, d.shape[1]))
    np.add.at(sums, groups, d)
    pairs = len(d) ** 2 - int((np.bincount(groups) ** 2).sum())
    return max(0.0, float((sums.sum(axis=0) ** 2 - (sums**2).sum(axis=0)).sum()) / pairs) if pairs else float("nan")
