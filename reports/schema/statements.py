"""What a study states beforehand: claims and figures. Files and records hold them as mappings; here they become objects."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from math import isfinite
from typing import Any, NamedTuple, TypeVar

from reports.schema.claims import CLAIMS, Claim
from reports.schema.derived import derived, metric_names


@dataclass(frozen=True)
class StatedFigure:
    """A figure beside those that every report has: what is along x, which metrics are lines and which are points."""

    title: str
    x: str  # an axis, step or epoch; function: the input along which functions are measured, whose lines are function*
    caption: str = ""
    lines: list[str] = field(default_factory=list)  # names of metrics, or patterns such as test/*
    points: list[str] = field(default_factory=list)
    y: str = ""  # what is written along y
    color: str | None = None  # an axis
    panels: str | None = None  # an axis
    only: Mapping[str, list[Any]] = field(default_factory=dict)  # values by axis; of step and epoch the first and last
    log: list[str] = field(default_factory=list)  # x, y or both


class Rule(NamedTuple):
    """What a field may hold, and the words for that in a message."""

    holds: Callable[[Any], bool]
    words: str


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_place(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(axis, str) for axis in value)


def is_excerpt(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(v, list) and (k not in ("step", "epoch") or (len(v) == 2 and all(map(is_number, v))))
        for k, v in value.items()
    )


def is_range(value: Any) -> bool:
    if isinstance(value, Mapping):
        return set(value) == {"from", "to"} and all(map(is_number, value.values())) and value["from"] <= value["to"]
    return isinstance(value, list) and bool(value)


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


PLACE = Rule(is_place, "axes and their values, such as {regularizer: l2}")
TEXT = Rule(lambda value: isinstance(value, str), "text")
TEXTS = Rule(is_texts, "a list of names, such as [test/error]")
AXIS = Rule(lambda value: value is None or isinstance(value, str), "an axis, such as penalty.strength")
FIGURE = {
    **dict.fromkeys(("title", "caption", "x", "y"), TEXT),
    **dict.fromkeys(("color", "panels"), AXIS),
    **dict.fromkeys(("lines", "points"), TEXTS),
    "log": Rule(lambda value: is_texts(value) and set(value) <= {"x", "y"}, "a list of x, y or both"),
    "only": Rule(
        is_excerpt,
        "lists of values by axis; for step or epoch the first and the last, such as {step: [0, 25]}",
    ),
}
ABOVE_0 = Rule(lambda value: is_number(value) and value > 0, "a finite number above 0")
CLAIM = {
    **dict.fromkeys(("cell", "lower", "than"), PLACE),
    **dict.fromkeys(("metric", "says", "source"), TEXT),
    **dict.fromkeys(("value", "low", "high"), Rule(is_number, "a finite number")),
    **dict.fromkeys(("margin", "sd", "se"), ABOVE_0),
    "n": Rule(lambda value: isinstance(value, int) and value is not True and value >= 2, "a whole number, at least 2"),
    "cells": Rule(lambda value: value == {} or is_place(value), PLACE.words),
    "axis": Rule(lambda value: isinstance(value, str) and value != "", "an axis, such as penalty.strength"),
    "which": Rule(lambda value: value in ("least", "greatest"), "least or greatest"),
    "direction": Rule(lambda value: value in ("rising", "falling"), "rising or falling"),
    "inside": Rule(is_range, "a list of the axis's values, such as [0.1, 1], or a range, such as {from: 0.1, to: 1}"),
    "log": Rule(lambda value: isinstance(value, bool), "true or false"),
    "holds": Rule(lambda value: isinstance(value, str), 'a condition, such as "< 0.1"'),
    "share": Rule(lambda value: is_number(value) and 0 < value < 1, "a number between 0 and 1, such as 0.5"),
}

T = TypeVar("T")


def claim(stated: Any) -> Claim:
    """Make a claim from what a study or its record states. Raises ValueError for an unknown kind or a bad field."""
    kind = stated.get("kind") if isinstance(stated, Mapping) else None
    if not isinstance(kind, str) or kind not in CLAIMS:
        raise ValueError(f"the claim's kind is {kind!r}; it must be one of {', '.join(CLAIMS)}")
    return made("claim", CLAIMS[kind], {key: value for key, value in stated.items() if key != "kind"}, CLAIM)


def figure(stated: Any) -> StatedFigure:
    """Make a figure from what a study or its record states. Raises ValueError for a bad field."""
    return made("figure", StatedFigure, stated, FIGURE)


def made(what: str, kind: type[T], stated: Any, rules: Mapping[str, Rule]) -> T:
    """Make an object from a mapping. Raises ValueError where a key is missing or unknown, or its value breaks the key's rule."""
    if not isinstance(stated, Mapping):
        raise ValueError(f"a {what} is {stated!r}; it must be a mapping")
    places = fields(kind)  # type: ignore[arg-type]
    needed = [f.name for f in places if f.default is MISSING and f.default_factory is MISSING]
    others = [f.name for f in places if f.name not in needed]
    missing, unknown = set(needed) - set(stated), set(stated) - {*needed, *others}
    if missing or unknown:
        wrong = f"lacks {sorted(missing)}" if missing else f"has {sorted(map(str, unknown))}"
        raise ValueError(f"the {what} {dict(stated)!r} {wrong}; it must have {needed} and may have {others}")
    for key, value in stated.items():
        if not rules[key].holds(value):
            raise ValueError(f"the {what}'s {key} is {value!r}; it must be {rules[key].words}")
    for text in metrics_of(stated):
        metric_names(text)  # the check
    return kind(**stated)


def metrics_of(stated: Mapping[str, Any]) -> list[str]:
    """The metrics that a claim or a figure names, patterns too. Raises ValueError for one of a seed's whole curve along it."""
    drawn = [*stated.get("lines", ()), *stated.get("points", ())]
    along = stated.get("x")
    if along in ("step", "epoch") and (whole := [text for text in drawn if derived(text) is not None]):
        raise ValueError(f"the figure has {whole[0]} along {along}; it is one number a seed: take an axis as its x")
    return [*([stated["metric"]] if "metric" in stated else []), *drawn]
