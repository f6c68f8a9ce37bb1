"""What a dataset is: N examples of D features with K classes or target values, before any scaling."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array


@dataclass(frozen=True, eq=False)
class Dataset:
    """N examples of D features with K classes or target values, before any scaling."""

    name: str
    x: Float[Array, "N D"]
    y: Float[Array, "N K"]
    task: str  # classification or regression
    source: str
    unit: str = ""  # of the target, for regression
    own_test: Int[Array, " t"] | None = None  # rows that the data's makers set aside for testing

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the numbers and the task: equal for equal data, wherever it came from."""
        digest = sha256(self.task.encode())
        for array in (self.x, self.y, self.own_test if self.own_test is not None else np.empty(0)):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()[:16]


def one_hot(labels: Array) -> Float[Array, "N K"]:
    """Row n is 1 in the column of its class; classes are the distinct labels in order."""
    classes, codes = np.unique(labels, return_inverse=True)
    return np.eye(len(classes))[codes]


def check_number(name: str, value: object, low: float, whole: bool = False) -> None:
    """Raises ValueError unless a setting of a dataset is a number of at least `low`."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else int | float)
        or not low <= value < float("inf")
    ):
        raise ValueError(f"{name} is {value!r}; it must be a {'whole ' if whole else ''}number of at least {low:g}.")
