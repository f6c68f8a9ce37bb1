"""Mixup on a linear model, and the ridge regression that it is on average."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.augmentations import Mixup
from backprop.averaging import Polyak
from backprop.choices import choice, integer, number
from backprop.initializations import Zeros
from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.optimizers import Momentum
from backprop.penalties import L2
from backprop.training import Recipe
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import beside, coefficients, features, of_coefficients, standardized


@choice
class MixupLinear:
    """Mixup moves nothing on a linear model with intercept; with ½ s ‖w‖² beside it, it is ridge regression of strength s/a.

    E J = a E r² + (1 − a) r̄², r the residuals and a = 2 E λ² = (α + 1)/(2α + 1), α the `concentration`: the intercept makes r̄ = 0,
    and what is left is the loss, times a, which is as much as a penalty of strength s/a beside the whole loss. That is for pairs from
    all examples; the pull towards linearity of which papers speak (Carratino et al., JMLR 23:325, 2022) has nothing to do here.

    Compared with that minimiser are the coefficients after descent, averaged over the last half of its steps: `slope`, `distance`,
    and the `strength` k of the ridge regression that fits them best, Xᵀr/N = ½ k w. Features and target are standardised.
    """

    concentration: float = number(default=1.0, within="(0, inf)")
    strength: float = number(default=1.0, within="[0, inf)")
    epochs: int = integer(default=3000, within="[1, 1000000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def names(self, dataset: Dataset) -> list[str]:
        return [*of_coefficients(features(dataset)), "strength", "theory/strength"]

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        X, y = standardized(dataset)
        ridge = self.strength * (2 * self.concentration + 1) / (self.concentration + 1)
        exact = np.linalg.solve(X.T @ X / len(X) + ridge / 2 * np.eye(X.shape[1]), X.T @ y / len(X))
        trained = coefficients(self.recipe, X, y, seeds)
        once = {"strength": fitting_strength(X, y, trained), "theory/strength": np.full(len(seeds), ridge)}
        return untrained_curves(seeds, [0], beside(trained, np.tile(exact, (len(seeds), 1))), once)

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            network=MLP(hidden=(), initialization=Zeros()),
            loss=SquaredError(),
            optimizer=Momentum(learning_rate=0.03, momentum=0.9),
            averaging=Polyak(),
            penalty=L2(self.strength),
            augmentation=Mixup(self.concentration),
            batch_size=None,
            epochs=self.epochs,
            dtype="float64",
        )


def fitting_strength(X: Float[Array, "N D"], y: Float[Array, " N"], w: Float[Array, "S D"]) -> Float[Array, " S"]:
    """The k of least ‖Xᵀr/N − ½ k w‖, r = y − Xw: exactly the strength where w is a ridge solution."""
    pull = (y - w @ X.T) @ X / len(X)
    return 2 * np.sum(pull * w, axis=1) / np.sum(w * w, axis=1)
