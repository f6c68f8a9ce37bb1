"""Learners on a population with unlimited data: what two arms get wrong on every test row, seed by seed.

A population gives as many rows as are asked for; a learner trains its two arms on each seed's training rows and gives the error of
ours minus theirs on every row. Networks are trained by the laboratory's own loop, ridge regression is a closed form: its differences
hang on the training rows most of all, since nothing else varies.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int

from backprop.network import MLP, apply
from backprop.optimizers import Momentum
from backprop.penalties import L2
from backprop.training import Examples, Recipe, train
from experiments.data.datasets.dataset import Dataset

Array = np.ndarray
CLASSES, BLOBS, INPUTS, FEATURES = 3, 4, 20, 80
CENTERS = np.random.default_rng(0).normal(0, 1, (CLASSES, BLOBS, INPUTS)) * 0.6
COEFFICIENTS = np.random.default_rng(1).normal(0, 1, FEATURES) / FEATURES**0.5
NOISE = 3.0  # the sd of what no feature tells: as three times the signal, so that training rows matter


class Learner(Protocol):
    """A population and two arms."""

    def dataset(self, draw: np.random.Generator, rows: int, own_test: int) -> Dataset: ...

    def differences(
        self, data: Dataset, train_rows: Sequence[Int[Array, " n"]], seeds: Sequence[int]
    ) -> Float[Array, "seeds rows"]: ...


class Networks(NamedTuple):
    """20-16-3 networks with and without L2 on a mixture of four Gaussians a class; the error is 0 or 1."""

    strength: float = 0.1
    epochs: int = 40

    def dataset(self, draw: np.random.Generator, rows: int, own_test: int = 0) -> Dataset:
        labels = draw.integers(CLASSES, size=rows)
        x = CENTERS[labels, draw.integers(BLOBS, size=rows)] + draw.normal(size=(rows, INPUTS))
        test = np.arange(own_test) if own_test else None
        return Dataset(
            "mixture",
            x.astype("float32"),
            np.eye(CLASSES, dtype="float32")[labels],
            "classification",
            "",
            own_test=test,
        )

    def differences(
        self, data: Dataset, train_rows: Sequence[Int[Array, " n"]], seeds: Sequence[int]
    ) -> Float[Array, "seeds rows"]:
        strengths = np.repeat([0.0, self.strength], len(seeds)).astype("float32")[:, None, None]
        recipe = Recipe(
            network=MLP((16,)), optimizer=Momentum(0.05, 0.9), penalty=L2(strength=strengths), epochs=self.epochs
        )
        rows = np.stack(train_rows)
        examples = Examples(data.x[rows], data.y[rows], np.tile(np.arange(len(seeds)), 2))
        last = self.epochs * recipe.steps_per_epoch(rows.shape[1])
        (end,) = train(recipe, examples, [*seeds] * 2, {last})
        everywhere = np.broadcast_to(data.x, (2 * len(seeds), *data.x.shape))
        z, _ = apply(end.layout, end.layout.views(end.parameters), everywhere)
        without, ours = np.split((z.argmax(axis=-1) != data.y.argmax(axis=-1)).astype(float), 2)
        return ours - without


class Ridge(NamedTuple):
    """Ridge regression of 80 features at two strengths, w = (XᵀX + λ I)⁻¹ Xᵀ y; the error is squared."""

    strengths: tuple[float, float] = (1.0, 100.0)

    def dataset(self, draw: np.random.Generator, rows: int, own_test: int = 0) -> Dataset:
        x = draw.normal(size=(rows, FEATURES))
        y = x @ COEFFICIENTS + NOISE * draw.normal(size=rows)
        test = np.arange(own_test) if own_test else None
        return Dataset("linear", x, y[:, None], "regression", "", own_test=test)

    def differences(
        self, data: Dataset, train_rows: Sequence[Int[Array, " n"]], seeds: Sequence[int]
    ) -> Float[Array, "seeds rows"]:
        rows = np.stack(train_rows)
        x, y = data.x[rows], data.y[rows]
        theirs, ours = (
            ((data.y - data.x @ np.linalg.solve(x.mT @ x + strength * np.eye(FEATURES), x.mT @ y)) ** 2)[..., 0]
            for strength in self.strengths
        )
        return ours - theirs
