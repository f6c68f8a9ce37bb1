"""What a report must know of a cell's data: to compare it with another's, and to say how seeds differ in them."""

from functools import lru_cache
from typing import Any

import numpy as np

from experiments.data.datasets.dataset import Dataset
from experiments.data.splits import Split, drawn
from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import Experiment
from reports.schema import PARTS


def about_data(experiment: AnyExperiment) -> dict[str, Any]:
    """Fingerprint, task, sizes of the first seed's parts; and, where they are not 0 or false, what else a reader must be told."""
    data, summary = experiment.dataset, experiment.summary()
    sizes = {part: int(summary[part]) for part in PARTS if part in summary}
    own_data = data.redrawn is not None and ("split" in experiment.vary if isinstance(experiment, Experiment) else True)
    more: dict[str, Any] = {"redrawn": own_data}
    if isinstance(experiment, Experiment):
        more |= {"crossed": experiment.crossed}
        more |= about_rows(data, experiment.split, tuple(dict.fromkeys(experiment.seeds_of("split"))))
    return {"data": data.fingerprint, "task": data.task, "sizes": sizes} | {
        key: told for key, told in more.items() if told
    }


@lru_cache(maxsize=1000)
def about_rows(dataset: Dataset, split: Split, seeds: tuple[int, ...]) -> dict[str, Any]:
    """How many test rows are for training or validation too, how many rows no part has, at most; whether all seeds have one split."""
    parts = [drawn(dataset.of_seed(seed), split, seed) for seed in seeds]
    return {
        "overlap": max(int(np.isin(rows.test, np.concatenate(rows[:2])).sum()) for rows in parts),
        "left_out": len(dataset.x) - min(len(np.unique(np.concatenate(rows))) for rows in parts),
        "one_split": len(parts) > 1 and len({rows.digest() for rows in parts}) == 1 and dataset.redrawn is None,
    }
