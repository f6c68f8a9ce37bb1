"""A cell's curves, and the same as a table: what is recorded, verified and read back."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from experiments.selection import RULES, Last, Selection

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calculation import AnyExperiment


class Curves(NamedTuple):
    """What one cell did: every metric at every evaluation for every seed."""

    seeds: list[int]
    steps: list[int]
    epochs: list[float]
    metrics: dict[str, Float[Array, "T S"]]
    diverged_at: Int[Array, " S"]  # the step of the first infinite loss; −1 where there was none


def curve_table(curves: Curves, experiment: "AnyExperiment") -> "pd.DataFrame":
    """A row for every seed and evaluation: the metrics, and which row each selection rule takes.

    A diverged seed keeps its rows: `diverged_at` is the step of its first infinite loss, −1 for the others.
    """
    import pandas as pd

    T, S = len(curves.steps), len(curves.seeds)
    columns = {
        "seed": np.tile(curves.seeds, T),
        "step": np.repeat(curves.steps, S),
        "epoch": np.repeat(curves.epochs, S),
    }
    columns |= {name: values.ravel() for name, values in curves.metrics.items()}
    columns["diverged_at"] = np.tile(curves.diverged_at, T)
    own: Selection = getattr(experiment, "selection", Last())
    for name, rule in [*(RULES.items() if "validation/loss" in curves.metrics else ()), ("", own)]:
        taken = np.zeros((T, S), bool)
        taken[rule(curves.metrics), np.arange(S)] = True
        columns[f"selected/{name}" if name else "selected"] = taken.ravel()
    return pd.DataFrame(columns)


def metric_names(table: "pd.DataFrame") -> list[str]:
    """The columns of a cell's table that are metrics."""
    others = {"seed", "step", "epoch", "diverged_at", "selected"}
    return [name for name in table.columns if name not in others and not name.startswith(("selected/", "histogram/"))]


def mean_validation_error(table: "pd.DataFrame") -> float:
    """What a sweeper that searches would minimise: the mean over seeds at the selected step; NaN where nothing is trained."""
    return float(table[table.selected]["validation/error"].mean()) if "validation/error" in table else float("nan")
