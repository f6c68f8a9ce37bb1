"""Figures that a study's file states: what is along x, which metrics are lines and which are points."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from reports.averages import intervals
from reports.axes import called, label
from reports.derived import column
from reports.excerpt import how_many, thinned
from reports.figures.figure import Figure
from reports.figures.palette import COLOURS, LEGEND
from reports.functions import FUNCTION, along_the_input
from reports.load import Sweep
from reports.schema.derived import derived
from reports.schema.names import as_number
from reports.schema.places import cells_at, values
from reports.schema.statements import StatedFigure
from reports.schema.statements import figure as read

MOST, POINTS = 12, 1800  # of panels, of colours, of series; points in the whole figure
TITLE = 45  # the most characters that the title of an axis has room for


def stated(sweep: Sweep) -> list[Figure]:
    """The figures that the study states, without those whose data the sweep lacks."""
    made = (make() for _, make in stated_figures(sweep))
    return [figure for figure in made if figure is not None]


def stated_figures(sweep: Sweep) -> list[tuple[str, Callable[[], Figure | None]]]:
    """The title of every figure that the study states, and how it is made."""
    return [
        (title_of(stated), partial(figure, number, stated, sweep))
        for number, stated in enumerate(sweep.study.get("figures", []), start=1)
    ]


def title_of(stated: Any) -> str:
    title = stated.get("title") if isinstance(stated, Mapping) else None
    return title if isinstance(title, str) else "a figure of the study"


def measured(spec: StatedFigure, sweep: Sweep) -> pd.DataFrame:
    """The figure's data: at every x, for every series, colour and panel, the mean over seeds and its 95 % t interval.

    Cells without the axis along x are left out; those without the axis of colours or panels share one, called –.
    """
    sweep, _ = along_the_input(sweep) if spec.x == FUNCTION else (sweep, "")
    curve = spec.x in ("step", "epoch")
    rows = sweep.curves if curve else sweep.results
    for key, allowed in spec.only.items():
        if key in ("step", "epoch"):
            rows = rows[rows[key].between(*allowed)]
        else:
            at = {cell["name"] for value in allowed for cell in cells_at({key: value}, sweep.cells)}
            known = any(key in values(cell) for cell in sweep.cells)
            rows = rows[rows["cell"].isin(at)] if known else rows
    by = {"x": spec.x if curve else f"axis/{spec.x}"}
    by |= {
        place: f"axis/{axis}" for place, axis in (("color", spec.color), ("panels", spec.panels)) if axis is not None
    }
    if not set(by.values()) <= set(rows.columns):
        return pd.DataFrame()
    rows = rows[rows[by["x"]].notna()]
    places = pd.DataFrame({place: with_dashes(rows[name]) for place, name in by.items()})
    others = rows["cell"].map({cell["name"]: beside(cell["axes"], spec, sweep) for cell in sweep.cells})
    if others.groupby([places[place] for place in places]).nunique().max() > 1:
        places["others"] = others
    marks = []
    for mark, patterns in (("lines", spec.lines), ("points", spec.points)):
        marks.append(intervals(columns(patterns, rows, sweep), places).assign(mark=mark))
    data = pd.concat(marks, ignore_index=True)
    return data.assign(series=data["metric"].map(series))


def columns(patterns: list[str], rows: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """The metrics that are named or match a pattern, and those derived from curves, in the figure's rows."""
    here = [name for name in sweep.metrics if name in rows]
    names = [name for name in here if any(fnmatchcase(name, pattern) for pattern in patterns)]
    made = [text for text in patterns if text not in names and derived(text) is not None]
    return rows[names].assign(**{text: column(text, rows, sweep.curves) for text in made})


def with_dashes(values: pd.Series) -> pd.Series:
    """Replace missing values by –; `fillna` would guess another type, which pandas 2 warns of."""
    return pd.Series(["–" if pd.isna(value) else value for value in values], values.index, dtype=object)


def beside(axes: Mapping[str, str], spec: StatedFigure, sweep: Sweep) -> str:
    """Where a cell lies on the axes that the figure does not name; cells that differ on these are not averaged."""
    named = (spec.x, spec.color, spec.panels)
    return label({axis: text for axis, text in axes.items() if axis not in named}, sweep)


def series(metric: str) -> str:
    """The series of a metric: a trained, an exact and a theory's value of one quantity share a series, and so a colour.

    >>> series("exact/3"), series("theory/test/error"), series("test/error")
    ('3', 'test/error', 'test/error')
    """
    prefix, _, name = metric.partition("/")
    return name if prefix in ("exact", "trained", "theory") else metric


def figure(number: int, stated: Any, sweep: Sweep) -> Figure | None:
    """Make a stated figure; None where the sweep lacks its data. Raises ValueError for a bad statement, as in a foreign record."""
    spec = read(stated)
    data = measured(spec, sweep)
    if data.empty:
        return None
    shown, note = excerpt(data)
    parts = list(shown.groupby("panels", sort=False)) if "panels" in shown and shown["panels"].nunique() > 1 else []
    if parts:
        drawn = [panel(spec, part, sweep).properties(width=290, height=220, title=str(name)) for name, part in parts]
        chart = alt.concat(*drawn, columns=2)
        chart = chart.resolve_scale(color="independent", y="independent") if spec.color is not None else chart
    else:
        chart = panel(spec, shown, sweep).properties(width=620, height=300)
    return Figure(f"figure_{number}", spec.title, spec.caption + note, chart, data)


