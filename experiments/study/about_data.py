"""What a report must know of a cell's data: to compare it with another's, and to say how seeds differ in them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Int

from backprop.arrays import Array
from experiments.data.datasets.dataset import Dataset
from experiments.data.splits import Split, drawn
from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import Experiment
from reports.schema import IN_COMMON, PARTS


def about_data(experiment: AnyExperiment) -> dict[str, Any]:
    """Fingerprint, task, sizes of the first seed's parts; and, where they are not 0 or false, what else a reader must be told.

    Of a network also the share of training rows that seeds have in common, even where it is 0: older records lack it.
    """
    data, summary = experiment.dataset, experiment.summary()
    sizes = {part: int(summary[part]) for part in PARTS if part in summary}
    own_data = data.redrawn is not None and ("split" in experiment.vary if isinstance(experiment, Experiment) else True)
    more: dict[str, Any] = {"redrawn": own_data}
    if isinstance(experiment, Experiment):
        more |= about_rows(data, experiment.split, tuple(experiment.seeds_of("split")))
    return {"data": data.fingerprint, "task": data.task, "sizes": sizes} | {
        key: told for key, told in more.items() if told or key == IN_COMMON
    }


@lru_cache(maxsize=1000)
def about_rows(dataset: Dataset, split: Split, seeds: tuple[int, ...]) -> dict[str, Any]:
    """How many test rows are for training or validation too, how many rows no part has, at most; whether all seeds have one split.

    And the share of a training set that two seeds have in common, on average over all pairs.
    """
    of_seed = {seed: drawn(dataset.of_seed(seed), split, seed) for seed in dict.fromkeys(seeds)}
    parts = list(of_seed.values())
    return {
        "overlap": max(int(np.isin(rows.test, np.concatenate(rows[:2])).sum()) for rows in parts),
        "left_out": len(dataset.x) - min(len(np.unique(np.concatenate(rows))) for rows in parts),
        "one_split": len(parts) > 1 and len({rows.digest() for rows in parts}) == 1 and dataset.redrawn is None,
        IN_COMMON: 0.0 if dataset.redrawn is not None else in_common([of_seed[seed].train for seed in seeds]),
    }


def in_common(sets: Sequence[Int[Array, " n"]]) -> float:
    """The share of rows that two of the sets have in common, on average over pairs: Σ_r c_r (c_r − 1) / (k (k − 1) n).

    c_r: how many of the k sets have row r. Of one set it is 0.

    >>> in_common([np.array([0, 1]), np.array([1, 2]), np.array([1, 3])])
    0.5
    """
    k = len(sets)
    if k < 2:
        return 0.0
    counts = np.bincount(np.concatenate(sets))
    return round(float((counts * (counts - 1)).sum() / ((k - 1) * counts.sum())), 9)
