"""How much the errors of every row take on disk, and at how many evaluations they are kept so that a sweep stays within a bound."""

from collections import Counter
from collections.abc import Iterable

from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import Experiment
from experiments.study.keep import Keep
from experiments.study.selection import RULES

BOUND = 200 * 10**6  # bytes of a sweep
LEAST = 2  # evaluations: the first and the last


def within_bound(keep: Keep, experiments: Iterable[AnyExperiment]) -> Keep:
    """Keeps the errors of classes at fewer evaluations where at all they would take more; whoever asks for rows gets all.

    What selection rules take is always kept: it may take more than the bound by itself.
    """
    rows = rows_by_evaluations(experiments)
    if keep.rows or not rows or size(rows, max(rows)) <= BOUND:
        return keep
    fits = (count for count in range(max(rows), LEAST, -1) if size(rows, count) <= BOUND)
    return keep._replace(evaluations=next(fits, LEAST))


def left_out(keep: Keep, experiments: Iterable[AnyExperiment]) -> str:
    """What the page says where evaluations are left out; else nothing."""
    rows = rows_by_evaluations(experiments)
    if keep.rows or keep.evaluations is None or not rows:
        return ""
    return (
        f"errors of every row are kept at {keep.evaluations} of {max(rows)} evaluations, the first, the last and others evenly "
        f"spaced, and at the steps that selection rules take: at all they would take about {size(rows, max(rows)) / 1e6:,.0f} "
        f"MB, more than {BOUND / 1e6:,.0f} MB (execution.keep=[rows] keeps all)"
    )


def rows_by_evaluations(experiments: Iterable[AnyExperiment]) -> Counter[int]:
    """How many rows of classes, of all seeds and cells together, are measured so many times."""
    rows: Counter[int] = Counter()
    for one in experiments:
        if isinstance(one, Experiment) and one.dataset.task == "classification":
            sizes = one.summary()
            rows[one.evaluations] += (sizes["validation"] + sizes["test"]) * len(one.all_seeds)
    return rows


def size(rows: Counter[int], count: int) -> int:
    """Bytes, before they are packed closer: a row's number, and a bit for each of so many evaluations and each rule."""
    rules = len(RULES) + 1
    return sum(number * (1 - -(min(count, own) + rules) // 8) for own, number in rows.items())
