"""The functions that networks are, read from their recorded values at the places of a grid, and how far they are apart."""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from reports.excerpt import thinned
from reports.load import Sweep
from reports.statistics import mean_interval

FUNCTION = "function"  # the group of the metrics, and what a figure's x says
NUMBER = r"-?\d[\d.]*(?:e[-+]?\d+)?"
VALUE = re.compile(rf"{FUNCTION}(/.+)?/([^/]+)=({NUMBER})")
TWO_INPUTS = re.compile(rf".+={NUMBER} .+")
MOST = 50  # cells


class Value(NamedTuple):
    """Where a metric function/x=0.5 or function/OUTPUT/x=0.5 stands."""

    output: str  # function, or function/OUTPUT
    input: str
    at: float


def value(metric: str) -> Value | None:
    """None for other metrics.

    >>> value("function/x=0.5"), value("function/setosa/petal length=-1e-05"), value("test/error")
    (Value(output='function', input='x', at=0.5), Value(output='function/setosa', input='petal length', at=-1e-05), None)
    >>> value("function/x0=1 x1=-2")  # the place along the last input; where the first is, belongs to the input's name
    Value(output='function', input='x0=1 x1', at=-2.0)
    """
    found = VALUE.fullmatch(metric)
    return Value(FUNCTION + (found[1] or ""), found[2], float(found[3])) if found else None


def along_the_input(sweep: Sweep) -> tuple[Sweep, str]:
    """The sweep with a row for each place of the grid, at axis/function, and each output's function as a metric; the input's name.

    Functions of two inputs are left out: they are no lines.
    """
    places = {name: place for name in sweep.metrics if (place := value(name)) and not TWO_INPUTS.fullmatch(place.input)}
    inputs = list(dict.fromkeys(place.input for place in places.values()))
    rows = sweep.results.drop(columns=[name for name in sweep.metrics if value(name)])
    parts = []
    for at in sorted({place.at for place in places.values() if place.input == inputs[0]}):
        here = {place.output: sweep.results[name] for name, place in places.items() if place[1:] == (inputs[0], at)}
        parts.append(rows.assign(**{f"axis/{FUNCTION}": at}, **here))
    outputs = list(dict.fromkeys(place.output for place in places.values()))
    results = pd.concat(parts, ignore_index=True) if parts else rows
    return sweep._replace(results=results, metrics=[*sweep.metrics, *outputs]), inputs[0] if inputs else FUNCTION


def distances(sweep: Sweep) -> pd.DataFrame:
    """(mean over the grid of (f − g)²)^½ for each two cells: mean over seeds, paired, with its 95 % t interval.

    A cell beside itself: the mean over pairs of its seeds, which share networks, so that it has no interval. Of more than MOST
    cells, so many.
    """
    rows = []
    cells = thinned(list(sweep.results["cell"].drop_duplicates()), MOST)
    for output, names in by_output(sweep.metrics).items():
        functions = {cell: of_cell(sweep.results, cell, names) for cell in cells}
        for cell, other in [*((cell, cell) for cell in cells), *combinations(cells, 2)]:
            entry = {"output": output, "cell": cell, "other": other}
            f, g = functions[cell], functions[other]
            rows.append(entry | (between_seeds(f) if cell == other else between_cells(f, g)))
    return pd.DataFrame(rows)


def by_output(metrics: Sequence[str]) -> dict[str, list[str]]:
    """The metrics that are values of each output's function."""
    names: dict[str, list[str]] = {}
    for name in metrics:
        if place := value(name):
            names.setdefault(place.output, []).append(name)
    return names


def of_cell(results: pd.DataFrame, cell: str, names: Sequence[str]) -> pd.DataFrame:
    """A row for each seed whose function is finite everywhere."""
    rows = results[results["cell"] == cell].set_index("seed")[list(names)].astype(float)
    return rows[np.isfinite(rows).all(axis=1)]


def between_cells(f: pd.DataFrame, g: pd.DataFrame) -> dict[str, float]:
    seeds = f.index.intersection(g.index)
    interval = mean_interval(root_mean_square(f.loc[seeds].to_numpy() - g.loc[seeds].to_numpy()))
    return {"distance": interval.mean, "low": interval.low, "high": interval.high, "seeds": interval.n}


def between_seeds(f: pd.DataFrame) -> dict[str, float]:
    values = f.to_numpy()
    apart = [root_mean_square(one - other) for one, other in combinations(values, 2)]
    return {"distance": float(np.mean(apart)) if apart else np.nan, "low": np.nan, "high": np.nan, "seeds": len(f)}


def root_mean_square(difference: np.ndarray) -> np.ndarray:
    return np.sqrt((difference**2).mean(axis=-1))
