"""Shared by theories of linear models: standardized data, trained coefficients, and how near they are to exact ones."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.training import Examples, Recipe, Snapshot, train
from experiments.data.datasets.dataset import Dataset


class Standardized(NamedTuple):
    X: Float[Array, "N D"]
    y: Float[Array, " N"]


def standardized(dataset: Dataset) -> Standardized:
    """Features and target with mean 0 and variance 1, without constant features. Raises ValueError unless there is a single target."""
    if dataset.task != "regression" or dataset.y.shape[1] != 1:
        raise ValueError(
            f"the target of {dataset.name} is not a single number, which least squares needs; use dataset=diabetes."
        )
    X, y = dataset.x.astype(float), dataset.y[:, 0].astype(float)
    X = X[:, X.std(axis=0) > 0]
    return Standardized((X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std())


def features(dataset: Dataset) -> int:
    """How many features that has."""
    return standardized(dataset).X.shape[1]


def coefficients(recipe: Recipe, X: Float[Array, "N D"], y: Float[Array, " N"], seeds: Sequence[int]):
    """The weights of a linear model after training, a row for every seed."""
    data = Examples(X[None], y[None, :, None], np.zeros(len(seeds), int))
    return weights(trained(recipe, data, seeds))[0][:, :, 0].copy()


def trained(recipe: Recipe, data: Examples, seeds: Sequence[int]) -> Snapshot:
    """The networks after the last step."""
    steps = recipe.epochs * recipe.steps_per_epoch(data.x.shape[1])
    (last,) = train(recipe, data, seeds, {steps})
    return last


def weights(snapshot: Snapshot) -> tuple[Float[Array, "S I O"], ...]:
    """Its weights, as matrices and then as diagonals."""
    return snapshot.layout.weights(snapshot.parameters).arrays


def of_each_feature(features: int) -> list[str]:
    """The names of a number of every feature, trained and exact."""
    return [f"{which}/{j + 1}" for which in ("trained", "exact") for j in range(features)]


def of_coefficients(features: int) -> list[str]:
    """The names of what `beside` returns."""
    return ["slope", "distance", *of_each_feature(features)]


def beside(trained: Float[Array, "S D"], exact: Float[Array, "S D"]) -> dict[str, Float[Array, "1 S"]]:
    """Each coefficient, trained and exact, and the `slope` and `distance` between them."""
    of = {f"trained/{j + 1}": trained[None, :, j] for j in range(trained.shape[1])}
    of |= {f"exact/{j + 1}": exact[None, :, j] for j in range(exact.shape[1])}
    norm = np.sum(exact**2, axis=1)
    distance = np.sqrt(np.sum((trained - exact) ** 2, axis=1) / norm)
    return {"slope": (np.sum(trained * exact, axis=1) / norm)[None], "distance": distance[None], **of}
