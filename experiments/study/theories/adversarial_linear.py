"""Adversarial training of a linear model: the loss that it descends, where that is least, and when nothing is learned."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.augmentations import FGSM
from backprop.averaging import Polyak
from backprop.choices import choice, integer, number
from backprop.initializations import Normal
from backprop.layers import Dense
from backprop.losses import SquaredError
from backprop.network import Layers
from backprop.optimizers import SGD
from backprop.schedules import Inverse
from backprop.training import Recipe
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import beside, coefficients, features, of_each_feature, standardized

ROUNDS, TINY = 3000, 1e-12  # of the search for the minimum


@choice
class AdversarialLinear:
    """Descent on examples x + ε sign ∂J/∂x minimises J = (1/N) Σ (|yₙ − w·xₙ| + ε ‖w‖₁)², the worst case over all ‖δ‖∞ ≤ ε.

    ε is `relative_radius` times ‖Xᵀy‖∞/‖y‖₁, from which on w = 0 is best (Ribeiro, Zachariah, Bach & Schön, NeurIPS 2023). Compared
    with the minimum, which is found by weighted ridge regressions without a gradient, are the coefficients after training, averaged
    over the last half of its steps: the `excess` of J over its minimum, relative to it, and the `size`, ‖w‖₁ over that of least squares.
    Every seed starts at another w. Features and target are standardised; there is no intercept.
    """

    relative_radius: float = number(default=0.5, within="(0, inf)")
    epochs: int = integer(default=3000, within="[1, 1000000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def names(self, dataset: Dataset) -> list[str]:
        return ["excess", "size", "theory/size", *of_each_feature(features(dataset))]

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        X, y = standardized(dataset)
        radius = self.relative_radius * np.abs(X.T @ y).max() / np.abs(y).sum()
        exact = minimiser(X, y, radius)
        trained = coefficients(replace(self.recipe, augmentation=FGSM(radius)), X, y, seeds)
        free = np.abs(np.linalg.lstsq(X, y, rcond=None)[0]).sum()
        once = {
            "excess": worst_loss(X, y, trained, radius) / worst_loss(X, y, exact[None], radius) - 1,
            "size": np.abs(trained).sum(axis=1) / free,
            "theory/size": np.full(len(seeds), np.abs(exact).sum() / free),
        }
        both = beside(trained, np.tile(exact, (len(seeds), 1)))
        shown = {name: values for name, values in both.items() if "/" in name}  # nothing is a multiple of 0
        return untrained_curves(seeds, [0], shown, once)

    @property
    def recipe(self) -> Recipe:
        """All but the radius, whose unit the data decide."""
        return Recipe(
            network=Layers((Dense(bias=False, initialization=Normal(0.1)),)),
            loss=SquaredError(),
            optimizer=SGD(learning_rate=0.02),
            schedule=Inverse(half_life=100),
            averaging=Polyak(),
            augmentation=FGSM(),
            batch_size=None,
            epochs=self.epochs,
            dtype="float64",
        )


def worst_loss(
    X: Float[Array, "N D"], y: Float[Array, " N"], w: Float[Array, "S D"], radius: float
) -> Float[Array, " S"]:
    """(1/N) Σ (|yₙ − w·xₙ| + ε ‖w‖₁)²."""
    return np.mean((np.abs(y - w @ X.T) + radius * np.abs(w).sum(axis=1, keepdims=True)) ** 2, axis=1)


def minimiser(X: Float[Array, "N D"], y: Float[Array, " N"], radius: float) -> Float[Array, " D"]:
    """The w of least `worst_loss`, by ridge regressions with weights from the w before.

    (Σₖ aₖ)² is the least Σₖ aₖ²/ηₖ over shares η that sum to 1, reached at ηₖ = aₖ/Σ a: so with aₙ = |rₙ|, ε |w₁|, …, ε |w_D| for each
    example, both sides fall in turn (Bach et al., Found. Trends Mach. Learn. 4:1, 2012, section 5).
    """
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    for _ in range(ROUNDS):
        r = np.abs(y - X @ w)
        whole = r + radius * np.abs(w).sum()
        of_rows, of_weights = whole / np.maximum(r, TINY), radius * whole.sum() / np.maximum(np.abs(w), TINY)
        w = np.linalg.solve((X.T * of_rows) @ X + np.diag(of_weights), X.T @ (of_rows * y))
    return w
