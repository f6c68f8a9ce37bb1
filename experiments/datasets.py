"""Datasets: a function each. Targets are arrays: a class is a one-hot row, a value is a column."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.randomness import generator


class Dataset(NamedTuple):
    """N examples of D features with K classes or target values, before any scaling."""

    name: str
    x: Float[Array, "N D"]
    y: Float[Array, "N K"]
    task: str  # classification or regression
    source: str
    unit: str = ""  # of the target, for regression

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the numbers and the task: equal for equal data, wherever it came from."""
        digest = sha256(self.task.encode())
        for array in (self.x, self.y):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()[:16]


def one_hot(labels: Array) -> Float[Array, "N K"]:
    """Row n is 1 in the column of its class; classes are the distinct labels in order."""
    classes, codes = np.unique(labels, return_inverse=True)
    return np.eye(len(classes))[codes]


@cache
def bundled(name: str) -> tuple[Array, Array]:
    from sklearn import datasets  # heavy: imported where it is used

    load: Callable = getattr(datasets, f"load_{name}")
    return load(return_X_y=True)


def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels from 0 to 16, ten classes."""
    x, y = bundled("digits")
    return Dataset(
        "digits", x, one_hot(y), "classification", "UCI Optical Recognition of Handwritten Digits, via scikit-learn"
    )


def breast_cancer() -> Dataset:
    """569 tumours with 30 measurements of cell nuclei, benign or malignant."""
    x, y = bundled("breast_cancer")
    return Dataset(
        "breast_cancer", x, one_hot(y), "classification", "UCI Breast Cancer Wisconsin (Diagnostic), via scikit-learn"
    )


def diabetes() -> Dataset:
    """442 patients with 10 measurements; the target is the disease's progression after a year."""
    x, y = bundled("diabetes")
    return Dataset(
        "diabetes",
        x,
        y[:, None],
        "regression",
        "Efron et al., Ann. Statist. 32:407 (2004), via scikit-learn",
        "progression",
    )


def linear_system(examples: int = 400, inputs: int = 20, noise: float = 1.0, seed: int = 0) -> Dataset:
    """y = x w + ε with x ~ N(0, I), w ~ N(0, I / inputs), ε ~ N(0, noise²): the best possible error is noise²."""
    for key, value, low in (("examples", examples, 2), ("inputs", inputs, 1), ("noise", noise, 0), ("seed", seed, 0)):
        if isinstance(value, bool | str) or value < low:
            raise ValueError(f"linear_system.{key} is {value!r}; it must be a number of at least {low}.")
    draw = generator(seed, "data")
    w = draw.standard_normal((inputs, 1)) / np.sqrt(inputs)
    x = draw.standard_normal((examples, inputs))
    y = x @ w + noise * draw.standard_normal((examples, 1))
    return Dataset("linear_system", x, y, "regression", f"y = x w + N(0, {noise:g}²), generated with seed {seed}", "y")
