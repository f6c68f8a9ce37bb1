"""The axis convention: every array is (replica, row, column), so that the textbook's lines train a whole sweep at once.

Axis letters: R replicas, B batch, I inputs, O outputs, D features, K classes, n training examples, P parameters,
S distinct seeds. A hyperparameter that is a number may differ between replicas; stacked, its shape is (R, 1, 1).
"""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import numpy as np
from jaxtyping import Float

Array: TypeAlias = np.ndarray
PER_REPLICA = "may differ between the replicas of a stack"
PerReplica: TypeAlias = Annotated[float | int | Float[Array, "R 1 1"], PER_REPLICA]


def per_replica(values: Sequence[float], dtype: str) -> Float[Array, "R 1 1"]:
    """One hyperparameter of R replicas as an array that broadcasts as a number, in the run's own dtype.

    >>> per_replica([0.1, 0.2], "float32").shape
    (2, 1, 1)
    """
    return np.asarray(values, dtype=dtype).reshape(-1, 1, 1)
