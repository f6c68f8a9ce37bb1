"""A cell's curves as a table: what is recorded, verified and read back."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.evaluation import Curves
from experiments.selection import RULES
from experiments.study import Experiment

if TYPE_CHECKING:
    import pandas as pd


def curve_table(curves: Curves, experiment: Experiment) -> "pd.DataFrame":
    """A row for every seed and evaluation: the metrics, and which row each selection rule takes.

    A diverged seed keeps its rows: `diverged_at` is the step of its first infinite loss, −1 for the others.
    """
    import pandas as pd

    T, S = len(curves.steps), len(curves.seeds)
    table = pd.DataFrame(
        {"seed": np.tile(curves.seeds, T), "step": np.repeat(curves.steps, S), "epoch": np.repeat(curves.epochs, S)}
    )
    for name, values in curves.metrics.items():
        table[name] = values.ravel()
    table["diverged_at"] = np.tile(curves.diverged_at, T)
    for name, rule in [*RULES.items(), ("", experiment.selection)]:
        taken = np.zeros((T, S), bool)
        taken[rule(curves.metrics), np.arange(S)] = True
        table[f"selected/{name}" if name else "selected"] = taken.ravel()
    return table


def metric_names(table: "pd.DataFrame") -> list[str]:
    """The columns of a cell's table that are metrics."""
    others = {"seed", "step", "epoch", "diverged_at", "selected"}
    return [name for name in table.columns if name not in others and not name.startswith("selected/")]


def mean_validation_error(table: "pd.DataFrame") -> float:
    """What a sweeper that searches would minimise: the mean over seeds at the selected step."""
    return float(table[table.selected]["validation/error"].mean())
