"""Paired differences from the baseline with their intervals."""

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import IN_FIGURES, how_many, leading, leading_arms
from reports.figures.arms import ARMS, labels
from reports.figures.figure import Figure, error_unit, over
from reports.figures.palette import GREY, TEST
from reports.load import Sweep


def forest(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Paired differences from the baseline with their intervals."""
    if not any(row.pair is not None and row.pair.difference.n > 1 for row in comparison.rows):
        return None
    unit, factor = error_unit(comparison)
    names = labels(comparison)
    data = pd.DataFrame(
        {
            "arm": names[row.arm],
            "difference": row.pair.difference.mean * factor,
            "low": row.pair.together.low * factor,
            "high": row.pair.together.high * factor,
            "new data low": row.pair.beyond.low * factor,
            "new data high": row.pair.beyond.high * factor,
            "seeds": row.pair.difference.n,
        }
        for row in comparison.rows
        if row.pair is not None
    ).replace([np.inf, -np.inf], np.nan)
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
    bars = base.mark_rule(strokeWidth=4, color=TEST).encode(x=axis, x2="high:Q")
    wide = base.mark_rule(strokeWidth=1.5, color=GREY).encode(x="new data low:Q", x2="new data high:Q")
    ends = [base.mark_tick(thickness=1.5, size=10, color=GREY).encode(x=f"new data {end}:Q") for end in ("low", "high")]
    points = base.mark_point(filled=True, size=80, color=TEST, opacity=1).encode(x="difference:Q")
    return Figure(
        "differences",
        f"Difference from {comparison.baseline}, paired by seed",
        "Point: mean over seeds of the paired difference; left of zero is better. Thick bar: its 95 % interval over "
        f"{over(data.seeds, comparison)}; it excludes zero exactly where p < 0.05. Thin bar with ends: 95 % interval on new data of the "
        "kind. Both are of all comparisons together (max-T). What crosses zero is undecided."
        + missing(data)
        + how_many(len(shown), len(data), leading_arms(sweep)),
        alt.layer(zero, wide, *ends, bars, points).properties(width=600, height=alt.Step(30)),
        data,
    )


def missing(data: pd.DataFrame) -> str:
    """What the caption says of bars that are not there."""
    over_seeds = " Below six seeds there is no thick bar." if data["low"].isna().any() else ""
    return over_seeds + (
        " Where the thin bar is missing, new data have none." if data["new data low"].isna().any() else ""
    )
