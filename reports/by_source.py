"""The spread of test error by source, in a sweep whose seeds cross sources of chance, and what the finite test set has of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.components import ALL, Component, Effect, components, effects_of
from reports.crossed import as_array, crossed
from reports.finite_test_set import FromTestRows, from_test_rows
from reports.load import Sweep
from reports.schema.crossing import SOURCES, first_draws
from reports.schema.record import Unreadable

ALONE = {"split": "split", "init": "initial weights", "order": "order of minibatches"}
TOGETHER = {"split": "split", "init": "weights", "order": "order"}


class BySource(NamedTuple):
    """The spread of one cell's test error by source."""

    arm: str
    sizes: dict[str, int]  # draws of each crossed source
    lost: int  # how many seeds have no finite test error: then there are no components
    components: dict[Effect, Component]
    names: dict[Effect, str]
    test_rows: FromTestRows | None  # None where errors of rows are not kept


def by_source(sweep: Sweep, comparison: Comparison) -> list[BySource]:
    """The components of test error of every arm whose seeds are crossed."""
    cells = {cell["name"]: cell for cell in sweep.cells}
    return [of_cell(row.arm, cells[row.cell], sweep) for row in comparison.rows if crossed(cells[row.cell])]


def of_cell(arm: str, cell: Mapping[str, Any], sweep: Sweep) -> BySource:
    """One cell's components, where all of its seeds have a test error: a design with holes has no moments of this kind."""
    rows, sizes = sweep.results[sweep.results.cell == cell["name"]], crossed(cell)
    y = as_array(rows.set_index("seed")["test/error"], sizes)
    lost = int(np.isnan(y).sum())
    tested = None if lost else errors_of_test_rows(sweep, cell["name"])
    return BySource(
        arm,
        sizes,
        lost,
        {} if lost else components(y),
        names(tuple(sizes), drawn_anew(cell, sweep)),
        None if tested is None else of_test_rows(tested, cell, sweep),
    )


def errors_of_test_rows(sweep: Sweep, cell: str) -> pd.DataFrame | None:
    """The errors of a cell's test rows; None where none are kept, or they cannot be read."""
    try:
        errors = sweep.errors(cell)
    except Unreadable:
        return None
    tested = None if errors is None else errors[errors.part == "test"]
    return tested if tested is not None and len(tested) else None


def of_test_rows(tested: pd.DataFrame, cell: Mapping[str, Any], sweep: Sweep) -> FromTestRows:
    """What the finite test set brings to a cell's test errors."""
    return from_test_rows(tested, splits(tested.seed, cell, sweep), redrawn=cell.get("redrawn") is True)


def splits(seeds: Any, cell: Mapping[str, Any], sweep: Sweep) -> Any:
    """A number for the split of each of the seeds: equal for those that share one."""
    if "split" in crossed(cell):
        return first_draws(seeds, crossed(cell))  # the split is the first of all sources
    return seeds if "split" in drawn_anew(cell, sweep) else np.zeros(len(seeds), int)


def drawn_anew(cell: Mapping[str, Any], sweep: Sweep) -> list[str]:
    """The sources that are not crossed, and that every seed draws anew."""
    varied = cell["axes"].get("vary", sweep.params.get("vary", str(SOURCES)))
    stated = cell.get("crossed") or {}
    return [source for source in SOURCES if source in varied and source not in stated]


def names(sources: tuple[str, ...], anew: list[str]) -> dict[Effect, str]:
    """What each effect is called; the last holds what every network draws anew, too.

    >>> names(("split", "init"), ["order"])
    {(): 'one network', (0,): 'split', (1,): 'initial weights', (0, 1): 'split × weights, and order'}
    """
    called: dict[Effect, str] = {(axis,): ALONE[source] for axis, source in enumerate(sources)}
    for effect in effects_of(len(sources))[len(sources) :]:
        called[effect] = " × ".join(TOGETHER[sources[axis]] for axis in effect)
    called[tuple(range(len(sources)))] += "".join(f", and {TOGETHER[source]}" for source in anew)
    return {ALL: "one network", **called}
