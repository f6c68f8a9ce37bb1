"""The figures of a report, by title. Each is one Vega-Lite specification, from which the page, PNG, SVG and CSV are made."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from reports.comparison import Comparison
from reports.figures.confirmation import side_by_side
from reports.figures.differences import forest
from reports.figures.effects import effects, interactions
from reports.figures.every_difference import every_difference
from reports.figures.figure import Figure
from reports.figures.heat_map import heat_map
from reports.figures.learning import gap_against_train, learning_curves
from reports.figures.own_choice import own_choice
from reports.figures.pairs import matrix
from reports.figures.reliability import reliability_diagram
from reports.figures.seeds import spread
from reports.figures.sources import sources
from reports.figures.strengths import strengths
from reports.figures.weights import weight_distribution
from reports.figures.width import interval_width
from reports.load import Sweep


class Planned(NamedTuple):
    """A figure by its title, and how it is made: None where the sweep has no data for it."""

    title: str
    make: Callable[[], Figure | None]


def of_comparison(sweep: Sweep, comparison: Comparison) -> list[Planned]:
    """The figures of every sweep that trains networks."""
    every: dict[str, Callable[[Sweep, Comparison], Figure | None]] = {
        "Where the spread comes from": sources,
        "Difference from the baseline": forest,
        "Confirmed on seeds never used before": side_by_side,
        "What each switch does, and every two together": effects,
        "Two switches at a time": interactions,
        "Every arm against every other": matrix,
        "Every seed's difference": every_difference,
        "Interval width against seeds": interval_width,
        "Test error of every seed": spread,
        "What the strength does": strengths,
        "What each seed would have chosen": own_choice,
        "Learning curves": learning_curves,
        "Gap against train loss": gap_against_train,
        "Test error over two axes": heat_map,
        "How rightly they are sure": reliability_diagram,
        "What became of the weights": weight_distribution,
    }
    return [Planned(title, partial(make, sweep, comparison)) for title, make in every.items()]


def figures(sweep: Sweep, comparison: Comparison) -> Iterator[Figure]:
    """The figures for which the sweep has data."""
    made = (plan.make() for plan in of_comparison(sweep, comparison))
    return (figure for figure in made if figure is not None)
