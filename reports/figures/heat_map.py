"""Two numbers at once: the test error over the grid of two axes."""

from collections.abc import Iterator, Sequence
from itertools import combinations, count

import altair as alt
import pandas as pd

from reports.axes import called, columns, label, number_at
from reports.comparison import Comparison
from reports.excerpt import how_many, thinned, validation_rank
from reports.figures.figure import Figure, error_unit
from reports.load import Sweep, has_rows

MOST = 6  # panels
SHOWN = ["test/error", "validation/error"]
TILES = 20  # along an axis of a panel


def heat_map(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """A panel for every group of cells that differ in two numeric axes alone and fill more than half of their grid."""
    unit, factor = error_unit(comparison)
    groups = list(grids(sweep))
    if not groups:
        return None
    shown = [name for name in SHOWN if name in sweep.results]
    means = sweep.results.groupby("cell", sort=False)[shown].mean() * factor
    axes = sweep.results.drop_duplicates("cell").set_index("cell")[columns(sweep)]
    data = pd.concat(groups, ignore_index=True).join(means, on="cell").join(axes, on="cell")
    place, validated = data.cell.map(validation_rank(sweep.results)), has_rows(sweep, "validation")
    data["chosen"] = (place == place.groupby(data.number).transform("min")) & validated
    panels = [part for _, part in data[data.number < MOST].groupby("number")]
    large = any(part[end].nunique() > TILES for part in panels for end in "xy")
    return Figure(
        "heat_map",
        "Test error over two axes",
        f"Mean over seeds{'; the ring marks the least validation error' if validated else ''}. Darker is lower."
        + (f" At most {TILES} values an axis are drawn, evenly chosen." if large else "")
        + how_many(len(panels), len(groups), "panels")
        + empty_in_words(panels, sweep),
        alt.concat(*(panel(part, sweep, unit) for part in panels), columns=2).resolve_scale(color="independent"),
        data.drop(columns="number"),
    )


def empty_in_words(panels: Sequence[pd.DataFrame], sweep: Sweep) -> str:
    """How many places of the panels' grids have no cell, and why; empty where all have one."""
    empty = sum(part.x.nunique() * part.y.nunique() - len(part) for part in panels)
    why = "cells failed, or were not asked for (L014)" if sweep.failed else "no cell was asked for"
    return f" Empty places: {empty:,}, where {why}." if empty else ""


def grids(sweep: Sweep) -> Iterator[pd.DataFrame]:
    """Yield groups of cells that are equal on all axes but two (or lack the same axes), with each cell's place x, y."""
    number = count()
    for across, down in combinations(sweep.axes, 2):
        groups: dict[tuple[tuple[str, str], ...], list[tuple[str, float, float]]] = {}
        for cell in sweep.cells:
            x, y = number_at(cell, across), number_at(cell, down)
            if x is not None and y is not None:
                others = tuple((axis, text) for axis, text in cell["axes"].items() if axis not in (across, down))
                groups.setdefault(others, []).append((cell["name"], x, y))
        for others, members in groups.items():
            group = pd.DataFrame(members, columns=["cell", "x", "y"])
            wide, high = group.x.nunique(), group.y.nunique()
            if wide > 1 and high > 1 and len(group) > wide * high / 2:
                yield group.assign(panel=label(dict(others), sweep), across=across, down=down, number=next(number))


def panel(data: pd.DataFrame, sweep: Sweep, unit: str) -> alt.LayerChart:
    across, down, name = (data[column].iloc[0] for column in ("across", "down", "panel"))
    kept = {end: {*thinned(sorted(set(data[end])), TILES), *data[data.chosen][end]} for end in "xy"}
    data = data[data.x.isin(kept["x"]) & data.y.isin(kept["y"])]
    x = alt.X("x:O", title=called(across, sweep), axis=alt.Axis(labelAngle=0, format="~g", labelOverlap=True))
    y = alt.Y("y:O", title=called(down, sweep), sort="descending", axis=alt.Axis(format="~g", labelOverlap=True))
    color = alt.Color("test/error:Q", title=f"test/error ({unit})", scale=alt.Scale(scheme="viridis"))
    tips = [alt.Tooltip("x:Q", title=across), alt.Tooltip("y:Q", title=down)]
    shown = [name for name in SHOWN if name in data]
    tips += [alt.Tooltip(f"{name}:Q", format=".3g") for name in shown]
    base = alt.Chart(data[["x", "y", *shown, "chosen"]]).encode(x=x, y=y, tooltip=tips)
    tiles = base.mark_rect().encode(color=color)
    ring = base.transform_filter("datum.chosen").mark_rect(fillOpacity=0, stroke="#D55E00", strokeWidth=3)
    return (tiles + ring).properties(width=240, height=200, title=name)
