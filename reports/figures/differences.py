"""Paired differences from the baseline with their intervals."""

import altair as alt
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import IN_FIGURES, how_many, leading, leading_arms
from reports.figures.arms import ARMS, labels
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import GREY, TEST
from reports.load import Sweep


def forest(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Paired differences from the baseline with their intervals."""
    if not any(row.difference is not None and row.difference.n > 1 for row in comparison.rows):
        return None
    unit, factor = error_unit(comparison)
    names = labels(comparison)
    data = pd.DataFrame(
        {
            "arm": names[row.arm],
            "difference": row.difference.mean * factor,
            "low": row.difference.low * factor,
            "high": row.difference.high * factor,
            "seeds": row.difference.n,
        }
        for row in comparison.rows
        if row.difference is not None
    )
    leaders = [names[row.arm] for row in leading(sweep, comparison, IN_FIGURES).rows]
    shown = data[data.arm.isin(leaders)]
    y = alt.Y("arm:N", sort=[arm for arm in leaders if arm in set(shown.arm)], title=None, axis=ARMS)
    tips = [alt.Tooltip(c, format=".3g" if c not in ("arm", "seeds") else "") for c in data.columns]
    base = alt.Chart(shown).encode(y=y, tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    axis = alt.X(
        "low:Q",
        title=f"test/error − test/error of {comparison.baseline} ({unit})",
        scale=alt.Scale(nice=True, zero=True),
    )
    bars = base.mark_rule(strokeWidth=2, color=TEST).encode(x=axis, x2="high:Q")
    points = base.mark_point(filled=True, size=80, color=TEST, opacity=1).encode(x="difference:Q")
    return Figure(
        "differences",
        f"Difference from {comparison.baseline}, paired by seed",
        "Point: mean over seeds of the paired difference; bar: its 95 % t interval. Left of zero is better. "
        "Where a bar crosses zero, these seeds cannot tell the arm from its baseline."
        + how_many(len(shown), len(data), leading_arms(sweep)),
        (zero + bars + points).properties(width=600, height=alt.Step(30)),
        data,
    )
