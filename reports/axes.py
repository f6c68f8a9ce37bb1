"""Where cells lie on the axes of their sweep. An axis that a cell lacks is not among its values."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reports.load import Sweep
from reports.schema import STREAM
from reports.schema.names import arm_name, as_number, short


class Place(NamedTuple):
    """A cell as seen along one numeric axis: its value there, and on all other axes, numbers and words apart."""

    cell: str
    value: float
    words: tuple[tuple[str, str], ...]
    numbers: str


def places(sweep: Sweep, axis: str) -> Iterator[Place]:
    """The cells that have a number on that axis."""
    for cell in sweep.cells:
        value = number_at(cell, axis)
        if value is not None:
            others = {other: text for other, text in cell["axes"].items() if other != axis}
            numeric = {other: text for other, text in others.items() if number_at(cell, other) is not None}
            words = tuple((other, text) for other, text in others.items() if other not in numeric)
            yield Place(cell["name"], value, words, label(numeric, sweep))


def number_at(cell: Mapping[str, Any], axis: str) -> float | None:
    """The cell's value on that axis where it is a finite number; a stream is a name, written as one."""
    value = as_number(cell["axes"].get(axis, "")) if axis != STREAM else ""
    return value if isinstance(value, float) and math.isfinite(value) else None


def label(axes: Mapping[str, str], sweep: Sweep) -> str:
    """The name of these axis values; a number has one name however it is written (1e-3 or 0.001)."""
    values = {
        axis: f"{value:g}" if isinstance(value := as_number(text), float) else text for axis, text in axes.items()
    }
    return arm_name(values, sweep.axes, ()) if values else ""


def called(axis: str, sweep: Sweep) -> str:
    """An axis's name in titles."""
    return short(axis, sweep.axes).replace("_", " ")


def columns(sweep: Sweep) -> list[str]:
    """The columns of `results` and `curves` that hold axis values."""
    return [f"axis/{axis}" for axis in sweep.axes if f"axis/{axis}" in sweep.results]
