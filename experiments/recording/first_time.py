"""When a seed was trained first, where it was trained again: by execution.force, or to keep more of it."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.recording import journal
from experiments.recording.plan import Cell
from experiments.recording.recorded import recorded_curves
from experiments.recording.store import store_key
from experiments.study.curves import Curves, times

if TYPE_CHECKING:
    from mlflow import MlflowClient


def with_first_times(client: "MlflowClient", cell: Cell, curves: Curves) -> Curves:
    """The curves with the time of each seed's first training that the store still has: the same result twice is no newer.

    Else a claim could be stated after a look, and its cells trained again.
    """
    names, began = cell.identity.seeds, times(curves).copy()
    runs = journal.recorded(list(names.values()), store_key())
    for run_id in sorted(set(runs.values())):
        seeds = [seed for seed in curves.seeds if runs.get(names[seed]) == run_id]
        before = recorded_curves(client, run_id, seeds)
        if before is not None:
            at = [curves.seeds.index(seed) for seed in seeds]
            began[at] = np.minimum(began[at], times(before))  # −1, not known, is the least
    return curves._replace(began=began)
