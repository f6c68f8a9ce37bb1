"""An L2 penalty on a network of products, and the Lasso that it is on the model."""

from collections.abc import Sequence

import numpy as np

from backprop.choices import choice, integer, number
from backprop.losses import SquaredError
from backprop.network import Diagonal
from backprop.optimizers import Momentum
from backprop.penalties import L2
from backprop.training import Examples, Recipe
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import beside, features, of_coefficients, standardized, trained, weights

KEPT = 1e-6  # a coefficient below this size is on its way to 0, which products reach in the limit only


@choice
class DiagonalLasso:
    """½ λ (‖u‖² + ‖v‖²) on z = x · (u ∘ v) is λ Σ |w| on w = u ∘ v, since |uv| ≤ ½ (u² + v²), equal where |u| = |v|.

    So descent with an L2 penalty ends at the Lasso, argmin (1/N) ‖Xw − y‖² + λ Σ |w|, λ the `strength`: scikit-learn's Lasso, whose
    loss has a factor ½, with alpha = λ/2. Hoff, Comput. Stat. Data Anal. 115:186 (2017). `slope` and `distance` compare the
    products with the Lasso's coefficients, `disagreements` counts those of which one is 0 and the other is not. Seeds start at other
    weights. Features and target are standardised.
    """

    strength: float = number(default=0.1, within="(0, inf)")
    epochs: int = integer(default=4000, within="[1, 1000000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def names(self, dataset: Dataset) -> list[str]:
        return [*of_coefficients(features(dataset)), "disagreements"]

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        from sklearn.linear_model import Lasso  # half a second

        X, y = standardized(dataset)
        lasso = Lasso(alpha=self.strength / 2, fit_intercept=False, tol=1e-12, max_iter=1_000_000).fit(X, y).coef_
        v, u = weights(trained(self.recipe, Examples(X[None], y[None, :, None], np.zeros(len(seeds), int)), seeds))
        w, exact = u[:, 0] * v[:, :, 0], np.tile(lasso, (len(seeds), 1))
        disagreements = ((np.abs(w) > KEPT) != (exact != 0)).sum(axis=1)[None].astype(float)
        return untrained_curves(seeds, [0], {**beside(w, exact), "disagreements": disagreements})

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            network=Diagonal(),
            loss=SquaredError(),
            optimizer=Momentum(learning_rate=0.02, momentum=0.9),
            penalty=L2(self.strength),
            batch_size=None,
            epochs=self.epochs,
            dtype="float64",
        )