def excerpt(data: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The data that are drawn, and a note of what is left out: panels, colours, lines and points beyond what one can tell apart."""
    note, shown = "", data
    for end, words in (("panels", "panels"), ("color", "colours"), ("series", "series"), ("others", "other cells")):
        if end in data:
            values = sorted(data[end].unique(), key=as_sortable)
            kept = thinned(values, MOST)
            shown, note = shown[shown[end].isin(kept)], note + how_many(len(kept), len(values), words)
    lines = len(shown.drop(columns=["x", "mean", "low", "high", "seeds"]).drop_duplicates())
    places = sorted(shown["x"].unique(), key=as_sortable)
    kept = thinned(places, max(10, POINTS // lines))
    return shown[shown["x"].isin(kept)], note + how_many(len(kept), len(places), "places along x")


def panel(spec: StatedFigure, data: pd.DataFrame, sweep: Sweep) -> Any:
    """Bands and lines of the metrics that are lines, points of those that are points."""
    log, coloured = spec.log, "color" if spec.color is not None else "series"
    numbers = pd.to_numeric(data["x"], errors="coerce")
    numeric = bool(numbers.notna().all())
    data = data.assign(x=numbers) if numeric else data
    log_y = "y" in log and bool((data["mean"] > 0).any())
    data = data[data["mean"] > 0] if log_y else data  # a logarithmic axis has no place for the others
    at_values = spec.x not in ("step", "epoch", FUNCTION)
    ticks = alt.Axis(values=sorted(numbers.unique()), tickCount=100, format="~g", labelOverlap=True)
    x = alt.X(
        "x:Q" if numeric else "x:N",
        title=along_the_input(sweep)[1] if spec.x == FUNCTION else called(spec.x, sweep),
        scale=scale_of(numbers, "x" in log) if numeric else alt.Undefined,
        axis=ticks if numeric and at_values else alt.Undefined,
        sort=None,
    )
    along_y = alt.Scale(type="log" if log_y else "linear", zero=False)
    domain = sorted(data[coloured].unique(), key=as_sortable)
    color = alt.Color(
        f"{coloured}:N",
        scale=alt.Scale(domain=domain, range=[COLOURS[i % len(COLOURS)] for i in range(len(domain))]),
        title=called(spec.color, sweep) if spec.color is not None else None,
        legend=LEGEND if len(domain) > 1 else None,
    )
    formats = {"mean": ".4g", "low": ".4g", "high": ".4g", **({"x": ".4g"} if numeric else {})}
    tips = [alt.Tooltip(name, format=formats.get(name, "")) for name in data.columns if name != "mark"]
    base = alt.Chart(data).encode(x=x, color=color, tooltip=tips)
    along = spec.y or (named(domain, spec) if coloured == "series" else data.series.iloc[0])
    y, y_low = (alt.Y(f"{end}:Q", title=along, scale=along_y) for end in ("mean", "low"))
    lines_apart = ["metric:N", *(["others:N"] if "others" in data else [])]
    layers = []
    if (data["mark"] == "lines").any():
        band = base.transform_filter((alt.datum.mark == "lines") & (alt.datum.low > (0 if log_y else -1e300)))
        lines = base.transform_filter(alt.datum.mark == "lines")
        layers.append(band.mark_area(opacity=0.15).encode(y=y_low, y2="high:Q", detail=lines_apart))
        layers.append(lines.mark_line(strokeWidth=2).encode(y=y, detail=lines_apart))
    if (data["mark"] == "points").any():
        points = base.transform_filter(alt.datum.mark == "points").mark_point(filled=True, size=60, opacity=1)
        shape = {} if numeric else {"shape": alt.Shape("metric:N", title=None, legend=LEGEND)}
        layers.append(points.encode(y=y, **shape))
    return alt.layer(*layers)


def named(names: list[str], spec: StatedFigure) -> str:
    """What is along y: the metrics' names, or what the study writes for them where they are longer than the axis."""
    all_names = ", ".join(names)
    return all_names if len(all_names) <= TITLE else ", ".join(dict.fromkeys([*spec.lines, *spec.points]))


def scale_of(numbers: pd.Series, log: bool) -> alt.Scale:
    """Logarithmic where asked for; if some values are not above 0, linear below the least positive one."""
    if not log or not (numbers > 0).any():
        return alt.Scale(type="linear", nice=False, padding=8)
    if (numbers > 0).all():
        return alt.Scale(type="log", nice=False, padding=8)
    return alt.Scale(type="symlog", constant=float(numbers[numbers > 0].min()), nice=False, padding=8)


def as_sortable(value: Any) -> tuple[bool, float, str]:
    """A sort key that puts numbers, also those written as text, before words."""
    number = as_number(str(value))
    return (isinstance(number, str), 0.0 if isinstance(number, str) else number, str(value))
