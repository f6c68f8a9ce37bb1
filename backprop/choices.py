"""A choice is a frozen dataclass that is both the setting and the behaviour; its numbers are checked when it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")


def number(*, default: Any, within: str, per_layer: bool = False, scheduled: bool = False) -> Any:
    """A field that is a real number in an interval, written as in a book: "[0, 1)", "(0, inf)"; or a list, one a layer.

    One that is `scheduled` is multiplied by the factor of the choice's `schedule`, where that is set (backprop/strengths.py).
    """
    return field(default=default, metadata={"within": within, "per_layer": per_layer, "scheduled": scheduled})


def integer(*, default: Any, within: str) -> Any:
    """A field that is an integer in an interval."""
    return field(default=default, metadata={"within": within, "integer": True})


def one_of(*, default: str, options: tuple[str, ...]) -> Any:
    """A field that is one of the options named."""
    return field(default=default, metadata={"options": options})


@dataclass_transform(frozen_default=True, field_specifiers=(number, integer, one_of, field))
def choice(cls: type[T]) -> type[T]:
    """A frozen dataclass whose fields keep the rules that `number`, `integer` and `one_of` state.

    >>> @choice
    ... class Dropout:
    ...     rate: float = number(default=0.5, within="[0, 1)")
    >>> Dropout(rate=1.2)
    Traceback (most recent call last):
    ValueError: Dropout.rate is 1.2; it must be a number in [0, 1).
    """

    def check(self: Any) -> None:
        check_fields(cls, {f.name: getattr(self, f.name) for f in fields(self)})
        for f in fields(self):
            if f.metadata.get("per_layer") and isinstance(getattr(self, f.name), list):
                object.__setattr__(self, f.name, tuple(getattr(self, f.name)))
        if own_check is not None:
            own_check(self)

    own_check = cls.__dict__.get("__post_init__")
    cls.__post_init__ = check  # type: ignore[attr-defined]
    cls.__is_choice__ = True  # type: ignore[attr-defined]
    return dataclass(frozen=True, eq=False)(cls)


def is_choice(thing: Any) -> bool:
    """Is it a class that `choice` has made? A class that inherits from one is none of itself."""
    return isinstance(thing, type) and "__is_choice__" in vars(thing)


def settings(value: Any) -> Any:
    """A choice as the node of a config that builds it; lists, mappings, numbers and text as they are.

    >>> from backprop.noise import Dropout
    >>> settings([Dropout(0.5)])
    [{'_target_': 'backprop.noise.Dropout', 'rate': 0.5, 'shared_over': 'nothing', 'schedule': None}]
    """
    if isinstance(value, list | tuple):
        return [settings(one) for one in value]
    if not is_dataclass(value):
        return value
    cls: Any = type(value)
    own = {f.name: settings(getattr(value, f.name)) for f in fields(value)}
    return {"_target_": f"{cls.__module__}.{cls.__qualname__}", **own}


def check_fields(cls: type, values: Mapping[str, Any]) -> None:
    """Raises ValueError where one of the values breaks its field's rule, or is not of its type."""
    hints = types_of(cls)
    for f in fields(cls):  # type: ignore[arg-type]
        if f.name in values:
            name, value = f"{cls.__name__}.{f.name}", values[f.name]
            check_field(name, value, f.metadata)
            if not f.metadata and not fits(value, hints[f.name]):
                raise ValueError(f"{name} is {value!r}; it must be {described(hints[f.name], value)}.")


@cache
def types_of(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def fits(value: Any, hint: Any) -> bool:
    """Is the value of this type? Protocols are asked for their methods; what a rule checks is let pass.

    >>> fits(3, int | None), fits(True, int), fits([1], list[int]), fits("x", int | None)
    (True, False, True, False)
    """
    if get_origin(hint) in (Union, UnionType):
        return any(fits(value, one) for one in get_args(hint))
    kind = get_origin(hint) or hint
    if not isinstance(kind, type):
        return True
    if kind in (int, float):
        return isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    return isinstance(value, list | tuple) if kind in (list, tuple) else isinstance(value, kind)


def described(hint: Any, value: Any) -> str:
    """The type in words, with the value as it would be right.

    >>> described(tuple[int, ...], 16)
    'a list, such as [16] (to sweep over several: [16],[...])'
    """
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return " or ".join(in_words(get_origin(kind) or kind, value) for kind in kinds)


def in_words(kind: Any, value: Any) -> str:
    if kind in (list, tuple) and isinstance(value, int | float | str):
        return f"a list, such as [{value}] (to sweep over several: [{value}],[...])"
    words: dict[Any, str] = {
        type(None): "none",
        str: "a text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
    }
    words |= {list: "a list", tuple: "a list", dict: "a mapping, such as {key: value}"}
    return words.get(kind, getattr(kind, "__name__", str(kind)))


def check_field(name: str, value: Any, rules: Any) -> None:
    """Raises ValueError, naming the field, the value and the rule, unless the value keeps it."""
    if rules.get("per_layer") and isinstance(value, list | tuple) and len(value):
        for own in value:
            check_field(name, own, {**rules, "per_layer": False})
        return
    if "within" in rules:
        kind = "a whole number" if rules.get("integer") else "a number"
        if not (is_number(value, rules.get("integer", False)) and lies_within(value, rules["within"])):
            too_large = isinstance(value, int) and abs(value) >= 2**63
            beyond = ", of at most 18 digits" if too_large and kind != "a number" else ""
            raise ValueError(f"{name} is {value!r}; it must be {kind} in {rules['within']}{beyond}.")
    if "options" in rules and (not isinstance(value, str) or value not in rules["options"]):
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(str, rules['options']))}.")


def is_number(value: Any, integral: bool) -> bool:
    scalar_or_stacked = isinstance(value, int | float | np.number | np.ndarray)
    return scalar_or_stacked and np.asarray(value).dtype.kind in ("iu" if integral else "iuf")


def lies_within(value: Any, interval: str) -> bool:
    """
    >>> lies_within(0.0, "[0, 1)"), lies_within(1.0, "[0, 1)"), lies_within(float("nan"), "[0, inf)")
    (True, False, False)
    """
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = np.greater_equal(value, low) if interval[0] == "[" else np.greater(value, low)
    below = np.less_equal(value, high) if interval[-1] == "]" else np.less(value, high)
    return bool(np.all(above & below))
