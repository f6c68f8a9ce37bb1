"""How much choosing a step on test rows flatters, alone: chosen on one half of the test rows, judged on the other, both ways.

The oracle's error lies below what was reported for two reasons: it may take a better step, and it has seen the rows that it is judged
on. On rows that it has not seen only the first is left. A half has fewer rows than the whole, so that chance decides more: the bias on
all test rows is somewhat smaller.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from reports.load import Sweep
from reports.schema import HELD_OUT
from reports.schema.rows import column, description, parts
from reports.sign_flips import Array

if TYPE_CHECKING:
    import pyarrow as pa

HALVINGS = 100  # of the test rows, over which the bias is averaged


def selection_bias(sweep: Sweep, cell: str) -> "pd.Series | None":
    """Each seed's bias, by seed; None where errors of test rows are not kept at several evaluations."""
    table = sweep.row_table(cell)
    steps = [] if table is None else [at for at in description(table)["at"] if at.isdigit()]
    if table is None or len(steps) < 2:
        return None
    return by_seed(table, steps)


def by_seed(table: "pa.Table", steps: list[str]) -> pd.Series:
    """The bias of each seed that has two test rows or more."""
    of_test = parts(table) == HELD_OUT.index("test")
    seeds = table["seed"].to_numpy()[of_test]
    errors = np.stack([column(table, at)[of_test] for at in steps], axis=1).astype(float)
    return pd.Series(
        {int(s): bias(errors[seeds == s]) for s in np.unique(seeds) if (seeds == s).sum() > 1}, dtype=float
    )


def bias(errors: Float[Array, "rows steps"]) -> float:
    """The mean over halvings, and both ways, of the error on one half less the error on the other, at the step best on the one.

    The halvings are HALVINGS random ones, the same whenever there are as many rows. A step with an error that is not finite is never
    best; NaN where no other is left.

    >>> round(bias(np.array([[0, 1], [0, 1], [1, 0], [1, 0]])), 2)  # −1/3 over all halvings: −1 in a third of them, else 0
    -0.36
    """
    t, fine = len(errors), np.isfinite(errors).all(axis=0)
    if not fine.any():
        return float("nan")
    ones = first_halves(t) @ errors[:, fine]
    halves = ones / (t // 2), (errors[:, fine].sum(axis=0) - ones) / (t - t // 2)
    each = np.arange(HALVINGS)
    flattered = [
        own[each, best] - other[each, best] for own, other in (halves, halves[::-1]) for best in [own.argmin(axis=1)]
    ]
    return float(np.mean(flattered))


@lru_cache(maxsize=4)
def first_halves(rows: int) -> Float[Array, "halvings rows"]:
    """1 for the rows of each halving's first half, 0 for the others."""
    draw = np.random.default_rng(0)
    return np.stack([draw.permutation(rows) < rows // 2 for _ in range(HALVINGS)]).astype(float)
