"""Which choices can share a stack, and how they become one: numbers stack, shapes do not."""

from collections.abc import Hashable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

from backprop.arrays import PER_REPLICA, per_replica

T = TypeVar("T")


@cache
def per_replica_fields(cls: type) -> frozenset[str]:
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(name for name, hint in hints.items() if PER_REPLICA in str(hint))


def stack_numbers(values: Sequence[Any], dtype: str) -> Any:
    """One number a replica as an array; lists, one number a layer, as a tuple of such arrays."""
    if isinstance(values[0], tuple):
        return tuple(per_replica(layer, dtype) for layer in zip(*values, strict=True))
    return per_replica(values, dtype)


def stack(choices: Sequence[T], dtype: str) -> T:
    """R choices that differ only in their per-replica numbers as one choice that holds (R, 1, 1) arrays.

    Raises ValueError where they differ in anything else; `stacking_key` tells beforehand.
    """
    first: Any = choices[0]
    cls: Any = type(first)
    if len({stacking_key(c) for c in choices}) > 1:
        raise ValueError(f"these {cls.__name__} differ in more than numbers and cannot share a stack: {choices}")
    if isinstance(first, tuple):
        return tuple(stack(parts, dtype) for parts in zip(*choices, strict=True))  # type: ignore[return-value, arg-type]
    if not is_dataclass(first):
        return first
    numbers = per_replica_fields(cls)
    columns = {f.name: [getattr(c, f.name) for c in choices] for f in fields(first)}
    merged = {name: stack_numbers(v, dtype) if name in numbers else stack(v, dtype) for name, v in columns.items()}
    return cls(**merged)


def stacking_key(choice: Any) -> Hashable:
    """Equal for choices that can share a stack: everything of a choice except its per-replica numbers."""
    if isinstance(choice, tuple | list):
        return tuple(stacking_key(part) for part in choice)
    cls: Any = type(choice)
    if not is_dataclass(choice):
        return choice
    numbers = per_replica_fields(cls)
    lists = tuple(
        len(getattr(choice, name)) if isinstance(getattr(choice, name), tuple) else 0 for name in sorted(numbers)
    )
    return cls, lists, tuple(stacking_key(getattr(choice, f.name)) for f in fields(choice) if f.name not in numbers)
