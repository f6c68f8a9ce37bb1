"""The distribution of the weights after training."""

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import how_many, leading
from reports.figures.figure import Figure
from reports.figures.palette import COLOURS, GREY
from reports.load import Sweep
from reports.schema import HISTOGRAM


def weight_distribution(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """The share of weights by size, a panel per arm, each over its own baseline."""
    bins = [name for name in sweep.results.columns if name.startswith(HISTOGRAM)]
    if not bins:
        return None
    lows = [float(name.removeprefix(HISTOGRAM)) for name in bins]
    width = (lows[-1] - lows[0]) / (len(lows) - 1)
    compared = [row for row in comparison.rows if row.arm != row.baseline] or comparison.rows
    shown = leading(sweep, comparison._replace(rows=compared), len(COLOURS)).rows
    arms = {arm for row in shown for arm in (row.arm, row.baseline)}
    means = sweep.results.groupby("cell", sort=False)[bins].mean()
    data = pd.concat(
        pd.DataFrame({"arm": row.arm, "weight": np.array(lows) + width / 2, "share": means.loc[row.cell].to_numpy()})
        for row in comparison.rows
        if row.arm in arms
    )
    charts = [against(data, row.arm, row.baseline, colour) for row, colour in zip(shown, COLOURS, strict=False)]
    grey = [row.baseline for row in shown if row.arm != row.baseline]
    whose = " Grey line: the baseline that stands above each panel." if grey else ""
    return Figure(
        "weights",
        "What became of the weights",
        "Shares of all weights by size after training, on a scale that shows rare ones, in units of what the layer started "
        f"with; outermost bins hold what lies beyond.{whose}" + how_many(len(shown), len(compared), "arms"),
        alt.concat(*charts, columns=3),
        data,
    )


def against(data: pd.DataFrame, arm: str, baseline: str, colour: str) -> alt.LayerChart:
    """One arm's weights as an area, its baseline's as a line."""
    share = alt.Y(
        "share:Q",
        title="share of the weights (%)",
        stack=None,
        scale=alt.Scale(type="symlog", constant=0.1),
        axis=alt.Axis(values=[0, 0.1, 1, 10, 100], labelExpr="datum.value"),
    )

    def bars(name: str) -> alt.Chart:
        shares = data[data.arm == name].assign(share=lambda rows: 100 * rows["share"])
        tips = [alt.Tooltip("arm:N"), alt.Tooltip("weight:Q", format=".2f"), alt.Tooltip("share:Q", format=".3g")]
        x = alt.X("weight:Q", title="weight / its root mean square at the start")
        return alt.Chart(shares).encode(x=x, y=share, tooltip=tips)

    title = alt.TitleParams(arm, **({"subtitle": f"grey: {baseline}"} if arm != baseline else {}))
    chart = alt.layer(bars(arm).mark_area(interpolate="step", line={"color": colour}, opacity=0.35, color=colour))
    if arm != baseline:
        chart += bars(baseline).mark_line(interpolate="step", color=GREY, strokeWidth=1.5)
    return chart.properties(width=190, height=130, title=title)
