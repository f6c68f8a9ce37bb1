"""Seeds that cross sources of chance: networks that share a split are not independent, so that one value a split is what counts.

An interval, or a test, over all seeds of a crossing would count each split as often as there are initial weights to cross it with. So
everything that takes seeds for independent (means and their intervals, paired differences, claims) is given the mean over the seeds
that share a draw of the first source, and n is the number of its draws. What the draws of the other sources have in common is a part
of these means that their spread does not show: `reports/components.py` does.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.load import Sweep
from reports.schema import DIVERGED
from reports.schema.crossing import draws, first_draws, is_crossing

UNITS = {"split": "splits", "init": "draws of initial weights", "order": "orders of minibatches"}


def crossed(cell: Mapping[str, Any]) -> dict[str, int]:
    """How many draws of each source a cell's seeds cross, those of one draw left out; empty where none are crossed."""
    stated = cell.get("crossed") or {}
    return {source: count for source, count in stated.items() if count > 1} if is_crossing(stated) else {}


def first_source(sweep: Sweep) -> str:
    """The source whose draws count as seeds; empty where none are crossed, or not in all cells."""
    sources = {next(iter(crossed(cell)), "") for cell in sweep.cells}
    return sources.pop() if len(sources) == 1 else ""


def is_crossed(sweep: Sweep) -> bool:
    return any(crossed(cell) for cell in sweep.cells)


def as_array(by_seed: pd.Series, sizes: Mapping[str, int]) -> Any:
    """The values of a crossed cell, an axis a source; NaN for a seed without a finite value."""
    values = np.full(tuple(sizes.values()), np.nan)
    at = draws(by_seed.index, sizes)
    values[tuple(at.values())] = by_seed.astype(float).replace([np.inf, -np.inf], np.nan)
    return values


def one_a_draw(by_seed: pd.Series, cell: Mapping[str, Any]) -> pd.Series:
    """A crossed cell's values by draw of the first source: the means over the seeds that share it; else as they are, by seed.

    >>> by_seed = pd.Series([1.0, 2.0, 3.0, 4.0], range(4))
    >>> one_a_draw(by_seed, {"crossed": {"split": 2, "init": 2}}).tolist()
    [1.5, 3.5]
    """
    return by_seed.groupby(first_draws(by_seed.index, crossed(cell))).mean() if crossed(cell) else by_seed


def of_independent_seeds(sweep: Sweep) -> Sweep:
    """The sweep with a row of `results` and `curves`, and an error of each row of the data, for each draw of the first crossed source."""
    if not is_crossed(sweep):
        return sweep
    cells = {cell["name"]: cell for cell in sweep.cells}
    return sweep._replace(
        results=averaged(sweep.results, cells, sweep.metrics),
        curves=averaged(sweep.curves, cells, [name for name in sweep.metrics if name in sweep.curves], "step"),
        errors=averaged_errors(sweep, cells),
    )


def counted(sweep: Sweep, values: pd.DataFrame) -> tuple[Sweep, pd.DataFrame]:
    """The same, and further columns of its results with it."""
    metrics = list(dict.fromkeys([*sweep.metrics, *values]))
    counts = of_independent_seeds(sweep._replace(results=sweep.results.assign(**values), metrics=metrics))
    return counts._replace(metrics=sweep.metrics), counts.results[list(values)]


def averaged(
    table: pd.DataFrame, cells: Mapping[str, Mapping[str, Any]], metrics: list[str], *more: str
) -> pd.DataFrame:
    """The table with a row for each draw (and for each value of the columns `more`): means of finite values.

    A draw counts as diverged where any of its seeds did.
    """
    parts = []
    for name, rows in table.groupby("cell", sort=False):
        if not crossed(cells[name]):
            parts.append(rows)
            continue
        drawn = rows.assign(seed=first_draws(rows.seed, crossed(cells[name])))
        numbers = drawn[metrics].astype(float)
        finite = pd.concat([drawn.drop(columns=metrics), numbers.where(np.isfinite(numbers))], axis=1)
        by_draw = finite.groupby(["seed", *more])
        others = drawn.columns.difference([*metrics, DIVERGED, "seed", *more])
        # pandas warns of a table that grows column by column, as agg makes it
        kinds = [by_draw[metrics].mean(), by_draw[list(others)].first()]
        kinds += [by_draw[[DIVERGED]].max()] if DIVERGED in table else []
        parts.append(pd.concat(kinds, axis=1).reset_index())
    return pd.concat(parts, ignore_index=True)[list(table)]


def averaged_errors(sweep: Sweep, cells: Mapping[str, Mapping[str, Any]]) -> Callable[[str], pd.DataFrame | None]:
    """What gives a cell's errors of rows by draw: the mean over the seeds that share it."""

    def errors(name: str) -> pd.DataFrame | None:
        table = sweep.errors(name)
        if table is None or not crossed(cells[name]):
            return table
        drawn = table.assign(seed=first_draws(table.seed, crossed(cells[name])))
        return drawn.groupby(["seed", "part", "row"], observed=True, as_index=False)["error"].mean()

    return errors
