"""A figure, which is a specification with its data, and the picture drawn from it for the page, as PNG and as SVG."""

from typing import Any, NamedTuple

import pandas as pd

from reports.comparison import Comparison
from reports.figures.palette import CONFIG


class Figure(NamedTuple):
    """A specification, the data it shows, and what a reader should know."""

    name: str
    title: str
    caption: str
    chart: Any
    data: pd.DataFrame


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
    """The unit on axes and the factor that converts to it: errors that are shares of examples are shown in percent."""
    return ("%", 100.0) if comparison.percent else ("mean squared", 1.0)


def over(seeds: pd.Series, comparison: Comparison) -> str:
    """What the intervals of a caption are over: "10 seeds of these data", or "9 to 10 seeds …"."""
    least, most = int(seeds.min()), int(seeds.max())
    count = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    return f"{count} {comparison.these_seeds}"
