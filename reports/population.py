"""What an answer is true of: in words, and by an interval that speaks of new data of the same kind."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from reports.load import Sweep, redrawn
from reports.new_data import NewData, independent, interval, none
from reports.schema import IN_COMMON
from reports.schema.record import Unreadable


def population(sweep: Sweep) -> str:
    """The data that seeds divide, and how many rows train: "on digits (1,797 rows, 150 of them to train on)"."""
    whose = {(cell.get("data"), (cell.get("sizes") or {}).get("train")) for cell in sweep.cells}
    sizes = [f"{train:,}" for _, train in sorted(whose, key=str) if isinstance(train, int)]
    training = f"{' or '.join(dict.fromkeys(sizes))} of them to train on" if 0 < len(set(sizes)) < 4 else ""
    name, rows = sweep.params.get("dataset", ""), sweep.params.get("data.examples", "")
    if len({data for data, _ in whose}) > 1:
        return "on the data of each arm"
    if redrawn(sweep):
        return f"on {name or 'data'}, drawn anew for every seed"
    told = ", ".join(filter(None, [f"{int(rows):,} rows" if rows.isdigit() else "", training]))
    return f"on {name or 'these data'}" + (f" ({told})" if told else "")


def on_new_data(
    sweep: Sweep, cells: Sequence[Mapping[str, Any]], by_seed: pd.Series, weights: Sequence[float] = (1.0, -1.0)
) -> NewData:
    """The interval of a contrast of cells, given by seed, on new data of the kind; or why there is none.

    The contrast is the sum of weight · test error: of two cells, their difference.
    """
    finite = by_seed[np.isfinite(by_seed)]
    if all(cell.get("redrawn") is True for cell in cells):
        return independent(finite.to_numpy())
    shared = [number for cell in cells if isinstance(number := cell.get(IN_COMMON), float | int)]
    train = [number for cell in cells if isinstance(number := (cell.get("sizes") or {}).get("train"), int)]
    if len(shared) < len(cells) or len(train) < len(cells):
        return none("it is not recorded which training rows seeds have in common")
    try:
        errors = [table for cell in cells if (table := sweep.errors(cell["name"])) is not None]
    except Unreadable as error:
        return none(str(error))
    if len(errors) < len(cells):
        return none("no errors of test rows are kept")
    seeds = list(finite.index)
    tables = [by_row(table, seeds) for table in errors]
    if not all(table.notna().equals(tables[0].notna()) for table in tables):
        return none("they have different test rows")
    d = sum((weight * table for weight, table in zip(weights, tables, strict=True)), 0.0 * tables[0])
    if not np.allclose(d.mean(axis=1), finite, rtol=1e-3, atol=1e-6):
        return none("the kept errors of test rows are not those of the recorded test errors")
    return interval(d.to_numpy(), max(shared), min(train))


def by_row(errors: pd.DataFrame, seeds: list[int]) -> pd.DataFrame:
    """The errors of test rows, a row per seed, a column per row of the dataset; NaN where a seed does not test it."""
    tested = errors[errors.part == "test"]
    return tested.pivot(index="seed", columns="row", values="error").astype(float).reindex(seeds)
