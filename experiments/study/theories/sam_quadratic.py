"""Sharpness-aware minimization on least squares: where it ends, instead of at the minimum."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.ascents import SAM
from backprop.choices import choice, integer, number
from backprop.initializations import Normal
from backprop.layers import Dense
from backprop.losses import SquaredError
from backprop.network import Layers
from backprop.optimizers import SGD
from backprop.training import Examples, Recipe, train
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import standardized

SHOWN = 60  # steps of the curves


@choice
class SAMQuadratic:
    """w ← w − η ∇J(w + ρ ∇J/‖∇J‖) on least squares ends in a cycle of two steps along the stiffest direction, ± A around the minimum.

    A = η ρ λ/(2 − η λ), λ the largest eigenvalue of ∇²J, η λ the `relative_rate` and ρ the `radius`: for −A = A − η λ (A + ρ)
    (Bartlett, Long & Bousquet, JMLR 24:316, 2023). On the cycle ‖∇J‖ = λ A, so that the error along another eigenvector, of curvature
    h, gets the factor 1 − η h − (2 − η λ)(h/λ)² a step, which is between −1 and 1.

    Once: the `amplitude`, half of the last step's length, its `ratio` to A, and the `alignment`, |cosine| of that step with the
    stiffest direction. At every step the error along that direction, over A, and its size. Every seed starts at another w.
    Features and target are standardised; there is no intercept.
    """

    relative_rate: float = number(default=0.5, within="(0, 2)")
    radius: float = number(default=0.3, within="(0, inf)")
    steps: int = integer(default=4000, within="[1, 1000000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def names(self, dataset: Dataset) -> list[str]:
        paths = ["stiffest_error", "stiffest_error/size"]
        return [*paths, "amplitude", "theory/amplitude", "ratio", "alignment"]

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        X, y = standardized(dataset)
        curvatures, directions = np.linalg.eigh(2 * X.T @ X / len(X))
        shown = range(min(SHOWN, self.steps) + 1)
        path = self.path(X, y, seeds, curvatures[-1], sorted({*shown, self.steps - 1, self.steps}))
        errors = path - np.linalg.lstsq(X, y, rcond=None)[0]
        exact = self.radius * self.relative_rate / (2 - self.relative_rate)
        last = errors[-1] - errors[-2]
        length = np.linalg.norm(last, axis=1)
        stiffest = errors[: len(shown)] @ directions[:, -1] / exact
        metrics = {"stiffest_error": stiffest, "stiffest_error/size": np.abs(stiffest)}
        once = {
            "amplitude": length / 2,
            "theory/amplitude": np.full(len(seeds), exact),
            "ratio": length / 2 / exact,
            "alignment": np.abs(last @ directions[:, -1]) / length,
        }
        return untrained_curves(seeds, shown, metrics, once)

    def path(
        self, X: Float[Array, "N D"], y: Float[Array, " N"], seeds: Sequence[int], stiffness: float, at: Sequence[int]
    ) -> Float[Array, "T S D"]:
        """w after these steps."""
        recipe = replace(self.recipe, optimizer=SGD(learning_rate=self.relative_rate / stiffness))
        data = Examples(X[None], y[None, :, None], np.zeros(len(seeds), int))
        return np.stack([snapshot.parameters[:, 0].copy() for snapshot in train(recipe, data, seeds, at)])

    @property
    def recipe(self) -> Recipe:
        """All but the learning rate, which the data decide."""
        return Recipe(
            network=Layers((Dense(bias=False, initialization=Normal(1.0)),)),
            loss=SquaredError(),
            ascent=SAM(self.radius),
            batch_size=None,
            epochs=self.steps,
            dtype="float64",
        )
