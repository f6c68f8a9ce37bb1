"""What all figures share: colours, the style in which Vega draws them, and a figure as the page, PNG and SVG have it."""

from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from reports.comparison import Comparison

# Okabe & Ito's colours, which colour-blind readers can tell apart; the middle greys and hues read on white and on black.
TEST, TRAIN, VALIDATION, GREY = "#D55E00", "#0072B2", "#009E73", "#888888"
LEGEND = alt.Legend(orient="top", symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=3)
STAR = "M0,-1L0.59,0.81L-0.95,-0.31L0.95,-0.31L-0.59,0.81Z"
COLOURS = [TEST, TRAIN, VALIDATION, "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#B59F00", "#7B5EA7"]


class Figure(NamedTuple):
    """A specification, the data it shows, and what a reader should know."""

    name: str
    title: str
    caption: str
    chart: Any
    data: pd.DataFrame


CONFIG = {
    "background": "transparent",
    "font": "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif",
    "view": {"stroke": "transparent"},
    "title": {"color": "currentColor", "subtitleColor": GREY, "fontSize": 12, "fontWeight": 600, "anchor": "start"},
    "header": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12, "labelFontWeight": 600},
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "domainColor": GREY,
        "tickColor": GREY,
        "gridColor": GREY,
        "gridOpacity": 0.25,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 11, "symbolStrokeWidth": 2},
}


class Picture(NamedTuple):
    """A figure and its specification, drawn once; the PNG on white, at twice the screen's resolution."""

    figure: Figure
    spec: dict[str, Any]
    svg: str
    png: bytes


def draw(figure: Figure) -> Picture:
    import vl_convert

    spec = specification(figure)
    on_white = spec | {"config": CONFIG | {"background": "white"}}
    return Picture(figure, spec, vl_convert.vegalite_to_svg(spec), vl_convert.vegalite_to_png(on_white, scale=2))


def specification(figure: Figure) -> dict[str, Any]:
    """The figure as Vega-Lite; text takes the colour of the page it stands on."""
    return figure.chart.to_dict() | {"config": CONFIG}


def error_unit(comparison: Comparison) -> tuple[str, float]:
    """The unit on axes and the factor to it: an error that is a share of examples is shown in percent."""
    return ("%", 100.0) if comparison.percent else ("mean squared", 1.0)
