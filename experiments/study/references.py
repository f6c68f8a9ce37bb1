"""What needs no network: the majority class or the mean, and a plain linear model, on the same rows as every network.

A table says beside its arms what these reach. They are fitted once for each seed's data, whatever the number of cells.
"""

import warnings
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from experiments.data.division import Division, seen
from reports.schema import REFERENCES

MOST = 2**21  # numbers that a linear model is fitted to: the first training rows, which are in random order
MAJORITY, MEAN, LINEAR = REFERENCES


def reference_names(task: str) -> tuple[str, str]:
    """The names of the errors, known before training."""
    return MAJORITY if task == "classification" else MEAN, LINEAR


def references(division: Division, task: str) -> dict[str, float]:
    """The test errors of both for one seed, in the units of a network's: shares of examples, or squares of the target's unit.

    Both are fitted on training rows as the network sees them: labels corrupted, features scaled. Of more than MOST numbers the
    first rows are taken.
    """
    if not len(division.rows.test):
        return {}
    D = division.x.shape[1]
    x, y = part(division, division.rows.train[: max(MOST // D, 1)])
    _, all_y = part(division, division.rows.train, features=False)
    constant, linear = of_classes(x, y, all_y) if task == "classification" else of_values(x, y, all_y)
    wrong = np.zeros(2)
    for start in range(0, len(division.rows.test), few := max(MOST // D, 1)):
        x, y = part(division, division.rows.test[start : start + few])
        true = labels(y) if task == "classification" else y
        wrong += [total_error(true, answer) for answer in (constant, linear(x))]
    errors = wrong / len(division.rows.test) * (1.0 if task == "classification" else division.error_scale)
    return dict(zip(reference_names(task), errors.tolist(), strict=True))


def part(division: Division, rows: Array, features: bool = True) -> tuple[Float[Array, "n D"], Float[Array, "n K"]]:
    """Some rows as the network sees them; without features, an empty array in their place."""
    x, y = seen([division], [rows])
    every, of = np.arange(len(rows))[None], np.zeros(1, int)
    return x.take(of, every)[0] if features else np.empty((len(rows), 0)), y.take(of, every)[0]


def labels(y: Float[Array, "n K"]) -> Array:
    """The class of each row, whichever way a loss compares targets: a column a class, or one that is positive or not."""
    return (y[:, 0] > 0.5).astype(int) if y.shape[1] == 1 else y.argmax(axis=1)


def of_classes(x: Float[Array, "n D"], y: Float[Array, "n K"], all_y: Float[Array, "N K"]) -> tuple[Any, Any]:
    """The most frequent training label, and logistic regression as scikit-learn has it by default: L2 penalty, C = 1."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    majority, known = np.bincount(labels(all_y)).argmax(), labels(y)
    if len(np.unique(known)) < 2:
        return majority, lambda x: np.full(len(x), known[0])
    with warnings.catch_warnings():  # after 100 steps it is near enough for a reference
        warnings.simplefilter("ignore", ConvergenceWarning)
        return majority, LogisticRegression().fit(x, known).predict


def of_values(x: Float[Array, "n D"], y: Float[Array, "n K"], all_y: Float[Array, "N K"]) -> tuple[Any, Any]:
    """The mean of the training targets, and least squares without a penalty."""
    from sklearn.linear_model import LinearRegression

    return all_y.mean(axis=0, dtype=float), LinearRegression().fit(x.astype(float), y.astype(float)).predict


def total_error(true: Array, answer: Array) -> float:
    """The number of wrong labels, or the sum of squares."""
    return float((true != answer).sum() if true.ndim == 1 else ((true - answer) ** 2).sum())
