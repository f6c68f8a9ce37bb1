"""The values of any metric that a study names, by cell and seed: a recorded one, or one derived from recorded curves.

What is derived is as fine as the evaluations: a first step is the first one that was evaluated.
"""

import numpy as np
import pandas as pd

from reports.load import is_label, measured_once
from reports.schema import AT
from reports.schema.derived import Event, LastMean, NoSuchMetric, derived, did_you_mean
from reports.schema.names import listed


def column(metric: str, results: pd.DataFrame, curves: pd.DataFrame) -> pd.Series:
    """The metric in every row of `results`. Raises NoSuchMetric where these tables do not have it, or cannot be read as it."""
    if metric in results and not is_label(metric):
        return results[metric].astype(float)
    read = derived(metric)
    if read is None:
        raise NoSuchMetric(f"there is no metric {metric!r}{those_there_are(metric, results)}")
    if read.metric not in curves or is_label(read.metric):
        once = "is measured once: name it alone"
        why = once if read.metric in results else f"is no metric here{those_there_are(read.metric, curves)}"
        raise NoSuchMetric(f"{metric} needs a value at every evaluation, and {read.metric} {why}")
    values = event(read, curves) if isinstance(read, Event) else last_mean(read, curves)
    here = pd.MultiIndex.from_frame(results[["cell", "seed"]])
    return pd.Series(values.reindex(here).to_numpy(float), results.index, name=metric)


def those_there_are(metric: str, table: pd.DataFrame) -> str:
    """The metric that may have been meant; where none is like it, those that the table has."""
    known = [name for name in measured_once(table) if name not in AT]
    return did_you_mean(metric, known) or f"; there are {listed(known)}"


def event(read: Event, curves: pd.DataFrame) -> pd.Series:
    """By cell and seed: where the condition holds first (inf where it never does), or the share of evaluations at which it does.

    It does not hold where there is no value; a seed without any has NaN, and so has the share of one that lacks some.
    """
    values = curves[read.metric].astype(float)
    holds, keys = read.holds.of(values), [curves["cell"], curves["seed"]]
    measured = values.notna().groupby(keys)
    if read.function == "share":
        return holds.groupby(keys).mean().where(measured.all())
    place = curves["step" if read.function == "first_step" else "epoch"].astype(float)
    return place.where(holds, np.inf).groupby(keys).min().where(measured.any())


def last_mean(read: LastMean, curves: pd.DataFrame) -> pd.Series:
    """By cell and seed: the mean of the last evaluations; NaN where one of them has no value. Raises NoSuchMetric for too few."""
    ordered = curves.sort_values("step", kind="stable").groupby(["cell", "seed"])
    if (fewest := int(ordered.size().min())) < read.evaluations:
        raise NoSuchMetric(
            f"{read} needs {read.evaluations} evaluations, and some seed has {fewest}: take a smaller number"
        )
    last = ordered.tail(read.evaluations)
    values, keys = last[read.metric].astype(float), [last["cell"], last["seed"]]
    return values.groupby(keys).mean().where(values.notna().groupby(keys).all())
