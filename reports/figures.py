"""The figures of a report. Each is one Vega-Lite specification, from which come the page, the PNG and the SVG, and its CSV."""

from collections.abc import Iterator

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.heatmap import heat_map
from reports.load import Sweep
from reports.overfitting import weight_distribution
from reports.palette import COLOURS, GREY, LEGEND, STAR, TEST, TRAIN, VALIDATION, Figure, error_unit
from reports.stated import stated
from reports.statistics import mean_interval

QUANTITIES = {
    "test error": ("test/error", TEST),
    "validation error": ("validation/error", VALIDATION),
    "gap": ("gap/error", TRAIN),
}
PARTS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def figures(sweep: Sweep, comparison: Comparison | None) -> Iterator[Figure]:
    """Those that the study states, and those that the sweep has data for."""
    yield from stated(sweep)
    if comparison is None:
        return
    if any(row.difference is not None and row.difference.n > 1 for row in comparison.rows):
        yield forest(comparison)
    if len(comparison.rows) > 1:
        yield spread(sweep, comparison)
    yield from strengths(sweep, comparison)
    yield learning_curves(sweep, comparison)
    yield gap_against_train(sweep, comparison)
    for figure in (heat_map(sweep, comparison), weight_distribution(sweep, comparison)):
        if figure is not None:
            yield figure


