"""What a study measures beside errors: the columns of its table, over the seeds of every cell."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from reports.averages import intervals
from reports.comparison import Comparison
from reports.derived import column
from reports.load import Sweep
from reports.schema.derived import NoSuchMetric

ERRORS = ("train/error", "validation/error", "test/error", "gap/error")


class Stated(NamedTuple):
    """What the study wants shown: a column a measure, in the rows of `results`; and why others cannot be shown."""

    values: pd.DataFrame
    missing: list[str]


def stated_measures(sweep: Sweep) -> Stated:
    """The metrics, recorded or derived, that `study.measures` names."""
    named, columns, missing = sweep.study.get("measures"), {}, []
    for metric in dict.fromkeys(map(str, named if isinstance(named, list) else [])):
        try:
            columns[metric] = column(metric, sweep.results, sweep.curves)
        except NoSuchMetric as error:
            said = f"Not in the table: {error}"
            missing.append(said if said.endswith("?") else f"{said}.")
    return Stated(pd.DataFrame(columns, sweep.results.index), missing)


def measures_of(sweep: Sweep) -> pd.DataFrame:
    """What the study wants shown, or all that is measured."""
    stated = stated_measures(sweep).values
    return stated if len(stated.columns) else sweep.results[sweep.metrics]


def averages(values: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """A row per cell and measure: mean over seeds, t interval, the number of seeds that have a finite value, and of all."""
    means = intervals(values, results[["cell"]])
    return means.assign(of=means["cell"].map(results.groupby("cell", sort=False).size()))


def measurement_rows(sweep: Sweep, most: int | None = None) -> list[dict[str, object]]:
    """One row per cell (the first `most`), ready to show: mean over seeds ± half of the 95 % t interval where seeds differ."""
    cells = sweep.results["cell"].drop_duplicates()[:most]
    here = sweep.results["cell"].isin(cells)
    seeds = sweep.results[here].groupby("cell", sort=False).size()
    texts = shown_by_cell(averages(measures_of(sweep)[here], sweep.results[here]))
    return [{"": str(cell), **texts[cell], "seeds": int(seeds[cell])} for cell in cells]


def beside(
    rows: Sequence[dict[str, Any]], comparison: Comparison, values: pd.DataFrame, sweep: Sweep
) -> list[dict[str, Any]]:
    """The rows of a comparison's table with a column for each stated measure that they lack, at the cell of each arm."""
    lacking = [metric for metric in values if metric not in rows[0]]
    if not lacking:
        return list(rows)
    here = sweep.results["cell"].isin([row.cell for row in comparison.rows])
    texts = shown_by_cell(averages(values.loc[here, lacking], sweep.results[here]), comparison.percent)
    cells = [row.cell for row in comparison.rows] + [""] * len(comparison.references)
    none = dict.fromkeys(lacking, "–")  # of a reference
    return [shown | none | texts.get(cell, {}) for shown, cell in zip(rows, cells, strict=True)]


def numbers_beside(table: pd.DataFrame, values: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """The same for the CSV, unrounded: mean, ends of the interval, and how many seeds they are over."""
    lacking = [metric for metric in values if metric not in table]
    if not lacking:
        return table
    means = averages(values[lacking], sweep.results).set_index(["metric", "cell"])
    ends = {"": "mean", " low": "low", " high": "high", " seeds": "seeds"}
    columns = {
        f"{metric}{end}": table["cell"].map(means.loc[metric][name]) for metric in lacking for end, name in ends.items()
    }
    return table.assign(**columns)


def shown_by_cell(means: pd.DataFrame, percent: bool = False) -> dict[str, dict[str, str]]:
    """For each cell, what its measures are, ready to show."""
    texts: dict[str, dict[str, str]] = {}
    for row in means.itertuples():
        factor = 100 if percent and is_error(row.metric) else 1
        text = shown(row.mean * factor, row.high * factor, row.seeds, row.of)
        texts.setdefault(row.cell, {})[row.metric] = text
    return texts


def is_error(metric: str) -> bool:
    """Whether the metric is in the unit of errors, which the tables of classifiers show in percent.

    >>> [is_error(name) for name in ("gap/error", "last_mean(test/error, 3)", "share(test/error == 0)", "train/loss")]
    [True, True, False, False]
    """
    return metric in ERRORS or metric.replace(" ", "").startswith(tuple(f"last_mean({name}," for name in ERRORS))


def shown(mean: float, high: float, n: int, of: int) -> str:
    """The mean ± half of the interval, and over how many of the seeds where some have no value: a step that never came.

    >>> shown(-1.0, -0.5, 3, 3), shown(1.0, 1.0, 3, 3), shown(20.0, 22.0, 3, 5), shown(float("nan"), 0.0, 0, 5)
    ('−1 ± 0.5', '1', '20 ± 2 (3 of 5)', '– (0 of 5)')
    """
    differ = n > 1 and high - mean > 1e-9 * abs(mean)
    text = (f"{mean:.4g}" + (f" ± {high - mean:.2g}" if differ else "")).replace("-", "−") if n else "–"
    return text if n == of else f"{text} ({n} of {of})"
