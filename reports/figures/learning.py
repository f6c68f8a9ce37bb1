"""How networks learn: errors while training, and the gap of closer and looser fits."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from reports.averages import intervals
from reports.comparison import Comparison
from reports.crossed import of_independent_seeds
from reports.excerpt import evenly, how_many, leading, leading_arms, thinned
from reports.figures.figure import Figure, error_unit, over
from reports.figures.palette import COLOURS, LEGEND, STAR, TEST, TRAIN, VALIDATION
from reports.load import Sweep

ERRORS = {"train/error": TRAIN, "validation/error": VALIDATION, "test/error": TEST}
TRIANGLES = [f"triangle-{side}" for side in ("down", "left", "right")]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", *TRIANGLES, STAR]
CURVES, EXTREMES, EVALUATIONS, DOTS = 12, 3, 50, 500  # panels, those of them at the far end, points a curve, dots


def learning_curves(sweep: Sweep, comparison: Comparison) -> Figure:
    """Error on every part that has rows while training, a panel per arm at its chosen value."""
    unit, factor = error_unit(comparison)
    shown = [row.cell for row in leading(sweep, comparison, CURVES, last=EXTREMES).rows]
    curves = of_independent_seeds(sweep._replace(curves=sweep.curves[sweep.curves.cell.isin(shown)])).curves
    errors = {name: colour for name, colour in ERRORS.items() if name in curves}
    data = intervals(curves[list(errors)], curves[["cell", "epoch"]], factor)
    data[["low", "high"]] = data[["low", "high"]].clip(lower=0)  # errors are not negative, whatever an interval says
    base = alt.Chart(few_evaluations(data)).encode(
        x=alt.X(
            "epoch:Q",
            title="epoch",
            scale=alt.Scale(type="symlog", constant=0.5),
            axis=alt.Axis(values=epoch_ticks(data.epoch.max()), tickCount=20),
        ),
        color=alt.Color(
            "metric:N",
            scale=alt.Scale(domain=list(errors), range=list(errors.values())),
            title=None,
            legend=LEGEND,
        ),
    )
    tips = [alt.Tooltip(c, format=".3g" if c not in ("cell", "metric", "seeds") else "") for c in data.columns]
    scale = alt.Scale(type="sqrt", domainMin=0)
    ticks = alt.Axis(values=[0, 1, 5, 10, 20, 50, 100], tickCount=20) if comparison.percent else alt.Axis(tickCount=5)
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("low:Q", title=f"error ({unit})", scale=scale, axis=ticks), y2="high:Q"
    )
    line = base.mark_line().encode(y=alt.Y("mean:Q", scale=scale), tooltip=tips)
    return Figure(
        "learning_curves",
        "Learning curves",
        f"Mean over {over(data.seeds, comparison)} with the 95 % t interval, each point alone; noise off, train and test at the same "
        "weights. Epochs on a logarithmic scale from 1 on, errors on a square-root scale."
        + how_many(
            len(shown),
            len(comparison.rows),
            f"{leading_arms(sweep)} and the {EXTREMES} at the other end",
        ),
        (band + line)
        .properties(width=235, height=160)
        .facet(facet=alt.Facet("cell:N", title=None, sort=shown), columns=3),
        data,
    )


def few_evaluations(data: pd.DataFrame) -> pd.DataFrame:
    """Thin the points of each cell's curves separately, since cells may be evaluated at different epochs."""
    place = data.groupby(["cell", "metric"]).cumcount()
    last = place.groupby(data["cell"]).transform("max")
    kept = {count: evenly(count + 1, EVALUATIONS) for count in set(last)}
    return data[[position in kept[count] for position, count in zip(place, last, strict=True)]]


def gap_against_train(sweep: Sweep, comparison: Comparison) -> Figure:
    """Does a cell err because it cannot fit, or because it fits too much? Losses still differ where errors are all zero."""
    unit, factor = error_unit(comparison)
    data = sweep.results.groupby(["arm", "cell"], sort=False, as_index=False)[["train/loss", "gap/error"]].mean()
    data["gap/error"] *= factor
    shown = data.iloc[sorted(thinned(data["train/loss"].to_numpy().argsort().tolist(), DOTS))]
    return Figure(
        "gap",
        "Gap against train loss",
        "Every cell's mean over seeds. On the left, networks that fit their training examples closely; on the right, networks held back."
        + how_many(len(shown), len(data), "cells, evenly chosen by their train loss"),
        points(shown, unit).properties(width=600, height=340),
        data,
    )


def points(cells: pd.DataFrame, unit: str) -> alt.Chart:
    """A point a cell: its gap over its train loss, in the colour and shape of its arm while those suffice."""
    x = alt.X(
        "train/loss:Q",
        title="train/loss",
        scale=alt.Scale(type="symlog", constant=1e-3),
        axis=alt.Axis(values=[0, 1e-3, 1e-2, 0.1, 1, 10], tickCount=20, format="~g"),
    )
    y = alt.Y("gap/error:Q", title=f"gap/error, test − train ({unit})", scale=alt.Scale(zero=False, padding=10))
    dots = alt.Chart(cells).mark_point(filled=True, size=70, opacity=0.85)
    return dots.encode(x=x, y=y, tooltip=list(cells.columns), **marks(list(dict.fromkeys(cells.arm))))


def marks(arms: list[str]) -> dict[str, Any]:
    """A colour and a shape for each arm; none where there are more arms than shapes."""
    if len(arms) > len(SHAPES):
        return {}
    colours, shapes = (alt.Scale(domain=arms, range=values) for values in (COLOURS, SHAPES))
    legend = alt.Legend(labelLimit=400)
    return {
        "color": alt.Color("arm:N", sort=arms, title=None, legend=legend, scale=colours),
        "shape": alt.Shape("arm:N", sort=arms, title=None, scale=shapes),
    }


def epoch_ticks(last: float) -> list[float]:
    decades = 10.0 ** np.arange(0, np.floor(np.log10(max(last, 1))) + 1)
    return [0, *decades, *([last] if last > 1.5 * decades[-1] else [])]