def forest(comparison: Comparison) -> Figure:
    """Paired differences from the baseline with their intervals."""
    unit, factor = error_unit(comparison)
    data = pd.DataFrame(
        {
            "arm": labels(comparison)[row.arm],
            "difference": row.difference.mean * factor,
            "low": row.difference.low * factor,
            "high": row.difference.high * factor,
            "seeds": row.difference.n,
        }
        for row in comparison.rows
        if row.difference is not None
    )
    y = alt.Y("arm:N", sort=list(data.arm), title=None, axis=alt.Axis(labelLimit=400))
    tips = [alt.Tooltip(c, format=".3g" if c not in ("arm", "seeds") else "") for c in data.columns]
    base = alt.Chart(data).encode(y=y, tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    axis = alt.X(
        "low:Q",
        title=f"test error − test error of {comparison.baseline} ({unit})",
        scale=alt.Scale(nice=True, zero=True),
    )
    bars = base.mark_rule(strokeWidth=2, color=TEST).encode(x=axis, x2="high:Q")
    points = base.mark_point(filled=True, size=80, color=TEST, opacity=1).encode(x="difference:Q")
    return Figure(
        "differences",
        f"Difference from {comparison.baseline}, paired by seed",
        "Point: mean over seeds of the paired difference; bar: its 95 % t interval. Left of zero is better. "
        "A bar across zero: this many seeds cannot tell.",
        (zero + bars + points).properties(width=600, height=alt.Step(30)),
        data,
    )


def spread(sweep: Sweep, comparison: Comparison) -> Figure:
    """Every seed's test error, so that nobody has to trust a mean."""
    unit, factor = error_unit(comparison)
    chosen = chosen_rows(sweep, comparison)
    data = pd.DataFrame({"arm": chosen.arm, "seed": chosen.seed, "test error": chosen["test/error"] * factor})
    means = data.groupby("arm", sort=False, as_index=False)["test error"].mean()
    y = alt.Y("arm:N", sort=list(means.arm), title=None, axis=alt.Axis(labelLimit=400))
    x = alt.X("test error:Q", title=f"test error ({unit})", scale=alt.Scale(zero=False, padding=12))
    dots = alt.Chart(data).mark_circle(size=45, color=TEST, opacity=0.45).encode(x=x, y=y, tooltip=list(data.columns))
    ticks = alt.Chart(means).mark_tick(thickness=3, size=20, color=TRAIN).encode(x=x, y=y, tooltip=list(means.columns))
    return Figure(
        "seeds",
        "Test error of every seed",
        "Dot: one seed, with its own draw of all that varies between seeds. Blue tick: their mean.",
        (dots + ticks).properties(width=600, height=alt.Step(30)),
        data,
    )


def strengths(sweep: Sweep, comparison: Comparison) -> Iterator[Figure]:
    """Error and gap along every numeric axis, a panel for each arm that has it."""
    unit, factor = error_unit(comparison)
    rows, marks = [], []
    chosen_cells = {row.cell for row in comparison.rows}
    for axis in sweep.axes:
        values = sweep.results[f"axis/{axis}"]
        numeric = sweep.results[pd.to_numeric(values, errors="coerce").notna()]
        for (arm, cell, value), cell_rows in numeric.groupby(["arm", "cell", f"axis/{axis}"], sort=False):
            panel = f"{arm}: {axis.split('.', 1)[-1]}"
            for quantity, (column, _) in QUANTITIES.items():
                interval = mean_interval(cell_rows[column])
                rows.append((panel, axis, value, quantity, *(x * factor for x in interval[:3]), interval.n))
            if cell in chosen_cells and axis in sweep.study["choose"]:
                marks.append((panel, value))
    data = pd.DataFrame(rows, columns=["panel", "axis", "value", "quantity", "mean", "low", "high", "seeds"])
    data = data[data.groupby("panel")["value"].transform("nunique") > 1]
    if data.empty:
        return
    colours = alt.Scale(domain=list(QUANTITIES), range=[colour for _, colour in QUANTITIES.values()])
    panels = []
    for panel, part in data.groupby("panel", sort=False):
        values = part["value"].astype(float)
        wide = values.min() > 0 and values.max() / values.min() >= 8
        ticks = sorted(set(values))
        x = alt.X(
            "value:Q",
            title=part.axis.iloc[0],
            scale=alt.Scale(type="log" if wide else "linear", nice=False, padding=8),
            axis=alt.Axis(values=ticks, tickCount=20, format="~g", labelOverlap=True),
        )
        base = alt.Chart(part).encode(x=x, color=alt.Color("quantity:N", scale=colours, title=None, legend=LEGEND))
        tips = [
            alt.Tooltip(c, format=".3g" if c in ("mean", "low", "high") else "") for c in part.columns if c != "panel"
        ]
        y = alt.Y("mean:Q", title=f"error ({unit})", scale=alt.Scale(zero=False))
        test_only = base.transform_filter(alt.datum.quantity == "test error")
        band = test_only.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title=f"error ({unit})"), y2="high:Q")
        dashes = alt.StrokeDash(
            "quantity:N", scale=alt.Scale(domain=list(QUANTITIES), range=[[1, 0], [2, 3], [7, 4]]), legend=None
        )
        line = base.mark_line(point=True).encode(y=y, strokeDash=dashes, tooltip=tips)
        layers = band + line
        chosen = [v for p, v in marks if p == panel]
        if chosen:
            layers += (
                alt.Chart(pd.DataFrame({"value": chosen})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="value:Q")
            )
        panels.append(layers.properties(width=350, height=190, title=str(panel)))
    yield Figure(
        "strengths",
        "What the strength does",
        "Mean over seeds; band: 95 % t interval of the test error. Gap (long dashes) is test minus train error: where the "
        "training set is fitted without error, the two lines are one. Upright line: the value chosen on validation error.",
        alt.concat(*panels, columns=2).resolve_scale(y="independent", x="independent"),
        data,
    )


