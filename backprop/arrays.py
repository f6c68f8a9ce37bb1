"""The axis convention: every array is (replica, row, column), so that the textbook's lines train a whole sweep at once.

Axis letters: R replicas, B batch, I inputs, O outputs, D features, K classes, n training examples, P parameters,
S distinct seeds. A hyperparameter that is a number may differ between replicas; stacked, its shape is (R, 1, 1).
"""

from collections.abc import Hashable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Annotated, Any, TypeAlias, TypeVar, get_type_hints

import numpy as np
from jaxtyping import Float

Array: TypeAlias = np.ndarray
PER_REPLICA = "may differ between the replicas of a stack"
PerReplica: TypeAlias = Annotated[float | int | Float[Array, "R 1 1"], PER_REPLICA]

T = TypeVar("T")


def per_replica(values: Sequence[float], dtype: str) -> Float[Array, "R 1 1"]:
    """One hyperparameter of R replicas as an array that broadcasts as a number, in the run's own dtype.

    >>> per_replica([0.1, 0.2], "float32").shape
    (2, 1, 1)
    """
    return np.asarray(values, dtype=dtype).reshape(-1, 1, 1)


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
    if isinstance(choice, tuple):
        return tuple(stacking_key(part) for part in choice)
    cls: Any = type(choice)
    if not is_dataclass(choice):
        return choice
    numbers = per_replica_fields(cls)
    lists = tuple(
        len(getattr(choice, name)) if isinstance(getattr(choice, name), tuple) else 0 for name in sorted(numbers)
    )
    return cls, lists, tuple(stacking_key(getattr(choice, f.name)) for f in fields(choice) if f.name not in numbers)
