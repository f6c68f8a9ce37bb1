"""What a sweep has measured on a claim: a metric by seed, at one cell or at several."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from reports.crossed import one_a_draw
from reports.derived import column
from reports.load import Sweep
from reports.places import NotTested, cell_at
from reports.schema.claims import Place, text
from reports.schema.derived import NoSuchMetric
from reports.schema.names import as_number
from reports.schema.places import cells_at

Array = np.ndarray


class Measured(NamedTuple):
    """What was measured, and the cells that stand for their arms."""

    sweep: Sweep
    chosen: Collection[str]


class Together(NamedTuple):
    """Several cells' values of the seeds that all of them have; `lost` seeds have no finite value somewhere."""

    values: Float[Array, "cells seeds"]
    lost: int

    @property
    def n(self) -> int:
        return int(self.values.shape[1])


class Line(NamedTuple):
    """Cells along an axis, numbers in their order."""

    at: list[float | str]
    together: Together


def values_of(place: Place, metric: str, measured: Measured) -> pd.Series:
    """The metric, by seed, of the one cell at a place; of an arm, that of its chosen cell. Raises NotTested.

    Where seeds are crossed, by draw of the first source: seeds that share one are not independent.
    """
    sweep, chosen = measured
    cell = cell_at(place, sweep, chosen)
    rows = sweep.results[sweep.results.cell == cell]
    try:
        values = column(metric, rows, sweep.curves[sweep.curves.cell == cell])
    except NoSuchMetric as error:
        raise NotTested(f"{cell}: {error}") from error
    if values.isna().all():
        raise NotTested(f"{cell} has no {metric}")
    (recorded,) = (one for one in sweep.cells if one["name"] == cell)
    return one_a_draw(values.set_axis(rows["seed"]), recorded)


def together(places: Sequence[Place], metric: str, measured: Measured) -> Together:
    """The metric of several cells, by seed. Raises NotTested."""
    by_seed = [values_of(place, metric, measured) for place in places]
    shared = pd.concat(by_seed, axis=1, join="inner").to_numpy().T
    finite = np.isfinite(shared).all(axis=0)
    return Together(shared[:, finite], int((~finite).sum()))


def along(axis: str, place: Place, metric: str, measured: Measured) -> Line:
    """The metric of every cell at a place, along an axis. Raises NotTested."""
    sweep = measured.sweep
    cells = [cell for cell in cells_at(place, [*sweep.cells, *sweep.failed]) if axis in cell["axes"]]
    at = list(dict.fromkeys(as_number(cell["axes"][axis]) for cell in cells))
    if len(at) < 2:
        here = f" at {text(place)}" if place else ""
        raise NotTested(f"the cells{here} have {len(at) or 'no'} value{'' if len(at) == 1 else 's'} of {axis}")
    at.sort(key=lambda value: (isinstance(value, str), 0.0 if isinstance(value, str) else value))
    return Line(at, together([{**place, axis: value} for value in at], metric, measured))
