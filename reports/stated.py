"""Figures that a study's file states: what is along x, which metrics are lines and which are points."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import altair as alt
import pandas as pd

from reports.load import Sweep, as_number, as_override, short
from reports.palette import COLOURS, LEGEND, Figure
from reports.statistics import mean_interval


def stated(sweep: Sweep) -> list[Figure]:
    """One for every figure of the study; those whose metrics the sweep does not have are left out."""
    drawn = [(spec, measured(spec, sweep)) for spec in sweep.study.get("figures", [])]
    return [figure(n, spec, data, sweep) for n, (spec, data) in enumerate(drawn, start=1) if not data.empty]


def measured(spec: Mapping[str, Any], sweep: Sweep) -> pd.DataFrame:
    """The figure's data: at every x, for every series, colour and panel, the mean over seeds and its 95 % t interval."""
    curve = spec["x"] in ("step", "epoch")
    rows = sweep.curves if curve else sweep.results
    for key, allowed in spec.get("only", {}).items():
        if key in ("step", "epoch"):
            rows = rows[rows[key].between(*allowed)]
        elif f"axis/{key}" in rows:
            rows = rows[rows[f"axis/{key}"].isin([as_number(as_override(value)) for value in allowed])]
    by = {"x": spec["x"] if curve else f"axis/{spec['x']}"}
    by |= {place: f"axis/{spec[place]}" for place in ("color", "panels") if place in spec}
    if not set(by.values()) <= set(rows.columns):
        return pd.DataFrame()
    found = []
    for mark in ("lines", "points"):
        names = [name for name in rows.columns if any(fnmatchcase(name, p) for p in spec.get(mark, []))]
        for values, group in rows.groupby(list(by.values()), sort=False):
            place = dict(zip(by, values, strict=True))
            for name in names:
                interval = mean_interval(group[name])
                ends = {"mean": interval.mean, "low": interval.low, "high": interval.high, "seeds": interval.n}
                found.append({**place, "mark": mark, "metric": name, "series": series(name), **ends})
    return pd.DataFrame(found)


def series(metric: str) -> str:
    """A quantity trained, exact or of theory is one series, and has one colour.

    >>> series("exact/3"), series("theory/test error"), series("test error")
    ('3', 'test error', 'test error')
    """
    prefix, _, name = metric.rpartition("/")
    return name if prefix in ("exact", "trained", "theory") else metric


def figure(number: int, spec: Mapping[str, Any], data: pd.DataFrame, sweep: Sweep) -> Figure:
    parts = list(data.groupby("panels", sort=False)) if "panels" in data and data["panels"].nunique() > 1 else []
    if parts:
        drawn = [panel(spec, part, sweep).properties(width=290, height=220, title=str(name)) for name, part in parts]
        chart = alt.concat(*drawn, columns=2)
        chart = chart.resolve_scale(color="independent", y="independent") if "color" in spec else chart
    else:
        chart = panel(spec, data, sweep).properties(width=620, height=300)
    return Figure(f"figure_{number}", spec["title"], spec.get("caption", ""), chart, data)


def panel(spec: Mapping[str, Any], data: pd.DataFrame, sweep: Sweep) -> Any:
    """Bands and lines of the metrics that are lines, points of those that are points."""
    log, coloured = spec.get("log", []), "color" if "color" in spec else "series"
    numbers = pd.to_numeric(data["x"], errors="coerce")
    numeric = bool(numbers.notna().all())
    data = data.assign(x=numbers) if numeric else data
    at_values = spec["x"] not in ("step", "epoch")
    ticks = alt.Axis(values=sorted(numbers.unique()), tickCount=100, format="~g", labelOverlap=True)
    x = alt.X(
        "x:Q" if numeric else "x:N",
        title=title_of(spec["x"], sweep),
        scale=alt.Scale(type="log" if "x" in log else "linear", nice=False, padding=8) if numeric else alt.Undefined,
        axis=ticks if numeric and at_values else alt.Undefined,
        sort=None,
    )
    along_y = alt.Scale(type="log" if "y" in log else "linear", zero=False)
    domain = sorted(data[coloured].unique(), key=as_sortable)
    color = alt.Color(
        f"{coloured}:N",
        scale=alt.Scale(domain=domain, range=[COLOURS[i % len(COLOURS)] for i in range(len(domain))]),
        title=title_of(spec["color"], sweep) if "color" in spec else None,
        legend=LEGEND if len(domain) > 1 else None,
    )
    formats = {"mean": ".4g", "low": ".4g", "high": ".4g", **({"x": ".4g"} if numeric else {})}
    tips = [alt.Tooltip(name, format=formats.get(name, "")) for name in data.columns if name != "mark"]
    base = alt.Chart(data).encode(x=x, color=color, tooltip=tips)
    along = spec.get("y", ", ".join(map(str, domain)) if coloured == "series" else data.series.iloc[0])
    y, y_low = (alt.Y(f"{end}:Q", title=along, scale=along_y) for end in ("mean", "low"))
    layers = []
    if (data["mark"] == "lines").any():
        band = base.transform_filter((alt.datum.mark == "lines") & (alt.datum.low > (0 if "y" in log else -1e300)))
        lines = base.transform_filter(alt.datum.mark == "lines")
        layers.append(band.mark_area(opacity=0.15).encode(y=y_low, y2="high:Q", detail="metric:N"))
        layers.append(lines.mark_line(strokeWidth=2).encode(y=y, detail="metric:N"))
    if (data["mark"] == "points").any():
        points = base.transform_filter(alt.datum.mark == "points").mark_point(filled=True, size=60, opacity=1)
        shape = {} if numeric else {"shape": alt.Shape("metric:N", title=None, legend=LEGEND)}
        layers.append(points.encode(y=y, **shape))
    return alt.layer(*layers)


def as_sortable(value: Any) -> tuple[bool, float, str]:
    """Numbers, also those written as text, before words."""
    number = as_number(str(value))
    return (isinstance(number, str), 0.0 if isinstance(number, str) else number, str(value))


def title_of(axis: str, sweep: Sweep) -> str:
    return short(axis, sweep.axes).replace("_", " ")
