"""How narrow the intervals are, and would be with more seeds."""

import altair as alt
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import how_many, leading, leading_arms
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import COLOURS, GREY
from reports.load import Sweep
from reports.widths import FURTHER, widths

PANELS = {"alone": "over seeds, alone", "together": "over seeds, together", "new data": "on new data, together"}
TICKS = [2, 4, 6, 10, 20, 40, 100, 200, 400, 1000, 2000, 4000, 10000]
LEGEND = alt.Legend(orient="top", columns=5, symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=3)
EFFECT = " Grey line: the smallest effect that matters; only intervals narrower than that can call arms equivalent."


def interval_width(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Half widths of the intervals against the number of seeds, as seen up to these and as to be expected beyond."""
    compared = comparison._replace(rows=[row for row in comparison.rows if row.pair is not None])
    arms = [row.arm for row in leading(sweep, compared, len(COLOURS)).rows]
    data = widths(sweep, comparison, arms)
    if data.empty:
        return None
    unit, factor = error_unit(comparison)
    data = data.assign(half=data.half * factor)
    effect = sweep.study.get("smallest_effect")
    kinds = {name: data[data.interval == name] for name in PANELS}
    panels = [panel(kind, arms, PANELS[name], unit) for name, kind in kinds.items() if len(kind)]
    if effect:
        panels = [one + threshold(effect * factor) for one in panels]
    return Figure(
        "interval_width",
        "Interval width against seeds",
        "Half of the 95 % interval of each difference. Solid: of the first k seeds, in their order; dashed: expected of up to "
        f"{FURTHER} times as many, from what all seeds say. Over {comparison.these_seeds}, alone: the t interval, as if there were no "
        "other comparison; together: of all comparisons (max-T), from six seeds on. On new data every point is expected; rows that seeds "
        "have in common limit what more seeds can do."
        + (EFFECT if effect else "")
        + how_many(len(arms), len(compared.rows), leading_arms(sweep)),
        alt.hconcat(*panels),
        data,
    )


def panel(data: pd.DataFrame, arms: list[str], title: str, unit: str) -> alt.LayerChart:
    """One kind of interval, a line an arm."""
    ticks = [k for k in TICKS if data.seeds.min() <= k <= data.seeds.max()]
    x = alt.X(
        "seeds:Q", title="seeds", scale=alt.Scale(type="log", nice=False), axis=alt.Axis(values=ticks, format="d")
    )
    y = alt.Y("half:Q", title=f"± ({unit})", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=5, format="~g"))
    colour = alt.Color("arm:N", title=None, legend=LEGEND, scale=alt.Scale(domain=arms, range=COLOURS[: len(arms)]))
    dash = alt.StrokeDash("expected:N", legend=None, scale=alt.Scale(domain=[False, True], range=[[1, 0], [4, 3]]))
    tips = [alt.Tooltip(name, format=".3g" if name == "half" else "") for name in ("arm", "seeds", "half", "expected")]
    lines = alt.Chart(data).mark_line().encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tips)
    return alt.layer(lines).properties(width=190, height=220, title=title)


def threshold(effect: float) -> alt.Chart:
    """A line at the smallest effect."""
    return alt.Chart(pd.DataFrame({"half": [effect]})).mark_rule(color=GREY, strokeWidth=2).encode(y="half:Q")
