"""What needs no network: the majority class or the mean, and a linear model, beside the arms that were trained on the same rows."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from reports.load import Sweep
from reports.schema import REFERENCES
from reports.statistics import Interval, mean_interval

PREFIX = "reference: "  # of its name in a table


class ReferenceLine(NamedTuple):
    """The test error of one of them. It is no arm: it has no p, and no part in the tests."""

    name: str
    test_error: Interval
    arms: frozenset[str]  # the arms that share its data


def reference_lines(sweep: Sweep, cells: dict[str, str]) -> list[ReferenceLine]:
    """The references of these cells, by arm; several of a kind where arms have different data, called by the arms."""
    lines = []
    for metric, name in REFERENCES.items():
        of_data: dict[bytes, list[str]] = {}
        for arm, cell in cells.items():
            if (values := by_seed(sweep.results, cell, metric)).size:
                of_data.setdefault(values.tobytes(), []).append(arm)
        for own, arms in of_data.items():
            others = f" and {len(arms) - 1} more" if len(arms) > 1 else ""
            where = f" on the data of {arms[0]}{others}" if len(of_data) > 1 else ""
            errors = np.frombuffer(own).reshape(2, -1)[1]
            lines.append(ReferenceLine(f"{PREFIX}{name}{where}", mean_interval(errors), frozenset(arms)))
    return lines


def by_seed(results: pd.DataFrame, cell: str, metric: str) -> np.ndarray:
    """Seeds and their values; empty where nothing is recorded."""
    if metric not in results:
        return np.empty((2, 0))
    rows = results.loc[results.cell == cell, ["seed", metric]].dropna().sort_values("seed")
    return np.ascontiguousarray(rows.to_numpy(float).T)
