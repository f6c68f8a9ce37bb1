"""What sweeps, arms, cells and axes are called, and how an axis's value is written."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reports.schema.artifacts import confined

MOST = 12  # arms, cells or keys that a sentence names


class NoSuchSweep(Exception):
    """There is no sweep of that name; the message lists the newest."""


def is_name(sweep: Any) -> bool:
    """Whether a sweep may have that name, which is a study's name and a start time.

    >>> [is_name(name) for name in ("none 2026-11-23 12:30:00 (2)", "..", "a/../b", "", "a\\0")]
    [True, False, False, False, False]
    """
    return isinstance(sweep, str) and re.fullmatch(r"[\w .:+()-]*\w[\w .:+()-]*", sweep) is not None


def folder_name(sweep: str) -> str:
    """The folder name of a sweep. Raises NoSuchSweep for a name that no sweep may have, as a foreign record might state.

    >>> folder_name("regularizers 2026-11-23 12:30:00")
    'regularizers_2026-11-23_12-30-00'
    """
    if not is_name(sweep):
        raise NoSuchSweep(f"{sweep!r} is not the name of a sweep: it must be letters, digits, spaces and . : + - _ ( )")
    return sweep.replace(":", "-").replace(" ", "_")


def report_folder(sweep: str) -> Path:
    """Where a sweep's report lies, in runs/ of the current directory; raises OutsideStore where a link leads elsewhere."""
    return confined(Path("runs/reports") / folder_name(sweep), Path("runs"))


def arm_name(axes: dict[str, str], all_axes: Sequence[str], chosen: Sequence[str]) -> str:
    """The name of a cell's arm: its axis values, without the axes whose value is chosen on validation data."""
    kept = {axis: axes[axis] for axis in all_axes if axis in axes and axis not in chosen}
    shown = [
        value if "." not in axis and not is_number(value) else f"{short(axis, all_axes)}={value}"
        for axis, value in kept.items()
    ]
    return " ".join(shown) or "all"


def arm_names(places: Sequence[dict[str, str]], all_axes: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """The arm of every cell, from the cells' axis values; arms that would share a name are called by axis and value.

    >>> arm_names([{"penalty": "none"}, {"constraint": "none"}, {"penalty": "l2"}], ["penalty", "constraint"], [])
    ['penalty=none', 'constraint=none', 'l2']
    """
    kept = [{axis: place[axis] for axis in all_axes if axis in place and axis not in chosen} for place in places]
    return unambiguous([arm_name(place, all_axes, ()) for place in kept], kept, all_axes)


def unambiguous(names: Sequence[str], places: Sequence[dict[str, str]], axes: Sequence[str]) -> list[str]:
    """The names, but axes and values in place of a name that stands for several places."""
    meant: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for name, place in zip(names, places, strict=True):
        meant.setdefault(name, set()).add(tuple(place.items()))
    return [
        name
        if len(meant[name]) == 1
        else " ".join(f"{short(axis, axes)}={value}" for axis, value in place.items()) or name
        for name, place in zip(names, places, strict=True)
    ]


def short(key: str, keys: Sequence[str]) -> str:
    """The last part of a dotted key, or as many as set it apart from the other keys.

    >>> short("noise.hidden.scale", ["noise.hidden.scale", "noise.inputs.scale"])
    'hidden.scale'
    """
    parts = key.split(".")
    endings = [".".join(parts[-length:]) for length in range(1, len(parts) + 1)]
    alone = (end for end in endings if sum(f".{other}".endswith(f".{end}") for other in keys) == 1)
    return next(alone, key)


def as_number(text: str) -> float | str:
    return float(text) if is_number(text) else text


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_override(value: Any) -> str:
    """A value from a study's file, written as axis values are.

    >>> [as_override(value) for value in (True, None, ["split", "init"], 0.5, "l2")]
    ['true', 'null', '[split,init]', '0.5', 'l2']
    """
    if isinstance(value, list):
        return "[" + ",".join(map(as_override, value)) + "]"
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def listed(names: Sequence[str]) -> str:
    """The names, or the first MOST of them and how many more there are, to keep sentences short.

    >>> listed(["a", "b"]), listed([f"c{i}" for i in range(14)])
    ('a, b', 'c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 2 more')
    """
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
