"""Two numbers at once: the test error over the grid of two axes."""

from collections.abc import Iterator
from itertools import combinations

import altair as alt
import pandas as pd

from reports.comparison import Comparison, best_on_validation
from reports.load import Sweep, short
from reports.palette import Figure, error_unit

MOST = 6  # panels


def heat_map(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """A panel for every group of cells that differ in two numeric axes alone, at least two values each."""
    cells = sweep.results.drop_duplicates("cell").set_index("cell")
    numeric = [axis for axis in sweep.axes if pd.to_numeric(cells[f"axis/{axis}"], errors="coerce").notna().any()]
    unit, factor = error_unit(comparison)
    means = sweep.results.groupby("cell", sort=False)[["test/error", "validation/error"]].mean() * factor
    panels, tables = [], []
    for across, down in combinations(numeric, 2):
        for name, x, y, group in grids(cells, sweep, across, down):
            data = means.loc[group.index].rename(
                columns={"test/error": "test error", "validation/error": "validation error"}
            )
            data["chosen"] = data.index == best_on_validation(sweep.results[sweep.results.cell.isin(group.index)])
            data = data.assign(x=group[x].astype(float), y=group[y].astype(float), panel=name)
            tables.append(data.reset_index())
            panels.append(panel(tables[-1], short(across, sweep.axes), short(down, sweep.axes), unit, name))
    if not panels:
        return None
    return Figure(
        "heat_map",
        "Test error over two axes",
        "Mean over seeds; the ring marks the least validation error. Darker is lower.",
        alt.concat(*panels[:MOST], columns=2).resolve_scale(color="independent"),
        pd.concat(tables, ignore_index=True),
    )


def grids(cells: pd.DataFrame, sweep: Sweep, across: str, down: str) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Groups of cells that are equal in all axes but two."""
    x, y = f"axis/{across}", f"axis/{down}"
    others = [f"axis/{axis}" for axis in sweep.axes if axis not in (across, down)]
    having = cells[pd.to_numeric(cells[x], errors="coerce").notna() & pd.to_numeric(cells[y], errors="coerce").notna()]
    if having.empty:
        return
    keys = having[others].astype(str).agg(" ".join, axis=1) if others else pd.Series("", having.index)
    for key, group in having.groupby(keys, sort=False):
        if group[x].nunique() > 1 and group[y].nunique() > 1:
            yield " ".join(word for word in str(key).split() if word not in ("nan", "None")), x, y, group


def panel(data: pd.DataFrame, across: str, down: str, unit: str, name: str) -> alt.LayerChart:
    x = alt.X("x:O", title=across.replace("_", " "), axis=alt.Axis(labelAngle=0, format="~g"))
    y = alt.Y("y:O", title=down.replace("_", " "), sort="descending", axis=alt.Axis(format="~g"))
    color = alt.Color("test error:Q", title=f"test error ({unit})", scale=alt.Scale(scheme="viridis"))
    tips = [alt.Tooltip("x:Q", title=across), alt.Tooltip("y:Q", title=down)]
    tips += [alt.Tooltip(f"{part} error:Q", format=".3g") for part in ("test", "validation")]
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tips)
    tiles = base.mark_rect().encode(color=color)
    ring = base.transform_filter("datum.chosen").mark_rect(fillOpacity=0, stroke="#D55E00", strokeWidth=3)
    return (tiles + ring).properties(width=240, height=200, title=name)
