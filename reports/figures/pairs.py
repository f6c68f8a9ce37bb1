"""Every arm against every other, where the study compares these."""

import altair as alt
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import IN_FIGURES, how_many, leading, leading_arms
from reports.figures.arms import ARMS
from reports.figures.figure import Figure, error_unit
from reports.load import Sweep

CELL = 46  # pixels


def matrix(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """The difference of each arm from each other, and which are decided."""
    if sweep.study.get("compare") != "pairs" or not comparison.pairs:
        return None
    unit, factor = error_unit(comparison)
    data = pd.DataFrame(
        {
            "arm": arm,
            "minus": other,
            "difference": sign * pair.difference.mean * factor,
            "p": pair.together.p,
            "decided": bool(pair.together.p < 0.05),
        }
        for pair in comparison.pairs
        for sign, arm, other in ((1, pair.arm, pair.other), (-1, pair.other, pair.arm))
    )
    leaders = [row.arm for row in leading(sweep, comparison, IN_FIGURES).rows]
    shown = data[data.arm.isin(leaders) & data.minus.isin(leaders)].dropna(subset="difference")  # drawn, it reads +0.00
    if shown.empty:
        return None
    largest = float(shown["difference"].abs().max()) or 1.0
    base = alt.Chart(shown).encode(
        x=alt.X("minus:N", sort=leaders, title="minus", axis=alt.Axis(labelLimit=400, labelAngle=-40)),
        y=alt.Y("arm:N", sort=leaders, title=None, axis=ARMS),
        tooltip=[alt.Tooltip(name, format=".3g" if name in ("difference", "p") else "") for name in data.columns],
    )
    colour = alt.Color(
        "difference:Q",
        title=f"difference ({unit})",
        scale=alt.Scale(scheme="blueorange", domain=[-largest, largest]),
    )
    squares = base.mark_rect().encode(color=colour)
    texts = base.mark_text(fontSize=11).encode(
        text=alt.Text("difference:Q", format="+.2f" if comparison.percent else "+.2g"),
        color=alt.condition(f"abs(datum.difference) > {0.6 * largest}", alt.value("white"), alt.value("black")),
    )
    marks = base.mark_rect(fillOpacity=0, strokeWidth=2, stroke="black").transform_filter("datum.decided")
    return Figure(
        "pairs",
        "Every arm against every other",
        f"Test error of the arm in the row minus that of the arm in the column ({unit}), mean over seeds, paired. Framed: "
        f"decided over {comparison.these_seeds}, p < 0.05 with all comparisons together (max-T); the others are undecided."
        + (" Where there is no square, no seed has both errors." if data["difference"].isna().any() else "")
        + how_many(len(leaders), len(comparison.rows), leading_arms(sweep)),
        (squares + marks + texts).properties(width=alt.Step(CELL), height=alt.Step(CELL * 0.6)),
        data,
    )
