"""Limits the disk space that the errors of every row take: in a large sweep they are kept at fewer evaluations."""

from collections import Counter
from collections.abc import Iterable

from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import Experiment
from experiments.study.keep import Keep
from experiments.study.selection import RULES

BOUND = 200 * 10**6  # bytes per sweep
LEAST = 2  # evaluations: the first and the last


def within_bound(keep: Keep, experiments: Iterable[AnyExperiment]) -> Keep:
    """Keeps per-row classification errors at fewer evaluations if they exceed the bound; with `keep.rows`, at all.

    Errors at the steps that selection rules take are always kept, even if they alone exceed the bound.
    """
    rows = rows_by_evaluations(experiments)
    if keep.rows or not rows or size(rows, max(rows)) <= BOUND:
        return keep
    fits = (count for count in range(max(rows), LEAST, -1) if size(rows, count) <= BOUND)
    return keep._replace(evaluations=next(fits, LEAST))


def left_out(keep: Keep, experiments: Iterable[AnyExperiment]) -> str:
    """The note for the page where evaluations are left out; else empty."""
    rows = rows_by_evaluations(experiments)
    if keep.rows or keep.evaluations is None or not rows:
        return ""
    return (
        f"errors of every row are kept at {keep.evaluations} of {max(rows)} evaluations, the first, the last and others evenly "
        f"spaced, and at the steps that selection rules take; at all evaluations they would take about {size(rows, max(rows)) / 1e6:,.0f} "
        f"MB, more than the {BOUND / 1e6:,.0f} MB allowed (execution.keep=[rows] keeps all)"
    )


def rows_by_evaluations(experiments: Iterable[AnyExperiment]) -> Counter[int]:
    """By number of evaluations, how many held-out rows classification cells have, all seeds and cells together."""
    rows: Counter[int] = Counter()
    for experiment in experiments:
        if isinstance(experiment, Experiment) and experiment.dataset.task == "classification":
            sizes = experiment.summary()
            rows[len(experiment.steps)] += (sizes["validation"] + sizes["test"]) * len(experiment.all_seeds)
    return rows


def size(rows: Counter[int], count: int) -> int:
    """Bytes before compression: per row its number, and a bit for each of `count` evaluations and each rule."""
    rules = len(RULES) + 1
    return sum(number * (1 - -(min(count, evaluations) + rules) // 8) for evaluations, number in rows.items())
