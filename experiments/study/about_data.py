"""What a report must know of a cell's data: to compare it with another's, and to say how seeds differ in them."""

from typing import Any

import numpy as np

from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import Experiment
from reports.schema import PARTS


def about_data(experiment: AnyExperiment) -> dict[str, Any]:
    data, summary = experiment.dataset, experiment.summary()
    sizes = {part: int(summary[part]) for part in PARTS if part in summary}
    more = about_rows(experiment) if isinstance(experiment, Experiment) else {"redrawn": data.redrawn is not None}
    return {"data": data.fingerprint, "task": data.task, "sizes": sizes} | {
        key: value for key, value in more.items() if value
    }


def about_rows(experiment: Experiment) -> dict[str, Any]:
    """How many test rows are for training or validation too, and how many rows no part has, at most; whether all seeds have one split."""
    drawn = [experiment.rows(seed) for seed in dict.fromkeys(experiment.seeds_of("split"))]
    redrawn = experiment.dataset.redrawn is not None and "split" in experiment.vary
    return {
        "overlap": max(int(np.isin(parts.test, np.concatenate(parts[:2])).sum()) for parts in drawn),
        "left_out": len(experiment.dataset.x) - min(len(np.unique(np.concatenate(parts))) for parts in drawn),
        "one_split": len(drawn) > 1 and len({parts.digest() for parts in drawn}) == 1 and not redrawn,
        "redrawn": redrawn,
    }
