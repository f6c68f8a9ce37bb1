"""What a dataset is: N examples of D features with K classes or target values, before any scaling."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from experiments.data.datasets.shared import held

HASHED_AT_ONCE = 2**20  # numbers
F = TypeVar("F", bound=Callable[..., Any])


class Size(NamedTuple):
    """How large a dataset is."""

    examples: int
    features: int
    targets: int  # classes or values


class Column(NamedTuple):
    """A feature's name in the user's table; for a categorical column, also the value for which the feature is 1."""

    name: str
    value: str | None = None
    what: str = (
        ""  # of the cells, where it is not their number: missing (1 where there is none), or of a date days, month, …
    )

    @property
    def label(self) -> str:
        """The column, the column and its value, or the column and what is said of it.

        >>> [Column("age").label, Column("colour", "red").label, Column("age", what="missing").label, Column("day", what="days").label]
        ['age', 'colour=red', 'age_missing', 'day_days']
        """
        if self.value is not None:
            return f"{self.name}={self.value}"
        return f"{self.name}_{self.what}" if self.what else self.name


@dataclass(frozen=True, eq=False)
class Dataset:
    """N examples of D features with K classes or target values, before any scaling.

    Features are held once and must not be written to: in float32 where their type converts without loss, else in float64.
    """

    name: str
    x: Float[Array, "N D"]
    y: Float[Array, "N K"]
    task: str  # classification or regression
    source: str
    unit: str = ""  # of the target, for regression
    own_test: Int[Array, " t"] | None = None  # rows that the data's makers set aside for testing
    classes: tuple[Any, ...] = ()  # the user's labels, in the order of the columns of y; () stands for 0, 1, …
    columns: tuple[Column, ...] = ()  # the features' names; () if they have none
    missing: str = ""  # how a seed's training rows fill features that are NaN: mean, median, most_frequent; "": none is
    marks: Mapping[str, Array] = field(
        default_factory=dict
    )  # columns that are no features, by name, for splits: a value a row
    redrawn: Callable[[int], "Dataset"] | None = None  # the data of each seed, where every seed has its own

    def __post_init__(self) -> None:
        dtype = np.float32 if np.can_cast(self.x.dtype, np.float32) else np.float64
        object.__setattr__(self, "x", held(self.x, dtype))

    def of_seed(self, seed: int) -> "Dataset":
        """The data that a seed sees: its own, or those of all seeds."""
        return self if self.redrawn is None else data_of(self, seed)

    @property
    def size(self) -> Size:
        return Size(len(self.x), self.x.shape[1], self.y.shape[1])

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features: those of the columns, or x0, x1, …"""
        return tuple(column.label for column in self.columns) or tuple(f"x{j}" for j in range(self.x.shape[1]))

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of the classes, or y0, y1, … of target values."""
        if self.task == "classification":
            return tuple(map(str, self.classes)) or tuple(map(str, range(self.y.shape[1])))
        return tuple(f"y{k}" for k in range(self.y.shape[1]))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the numbers and the task: equal for equal data, wherever it came from and however it is held."""
        digest = sha256(self.task.encode() + (b"" if self.redrawn is None else b", drawn anew for every seed"))
        for array in (self.x, self.y, self.own_test if self.own_test is not None else np.empty(0)):
            digest.update(str(array.shape).encode())
            some = max(HASHED_AT_ONCE // max(array[:1].size, 1), 1)
            for start in range(0, len(array), some):
                digest.update(np.ascontiguousarray(array[start : start + some], dtype="<f8").data)
        return digest.hexdigest()[:16]


@lru_cache(maxsize=10_000)
def data_of(dataset: Dataset, seed: int) -> Dataset:
    """The data of one seed; made once for the many cells that see them."""
    assert dataset.redrawn is not None
    return dataset.redrawn(seed)


def one_hot(labels: Array) -> Float[Array, "N K"]:
    """Row n is 1 in the column of its class; classes are the distinct labels, sorted."""
    classes, codes = np.unique(labels, return_inverse=True)
    return np.eye(len(classes), dtype=np.float32)[codes]


def of_size(rule: Callable[..., tuple[int, int, int] | None]) -> Callable[[F], F]:
    """Decorate a dataset's function with a rule that gives its size from the same arguments, without making the data.

    The size of a dataset without a rule is known only once it is made.
    """

    def mark(make: F) -> F:
        make.of_size = rule  # type: ignore[attr-defined]
        return make

    return mark


def check_number(name: str, value: object, low: float, whole: bool = False) -> None:
    """Raises ValueError unless a setting of a dataset is a number of at least `low`."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else int | float)
        or not low <= value < float("inf")
    ):
        raise ValueError(f"{name} is {value!r}; it must be a {'whole ' if whole else ''}number of at least {low:g}.")
