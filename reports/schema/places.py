"""Places name cells by any part of their config: axes, options and dotted keys, each with its value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports.schema.claims import text
from reports.schema.names import as_number, as_override, listed

Cell = Mapping[str, Any]  # as a sweep lists it, with its name, its values by axis, and its settings beside these


def cells_at(place: Mapping[str, Any], cells: Iterable[Cell]) -> list[Cell]:
    """The cells that have all these values.

    >>> cells = [{"name": "weak", "axes": {"penalty.strength": "1e-3"}, "settings": {"epochs": "100"}}]
    >>> [cell["name"] for cell in cells_at({"penalty.strength": 0.001, "epochs": 100}, cells)]
    ['weak']
    """
    wanted = normal(place)
    return [cell for cell in cells if wanted.items() <= values(cell).items()]


def values(cell: Cell) -> dict[str, float | str]:
    """A cell's values of its axes, and of the other keys that its study names."""
    return normal({**cell.get("settings", {}), **cell["axes"]})


def normal(place: Mapping[str, Any]) -> dict[str, float | str]:
    """The values in the one form in which they are compared.

    >>> normal({"a": "[64, 32]", "b": "1e-3", "c": None, "d": [64, 32]})
    {'a': '[64,32]', 'b': 0.001, 'c': 'null', 'd': '[64,32]'}
    """
    texts = {key: as_override(value) for key, value in place.items()}
    return {key: as_number(own.replace(", ", ",") if own.startswith("[") else own) for key, own in texts.items()}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two places are written for the same cell: 1e-3 is 0.001."""
    return normal(one) == normal(other)


def several(place: Mapping[str, Any], cells: Sequence[Cell]) -> str:
    """That more than one cell is at a place: which, and what else to name."""
    apart = telling_apart([values(cell) for cell in cells])
    way_out = f"; {' and '.join(apart)} would tell them apart" if apart else ""
    return f"{len(cells)} cells of this sweep are at {text(place)}: {listed([c['name'] for c in cells])}{way_out}"


def telling_apart(places: Sequence[Mapping[str, Any]]) -> list[str]:
    """A key of which no two places have the same value; if there is none, all keys that vary.

    >>> telling_apart([{"a": 1, "b": 1}, {"a": 1, "b": 2}]), telling_apart([{"a": 1, "b": 1}, {"a": 2, "b": 1}])
    (['b'], ['a'])
    >>> telling_apart([{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 2}])
    ['a', 'b']
    """
    keys = dict.fromkeys(key for place in places for key in place)
    distinct = {key: len({str(place.get(key)) for place in places}) for key in keys}
    alone = [key for key, count in distinct.items() if count == len(places)]
    return alone[:1] or [key for key, count in distinct.items() if count > 1]
