"""What a number does: errors along every numeric axis, all else equal."""

from collections.abc import Iterator
from itertools import count

import altair as alt
import pandas as pd

from reports.averages import intervals
from reports.axes import called, columns, label, places
from reports.comparison import Comparison
from reports.crossed import of_independent_seeds
from reports.excerpt import how_many, thinned
from reports.figures.figure import Figure, error_unit, over
from reports.figures.palette import COLOURS, GREY, LEGEND, TEST, TRAIN, VALIDATION
from reports.load import Sweep

QUANTITIES = {"test/error": TEST, "validation/error": VALIDATION, "gap/error": TRAIN}
DASHES = {"test/error": [1, 0], "validation/error": [2, 3], "gap/error": [7, 4]}
SHOWN = ["value", "line", "quantity", "mean", "low", "high", "seeds"]
PANELS, LINES, POINTS = 18, 6, 900  # a panel has at most so many lines; all lines together about so many points
TICKS = 12  # values that each have a tick and a dot


def strengths(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """A panel for each numeric axis and each choice of words; in it a line for each value of the other numbers."""
    unit, factor = error_unit(comparison)
    data = along_axes(of_independent_seeds(sweep), comparison, factor)
    if data.empty:
        return None
    panels = [part for _, part in data.groupby("number", sort=False)]
    lines = sum(3 if is_single(part) else min(part["line"].nunique(), LINES) for part in panels[:PANELS])
    most = min(100, max(10, POINTS // lines))
    charts = [panel(part, most, unit) for part in panels[:PANELS]]
    crowded = any(part["line"].nunique() > LINES or part["value"].nunique() > most for part in panels)
    return Figure(
        "strengths",
        "What the strength does",
        "Mean over seeds, all other axes equal. Ring: chosen on validation error. In a panel without other numbers, band: 95 % t "
        f"interval of test/error over {over(data.seeds, comparison)}, each point alone; gap/error (long dashes): test minus train "
        "error, the same line where train error is 0. Where other numbers vary too, test/error alone, a line for each of their "
        "values; dots that no line joins differ in other numbers as well."
        + (f" At most {LINES} lines a panel and {most} values a line are drawn, evenly chosen." if crowded else "")
        + how_many(len(charts), len(panels), "panels"),
        alt.concat(*charts, columns=2).resolve_scale(y="independent", x="independent", color="independent"),
        data.drop(columns=["number", "joined"]),
    )


def along_axes(sweep: Sweep, comparison: Comparison, factor: float) -> pd.DataFrame:
    """A row for each panel, cell and quantity, with the values of all axes."""
    there = [name for name in QUANTITIES if name in sweep.results]
    means = intervals(sweep.results[there], sweep.results[["cell"]], factor)
    means = means.rename(columns={"metric": "quantity"})
    cells = sweep.results.drop_duplicates("cell")[["cell", "arm", *columns(sweep)]]
    panels = list(panels_of(sweep, comparison))
    return pd.concat(panels).merge(cells, on="cell").merge(means, on="cell") if panels else pd.DataFrame()


def panels_of(sweep: Sweep, comparison: Comparison) -> Iterator[pd.DataFrame]:
    """Yield the cells along each numeric axis that are equal in all words, where they have two values or more."""
    chosen, number = {row.cell for row in comparison.rows}, count()
    for axis in sorted(sweep.axes, key=lambda axis: axis not in sweep.study["choose"]):  # chosen axes first
        along = pd.DataFrame(places(sweep, axis), columns=["cell", "value", "words", "line"])
        along = along.assign(axis=axis, chosen=along.cell.isin(chosen) & (axis in sweep.study["choose"]))
        for words, part in along.groupby("words", sort=False):
            joined = part.groupby("line")["value"].transform("nunique") > 1
            kept = part[joined] if joined.any() else part
            if kept["value"].nunique() > 1:
                title = ": ".join(filter(None, (label(dict(words), sweep), called(axis, sweep))))
                yield kept.assign(panel=title, joined=joined.any(), number=next(number)).drop(columns="words")


def is_single(part: pd.DataFrame) -> bool:
    """Whether nothing but the axis itself varies in a panel."""
    return part["line"].nunique() == 1


def panel(part: pd.DataFrame, most: int, unit: str) -> alt.LayerChart:
    data = drawn(part, most)
    values = sorted(set(data["value"]))
    ticks = {"values": values} if len(values) <= TICKS else {}
    wide = values[0] > 0 and values[-1] / values[0] >= 8
    x = alt.X(
        "value:Q",
        title=str(part["axis"].iloc[0]),
        scale=alt.Scale(type="log" if wide else "linear", nice=False, padding=8),
        axis=alt.Axis(**ticks, tickCount=TICKS, format="~g", labelOverlap=True),
    )
    three = set(data.quantity) > {"test/error"}
    title = f"error ({unit})" if three else f"test/error ({unit})"
    y, low = (alt.Y(f"{end}:Q", title=title, scale=alt.Scale(zero=False)) for end in ("mean", "low"))
    base = alt.Chart(data).encode(x=x, y=y)
    dots = len(values) <= 2 * TICKS
    layers = single(base, data, low, dots) if three else several(base, data, dots, bool(part["joined"].all()))
    chosen = data[data["chosen"] & (data["quantity"] == "test/error")]
    if len(chosen):
        layers.append(alt.Chart(chosen).mark_point(size=180, strokeWidth=2.5, color=GREY).encode(x=x, y=y))
    return alt.layer(*layers).properties(width=350, height=190, title=str(part["panel"].iloc[0]))


def drawn(part: pd.DataFrame, most: int) -> pd.DataFrame:
    """The data that a panel draws: where there are several lines, their test error alone."""
    alone = is_single(part) and part["joined"].all()
    lines = thinned(list(dict.fromkeys(part["line"])), LINES) if part["joined"].all() else list(part["line"])
    kept = part[part["line"].isin(lines) & (alone | (part["quantity"] == "test/error"))]
    values = thinned(sorted(set(kept["value"])), most)
    return kept[kept["value"].isin(values) | kept["chosen"]][[*SHOWN, "chosen"]]


def single(base: alt.Chart, data: pd.DataFrame, low: alt.Y, dots: bool) -> list[alt.Chart]:
    """The layers of a panel with one line per quantity, and the interval of the first quantity."""
    shown = [quantity for quantity in QUANTITIES if quantity in set(data["quantity"])]
    colours = alt.Scale(domain=shown, range=[QUANTITIES[quantity] for quantity in shown])
    dashes = alt.Scale(domain=shown, range=[DASHES[quantity] for quantity in shown])
    base = base.encode(color=alt.Color("quantity:N", scale=colours, title=None, legend=LEGEND))
    band = base.transform_filter(alt.datum.quantity == "test/error").mark_area(opacity=0.2)
    line = base.mark_line(point=dots).encode(strokeDash=alt.StrokeDash("quantity:N", scale=dashes, legend=None))
    return [
        band.encode(y=low, y2="high:Q"),
        line.encode(tooltip=tips("value", "quantity")),
    ]


def several(base: alt.Chart, data: pd.DataFrame, dots: bool, joined: bool) -> list[alt.Chart]:
    """The layers of a panel with a line for each value of the other numbers, or dots where no two cells share one."""
    base = base.encode(tooltip=tips("value", "line"))
    if not joined:
        return [base.mark_point(filled=True, size=50, color=TEST)]
    lines = list(dict.fromkeys(data["line"]))
    scale = alt.Scale(domain=lines, range=COLOURS[: len(lines)])
    return [base.mark_line(point=dots).encode(color=alt.Color("line:N", scale=scale, title=None, legend=LEGEND))]


def tips(*names: str) -> list[alt.Tooltip]:
    numbers = [alt.Tooltip(f"{end}:Q", format=".3g") for end in ("mean", "low", "high")]
    return [*(alt.Tooltip(name) for name in names), *numbers, alt.Tooltip("seeds:Q")]
