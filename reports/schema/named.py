"""What the claims and figures of a study name, as its file or a record states them: places, axes and metrics."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reports.schema.claims import PLACES

OF_SEVERAL = ("cells", "inside")  # of these places, those that several cells may share
MOMENTS = ("step", "epoch", "function")  # along x of a figure, beside axes


def places(claim: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """The places of a claim, each with the key that holds it; a claim along an axis that states none is about all cells.

    >>> places({"kind": "order", "metric": "test/error", "lower": {"penalty": "l2"}, "than": {"penalty": "none"}})
    [('lower', {'penalty': 'l2'}), ('than', {'penalty': 'none'})]
    """
    if not isinstance(claim, Mapping):
        return []
    found: list[tuple[str, Mapping[str, Any]]] = [
        (end, claim[end]) for end in PLACES if isinstance(claim.get(end), Mapping)
    ]
    everywhere: Mapping[str, Any] = {}
    return found or [("cells", everywhere) for _ in along(claim)]


def along(claim: Mapping[str, Any]) -> list[str]:
    """The axis that a claim goes along, if it does."""
    return [claim["axis"]] if isinstance(claim.get("axis"), str) else []


def inside(claim: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The places at the values that a claim lists of the axis that it goes along.

    >>> inside({"kind": "extreme", "axis": "penalty.strength", "inside": [0.1], "cells": {"penalty": "l2"}})
    [('inside', {'penalty': 'l2', 'penalty.strength': 0.1})]
    """
    listed = claim.get("inside")
    shared = claim.get("cells", {})
    return (
        [("inside", {**shared, axis: value}) for axis in along(claim) for value in listed]
        if isinstance(listed, list)
        else []
    )


def axes(figure: Mapping[str, Any]) -> list[str]:
    """The axes along x, of colours and of panels."""
    named = (figure.get(place) for place in ("x", "color", "panels"))
    return [axis for axis in named if axis and axis not in MOMENTS]


def excerpts(figure: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The places whose cells a figure shows, one for each value of each key of `only`."""
    for key, allowed in figure.get("only", {}).items():
        if key not in MOMENTS:
            yield from ({key: value} for value in allowed)


def patterns(figure: Mapping[str, Any]) -> list[str]:
    """The metrics of a figure, which may be patterns, such as test/*."""
    return [*figure.get("lines", []), *figure.get("points", [])]


def keys(
    baseline: Mapping[str, Any], claims: Iterable[Mapping[str, Any]], figures: Iterable[Mapping[str, Any]]
) -> list[str]:
    """The keys by which a study names cells, each once."""
    found = [*baseline]
    found += [key for claim in claims for _, place in places(claim) for key in place]
    found += [key for figure in figures for place in excerpts(figure) for key in place]
    return list(dict.fromkeys(found))
