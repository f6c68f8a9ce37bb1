"""How networks overfit: diagnostics of every arm at its chosen value, and what became of its weights."""

import altair as alt
import numpy as np
import pandas as pd

from reports.answer import number
from reports.averages import intervals
from reports.comparison import Comparison
from reports.excerpt import leading, told
from reports.load import Sweep
from reports.palette import COLOURS, GREY, Figure
from reports.schema import HISTOGRAM
from reports.statistics import sd_interval

COLUMNS = {
    "best step": "validation/best_step",
    "rise after": "validation/rise",
    "‖W − W₀‖": "last/distance",
    "Π ‖Wₗ‖": "last/spectral_norm",
    "zeros": "weights/zeros",
    "margin, 10 %": "last/margin_10",
    "calibration error": "last/calibration_error",
    "‖g‖": "last/gradient_norm",
    "gradient noise": "last/gradient_noise",
}


def diagnostic_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row an arm, ready to show: means over seeds, those of `last/` at the last step."""
    shown = {
        title: name for title, name in COLUMNS.items() if name in sweep.results and sweep.results[name].notna().any()
    }
    plain = comparison._replace(percent=False)
    own = sweep.results[sweep.results.cell.isin([row.cell for row in comparison.rows])]
    means = intervals(own[list(shown.values())], own[["cell"]]).set_index(["cell", "metric"])["mean"].to_dict()
    return [
        {"": row.arm, **{title: number(round_to(means[row.cell, name]), plain) for title, name in shown.items()}}
        for row in comparison.rows
        if shown
    ]


def round_to(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def weight_distribution(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """The share of weights by size, a panel an arm, each over its own baseline."""
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
        f"with; outermost bins hold what lies beyond.{whose}" + told(len(shown), len(compared), "arms"),
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
        own = data[data.arm == name].assign(share=lambda rows: 100 * rows["share"])
        tips = [alt.Tooltip("arm:N"), alt.Tooltip("weight:Q", format=".2f"), alt.Tooltip("share:Q", format=".3g")]
        x = alt.X("weight:Q", title="weight / its root mean square at the start")
        return alt.Chart(own).encode(x=x, y=share, tooltip=tips)

    title = alt.TitleParams(arm, **({"subtitle": f"grey: {baseline}"} if arm != baseline else {}))
    chart = alt.layer(bars(arm).mark_area(interpolate="step", line={"color": colour}, opacity=0.35, color=colour))
    if arm != baseline:
        chart += bars(baseline).mark_line(interpolate="step", color=GREY, strokeWidth=1.5)
    return chart.properties(width=190, height=130, title=title)


def source_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """Where a sweep varies `vary`: the spread of test error over seeds when only some sources of chance differ."""
    axes_of = {cell["name"]: cell["axes"] for cell in sweep.cells}
    varied = [row for row in comparison.rows if "vary" in axes_of[row.cell]]
    own = sweep.results[sweep.results.cell.isin([row.cell for row in varied])]
    finite = own[np.isfinite(own["test/error"])]
    errors = {cell: rows["test/error"] for cell, rows in finite.groupby("cell")}
    varied = [row for row in varied if len(errors.get(row.cell, ())) > 1]
    others = {row.cell: tuple(item for item in axes_of[row.cell].items() if item[0] != "vary") for row in varied}
    sources = {row.cell: axes_of[row.cell]["vary"].count(",") + 1 for row in varied}
    everything = {others[cell]: errors[cell].var(ddof=1) for cell, count in sources.items() if count == 3}
    return [
        {
            "what varies": row.arm,
            "sd of test error": number(errors[row.cell].std(ddof=1), comparison),
            "95 % interval": "[" + ", ".join(number(end, comparison) for end in sd_interval(errors[row.cell])) + "]",
            "share of the variance": f"{errors[row.cell].var(ddof=1) / everything[others[row.cell]]:.0%}"
            if everything.get(others[row.cell])
            else "–",
            "seeds": str(len(errors[row.cell])),
        }
        for row in varied
    ]


def sources_in_a_sentence(rows: list[dict[str, str]]) -> str:
    told = [
        f"{row['what varies'].removeprefix('vary=')} {row['sd of test error']} {row['95 % interval']}" for row in rows
    ]
    return f"Standard deviation of the test error over seeds: {'; '.join(told)}."
