"""Where the spread comes from: the standard deviation of each source of chance, with its interval."""

import altair as alt
import pandas as pd

from reports.by_source import BySource, by_source
from reports.comparison import Comparison
from reports.excerpt import how_many
from reports.figures.arms import ARMS
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import GREY, TEST
from reports.load import Sweep
from reports.variance import part_of

PANELS = 6  # arms


def sources(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """A panel an arm whose seeds are crossed: a point and a bar for each source, each interaction, and what test rows make of it."""
    found = [one for one in by_source(sweep, comparison) if one.components]
    if not found:
        return None
    unit, factor = error_unit(comparison)
    data = pd.concat([table(one, factor) for one in found], ignore_index=True)
    panels = [panel(data[data.arm == one.arm], one.arm if len(found) > 1 else "", unit) for one in found[:PANELS]]
    return Figure(
        "sources",
        "Where the spread comes from",
        "Standard deviation of test error that each source of chance makes, by itself and (×) in how it depends on others; bar: 95 % "
        f"interval over {' × '.join(map(str, found[0].sizes.values()))} crossed draws of the sources, each alone (generalized, of Gaussian "
        "effects). A point at 0: no sign of it; the bar says how large it could be. Grey: the part of one network's that the finite test "
        "set makes; more test rows would take it away." + how_many(len(panels), len(found), "arms"),
        alt.vconcat(*panels).resolve_scale(x="shared"),
        data,
    )


def table(one: BySource, factor: float) -> pd.DataFrame:
    """A row a source: its standard deviation, the interval's ends, its share of the variance."""
    rows: list[tuple[object, ...]] = [
        (one.names[effect], "source", found.variance, found.low, found.high, found.share)
        for effect, found in one.components.items()
    ]
    if one.test_rows is not None:
        variance = one.test_rows.variance
        rows.append(("finite test set", "test rows", variance, None, None, part_of(variance, one)))
    columns = ["source", "kind", "sd", "low", "high", "share"]
    data = pd.DataFrame(rows[1:] + rows[:1], columns=columns).assign(arm=one.arm)
    roots = {name: data[name].astype(float).clip(lower=0) ** 0.5 * factor for name in ("sd", "low", "high")}
    return data.assign(**roots)[["arm", *columns]]


def panel(part: pd.DataFrame, title: str, unit: str) -> alt.LayerChart:
    y = alt.Y("source:N", sort=list(part.source), title=None, axis=ARMS)
    x = alt.X(
        "low:Q",
        title=f"standard deviation of test/error ({'points' if unit == '%' else unit})",
        scale=alt.Scale(zero=True),
    )
    tips = [
        alt.Tooltip("source:N"),
        *(alt.Tooltip(f"{name}:Q", format=".3g") for name in ("sd", "low", "high")),
        alt.Tooltip("share:Q", format=".0%"),
    ]
    colours = alt.Color("kind:N", scale=alt.Scale(domain=["source", "test rows"], range=[TEST, GREY]), legend=None)
    base = alt.Chart(part).encode(y=y, tooltip=tips, color=colours)
    bars = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    points = base.mark_point(filled=True, size=80, opacity=1).encode(x="sd:Q")
    return alt.layer(bars, points).properties(width=440, height=alt.Step(30), title=title)
