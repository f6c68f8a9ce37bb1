"""Strengths that change over a run: a choice with a `schedule` of its own has, at step t of T, its strength × factor(t, T).

The strength is the field that is marked `scheduled` (strength, rate, scale). Without a schedule it is constant.
"""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from backprop.choices import check_fields

C = TypeVar("C")


def at_step(choice: C, t: int, total: int) -> C:
    """The choice, or tuple of choices, with every strength in it, however deep, as it is at step t of `total`.

    What has no schedule stays the very same object. Raises ValueError where a factor takes a strength out of its interval.
    """
    whole: Any = choice
    if isinstance(whole, tuple):
        parts = [at_step(part, t, total) for part in whole]
        if all(new is old for new, old in zip(parts, whole, strict=True)):
            return choice
        return whole._make(parts) if hasattr(whole, "_make") else tuple(parts)  # type: ignore[attr-defined, return-value]
    if not is_dataclass(whole):
        return choice
    changed = strengths_at(whole, t, total)
    for name in names_of(whole)[0]:
        old = getattr(whole, name)
        if name not in changed and (new := at_step(old, t, total)) is not old:
            changed[name] = new
    return with_changed(whole, changed) if changed else choice


def names_of(choice: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a choice's fields, and of those that a schedule multiplies."""
    cls: type = type(choice)
    return names_of_class(cls)


@cache
def names_of_class(cls: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    all_of = fields(cls)  # type: ignore[arg-type]
    return tuple(f.name for f in all_of), tuple(f.name for f in all_of if f.metadata.get("scheduled"))


def strengths_at(choice: Any, t: int, total: int) -> dict[str, Any]:
    """What its own schedule makes of a choice's strength; the schedule has then done its work."""
    _, scheduled = names_of(choice)
    if not scheduled or getattr(choice, "schedule", None) is None:
        return {}
    factor = choice.schedule.factor(t, total)
    own = {name: times(getattr(choice, name), factor) for name in scheduled}
    check_fields(type(choice), own)
    return {**own, "schedule": None}


def times(strength: Any, factor: Any) -> Any:
    """The product; of a list, one number a layer, a list."""
    return tuple(own * factor for own in strength) if isinstance(strength, tuple) else strength * factor


def with_changed(choice: Any, changed: dict[str, Any]) -> Any:
    """The choice with other values in some fields, all checked before: `dataclasses.replace` would check each field every step.

    What the choice has cached of its values is left behind.
    """
    made = object.__new__(type(choice))
    made.__dict__.update({name: changed.get(name, getattr(choice, name)) for name in names_of(choice)[0]})
    return made


def is_scheduled(choice: Any) -> bool:
    """Whether the strength of any choice in it changes over a run."""
    return at_step(choice, 1, 1) is not choice
