"""Parameters of parameters: "penalty__strength" is the field `strength` of the choice that is the parameter `penalty`.

A choice is frozen, so that to set one of its fields is to put another choice in its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any


def fields_below(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a choice by their names below its own, each followed by those below it.

    >>> from backprop.noise import Dropout, Noise
    >>> [name for name, _ in fields_below("noise", Noise(hidden=Dropout(0.5)))][:4]
    ['noise__inputs', 'noise__hidden', 'noise__hidden__rate', 'noise__hidden__shared_over']
    """
    if is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            below = f"{name}__{f.name}", getattr(value, f.name)
            yield below
            yield from fields_below(*below)


def by_parameter(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What is set itself, and for each parameter what is set below it.

    >>> by_parameter({"epochs": 3, "noise__hidden__rate": 0.1})
    ({'epochs': 3}, {'noise': {'hidden__rate': 0.1}})
    """
    itself: dict[str, Any] = {}
    below: dict[str, dict[str, Any]] = {}
    for key, value in settings.items():
        name, _, rest = key.partition("__")
        if rest:
            below.setdefault(name, {})[rest] = value
        else:
            itself[name] = value
    return itself, below


def changed(name: str, value: Any, settings: Mapping[str, Any]) -> Any:
    """The choice with these fields, and fields below them, set. Raises ValueError where it has none of the name.

    >>> from backprop.penalties import L2
    >>> changed("penalty", L2(0.1), {"strength": 0.3}).strength
    0.3
    >>> changed("penalty", L2(0.1), {"strenght": 0.3})
    Traceback (most recent call last):
    ValueError: penalty is L2, which has no field 'strenght', only ['strength', 'method', 'biases', 'schedule'].
    """
    itself, below = by_parameter(settings)
    if not is_dataclass(value) or isinstance(value, type):
        first = next(iter(settings))
        raise ValueError(f"{name} is {value!r}, and {name}__{first} is a field of a choice; give one as {name} first.")
    known = [f.name for f in fields(value)]
    for field in (*itself, *below):
        if field not in known:
            raise ValueError(f"{name} is {type(value).__name__}, which has no field {field!r}, only {known}.")
    for field, own in below.items():
        itself[field] = changed(f"{name}__{field}", itself.get(field, getattr(value, field)), own)
    return replace(value, **itself)
