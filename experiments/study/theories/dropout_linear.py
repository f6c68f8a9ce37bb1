"""Dropout on the inputs of a linear model, and the ridge regression that it is on average."""

from collections.abc import Sequence

import numpy as np

from backprop.averaging import Polyak
from backprop.choices import choice, integer, number, one_of
from backprop.initializations import Zeros
from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.noise import Dropout, MultiplicativeGaussian, Noise
from backprop.optimizers import SGD
from backprop.schedules import Inverse
from backprop.training import Recipe
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import beside, coefficients, features, of_coefficients, standardized


@choice
class DropoutLinear:
    """Dropout on the inputs of a linear model is ridge regression: E J = (1/N) ‖Xw − y‖² + q/(1 − q) Σⱼ mean(xⱼ²) wⱼ².

    Multiplying by N(1, q/(1 − q)) instead has the same expectation (Srivastava et al., JMLR 15:1929, 2014, section 9.1;
    Wager, Wang & Liang, NIPS 2013). Gradient descent on the noisy loss, averaged over the last half of its steps, is compared
    with that minimiser: `slope` is the least-squares slope of the trained coefficients on the exact ones, `distance` the
    norm of their difference over that of the exact ones. Features and target are standardised.
    """

    rate: float = number(default=0.5, within="(0, 1)")
    noise: str = one_of(default="dropout", options=("dropout", "gaussian"))
    epochs: int = integer(default=1500, within="[1, 1000000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def names(self, dataset: Dataset) -> list[str]:
        return of_coefficients(features(dataset))

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        X, y = standardized(dataset)
        strength = self.rate / (1 - self.rate)
        exact = np.linalg.solve(X.T @ X / len(X) + strength * np.diag(np.mean(X**2, axis=0)), X.T @ y / len(X))
        trained = coefficients(self.recipe, X, y, seeds)
        return untrained_curves(seeds, [0], beside(trained, np.tile(exact, (len(seeds), 1))))

    @property
    def recipe(self) -> Recipe:
        odds = self.rate / (1 - self.rate)
        return Recipe(
            network=MLP(hidden=(), initialization=Zeros()),
            loss=SquaredError(),
            optimizer=SGD(learning_rate=0.02),
            schedule=Inverse(half_life=2000),
            averaging=Polyak(),
            noise=Noise(inputs=Dropout(self.rate) if self.noise == "dropout" else MultiplicativeGaussian(odds**0.5)),
            batch_size=None,
            epochs=self.epochs,
            dtype="float64",
        )
