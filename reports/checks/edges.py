"""L001: where the best value tried is the least or the largest, a better one may lie outside."""

from typing import TYPE_CHECKING

from reports.arms import arms_of
from reports.load import Sweep
from reports.schema import STREAM
from reports.schema.names import as_number

if TYPE_CHECKING:
    from reports.comparison import Comparison


def edge_of_the_grid(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """A chosen value at the edge of its grid.

    Found: of two or more numbers tried on an axis of `study.choose`, the one chosen on validation data is the least or the
    largest. A 0 below positive numbers is no edge, since nothing lies beyond it. Where the values do not matter, each is
    chosen as often as any other: of k values, 2 in k choices are at an edge by chance.

    Matters: the method is judged by a value that may not be its best, and the baseline looks too good beside it.

    Do: add values on that side, for example three times the largest of those tried, or a third of the least, as in
    `penalty.strength=0.003,0.01,0.03`; what is trained already is not trained again.
    """
    place_of = {cell["name"]: cell["axes"] for cell in sweep.cells}
    tried, sentences = numbers_tried(sweep), []
    for row in comparison.rows:
        for axis in sweep.study["choose"]:
            values = tried.get((row.arm, axis), [])
            chosen = place_of[row.cell].get(axis)
            if len(values) > 1 and chosen is not None and (side := edge(as_number(chosen), values)):
                sentences.append(f"{row.arm}: the {axis} chosen, {chosen}, is the {side} of those tried")
    return sentences


def numbers_tried(sweep: Sweep) -> dict[tuple[str, str], list[float]]:
    """The distinct numbers, in order, that each arm has tried on each axis whose value is chosen."""
    arm_of, tried = arms_of(sweep), dict[tuple[str, str], set[float]]()
    for cell in sweep.cells:
        for axis in sweep.study["choose"]:
            value = as_number(cell["axes"].get(axis, ""))
            if isinstance(value, float) and axis != STREAM:
                tried.setdefault((arm_of[cell["name"]], axis), set()).add(value)
    return {place: sorted(values) for place, values in tried.items()}


def edge(chosen: float | str, values: list[float]) -> str:
    """Which edge a value is; empty where it is none.

    >>> [edge(value, [0.0, 1.0, 2.0]) for value in (0.0, 1.0, 2.0)], edge(-1.0, [-1.0, 2.0])
    (['', '', 'largest'], 'least')
    """
    if chosen == values[-1]:
        return "largest"
    return "least" if chosen == values[0] != 0 else ""
