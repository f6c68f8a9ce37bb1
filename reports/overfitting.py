"""How networks overfit: diagnostics of every arm at its chosen value, and what became of its weights."""

import altair as alt
import pandas as pd

from reports.answer import number
from reports.comparison import Comparison
from reports.load import Sweep
from reports.palette import COLOURS, GREY, Figure
from reports.statistics import mean_interval, sd_interval

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
    rows = []
    for row in comparison.rows:
        own = sweep.results[sweep.results.cell == row.cell]
        means = {title: mean_interval(own[name]).mean for title, name in shown.items()}
        rows.append({"": row.arm, **{title: number(round_to(value), plain) for title, value in means.items()}})
    return rows if shown else []


def round_to(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def weight_distribution(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """The share of weights by size, a line an arm."""
    bins = [name for name in sweep.results.columns if name.startswith("histogram/")]
    if not bins:
        return None
    lows = [float(name.removeprefix("histogram/")) for name in bins]
    width = (lows[-1] - lows[0]) / (len(lows) - 1)
    rows = []
    for row in comparison.rows:
        shares = sweep.results[sweep.results.cell == row.cell][bins].mean()
        rows += [
            {"arm": row.arm, "weight": low + width / 2, "share": share} for low, share in zip(lows, shares, strict=True)
        ]
    data = pd.DataFrame(rows)
    arms = list(dict.fromkeys(data.arm))[: len(COLOURS)]
    data = data[data.arm.isin(arms)]
    share = alt.Y(
        "share:Q",
        title="share of the weights (%)",
        scale=alt.Scale(type="symlog", constant=0.1),
        axis=alt.Axis(values=[0, 0.1, 1, 10, 100], labelExpr="datum.value"),
    )
    first, panels = arms[0], []
    for arm, colour in list(zip(arms, COLOURS, strict=False))[min(1, len(arms) - 1) :]:
        pair = data[data.arm.isin([first, arm])].assign(share=lambda d: 100 * d["share"])
        base = alt.Chart(pair).encode(
            x=alt.X("weight:Q", title="weight / its root mean square at the start"),
            y=share,
            tooltip=[alt.Tooltip("arm:N"), alt.Tooltip("weight:Q", format=".2f"), alt.Tooltip("share:Q", format=".3g")],
        )
        of_first, own = (base.transform_filter(alt.datum.arm == name) for name in (first, arm))
        area = own.mark_area(interpolate="step", line={"color": colour}, opacity=0.35, color=colour)
        line = of_first.mark_line(interpolate="step", color=GREY, strokeWidth=1.5)
        panels.append((area + line).properties(width=190, height=130, title=str(arm)))
    return Figure(
        "weights",
        "What became of the weights",
        "Shares of all weights by size after training, on a scale that shows rare ones, in units of what the layer started "
        f"with; outermost bins hold what lies beyond. Grey line: {first}.",
        alt.concat(*panels, columns=3),
        data,
    )


def source_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """Where a sweep varies `vary`: the spread of test error over seeds when only some sources of chance differ."""
    if "axis/vary" not in sweep.results:
        return []
    chosen = {row.arm: row.cell for row in comparison.rows}
    errors = {
        arm: rows[rows.cell == chosen[str(arm)]]["test/error"].dropna()
        for arm, rows in sweep.results.groupby("arm", sort=False)
    }
    varied = sweep.results.drop_duplicates("arm").set_index("arm")["axis/vary"].astype(str)
    others = {arm: str(arm).replace(varied[arm], "") for arm in errors}  # the arm's other axes
    everything = {others[arm]: own.var(ddof=1) for arm, own in errors.items() if varied[arm].count(",") == 2}
    return [
        {
            "what varies": str(arm),
            "sd of test error": number(own.std(ddof=1), comparison),
            "95 % interval": "[" + ", ".join(number(end, comparison) for end in sd_interval(own)) + "]",
            "share of the variance": f"{own.var(ddof=1) / everything[others[arm]]:.0%}"
            if everything.get(others[arm])
            else "–",
            "seeds": str(len(own)),
        }
        for arm, own in errors.items()
        if len(own) > 1
    ]


def sources_in_a_sentence(rows: list[dict[str, str]]) -> str:
    return (
        "Standard deviation of the test error over seeds: "
        + "; ".join(
            f"{row['what varies'].removeprefix('vary=')} {row['sd of test error']} {row['95 % interval']}"
            for row in rows
        )
        + "."
    )