def learning_curves(sweep: Sweep, comparison: Comparison) -> Figure:
    """Train, validation and test error while training, a panel an arm at its chosen value."""
    unit, factor = error_unit(comparison)
    chosen = [row.cell for row in comparison.rows]
    curves = sweep.curves[sweep.curves.cell.isin(chosen)]
    rows = []
    for (cell, epoch), measured in curves.groupby(["cell", "epoch"], sort=False):
        for part in PARTS:
            interval = mean_interval(measured[f"{part}/error"])
            rows.append((cell, epoch, part, *(x * factor for x in interval[:3]), interval.n))
    data = pd.DataFrame(rows, columns=["cell", "epoch", "part", "mean", "low", "high", "seeds"])
    data[["low", "high"]] = data[["low", "high"]].clip(lower=0)  # errors are not negative, whatever an interval says
    base = alt.Chart(data).encode(
        x=alt.X(
            "epoch:Q",
            title="epoch",
            scale=alt.Scale(type="symlog", constant=0.5),
            axis=alt.Axis(values=epoch_ticks(data.epoch.max()), tickCount=20),
        ),
        color=alt.Color(
            "part:N",
            scale=alt.Scale(domain=list(PARTS), range=list(PARTS.values())),
            title=None,
            legend=LEGEND,
        ),
    )
    tips = [alt.Tooltip(c, format=".3g" if c not in ("cell", "part", "seeds") else "") for c in data.columns]
    scale = alt.Scale(type="sqrt", domainMin=0)
    ticks = alt.Axis(values=[0, 1, 5, 10, 20, 50, 100], tickCount=20) if comparison.percent else alt.Axis(tickCount=5)
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("low:Q", title=f"error ({unit})", scale=scale, axis=ticks), y2="high:Q"
    )
    line = base.mark_line().encode(y=alt.Y("mean:Q", scale=scale), tooltip=tips)
    return Figure(
        "learning_curves",
        "Learning curves",
        "Mean over seeds with the 95 % t interval, noise off, train and test at the same weights. Epochs on a logarithmic scale from 1 on, "
        "errors on a square-root scale.",
        (band + line)
        .properties(width=235, height=160)
        .facet(facet=alt.Facet("cell:N", title=None, sort=chosen), columns=3),
        data,
    )


def gap_against_train(sweep: Sweep, comparison: Comparison) -> Figure:
    """Does a cell err because it cannot fit, or because it fits too much? Losses tell where errors are all zero."""
    unit, factor = error_unit(comparison)
    means = sweep.results.groupby(["arm", "cell"], sort=False, as_index=False)[["train/loss", "gap/error"]].mean()
    data = means.rename(columns={"train/loss": "train loss", "gap/error": "gap"})
    data["gap"] *= factor
    shapes = [
        "circle",
        "square",
        "triangle-up",
        "diamond",
        "cross",
        "triangle-down",
        "triangle-left",
        "triangle-right",
        STAR,
    ]
    arms = list(dict.fromkeys(data.arm))
    few = len(arms) <= len(shapes)
    style = (
        {
            "color": alt.Color(
                "arm:N",
                sort=arms,
                title=None,
                legend=alt.Legend(labelLimit=400),
                scale=alt.Scale(domain=arms, range=COLOURS),
            )
        }
        if few
        else {}
    )
    style |= (
        {"shape": alt.Shape("arm:N", sort=arms, title=None, scale=alt.Scale(domain=arms, range=shapes))} if few else {}
    )
    chart = (
        alt.Chart(data)
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=alt.X(
                "train loss:Q",
                title="train loss",
                scale=alt.Scale(type="symlog", constant=1e-3),
                axis=alt.Axis(values=[0, 1e-3, 1e-2, 0.1, 1, 10], tickCount=20, format="~g"),
            ),
            y=alt.Y("gap:Q", title=f"gap: test − train error ({unit})", scale=alt.Scale(zero=False, padding=10)),
            tooltip=list(data.columns),
            **style,
        )
    )
    return Figure(
        "gap",
        "Gap against train loss",
        "Every cell's mean over seeds. On the left, networks that fit their training examples closely; on the right, networks held back.",
        chart.properties(width=600, height=340),
        data,
    )


def chosen_rows(sweep: Sweep, comparison: Comparison) -> pd.DataFrame:
    return sweep.results[sweep.results.cell.isin([row.cell for row in comparison.rows])]


def labels(comparison: Comparison) -> dict[str, str]:
    return {row.arm: f"{row.arm} ({row.chosen})" if row.chosen else row.arm for row in comparison.rows}


def epoch_ticks(last: float) -> list[float]:
    decades = 10.0 ** np.arange(0, np.floor(np.log10(max(last, 1))) + 1)
    return [0, *decades, *([last] if last > 1.5 * decades[-1] else [])]
