"""Gradient descent with an L2 penalty, and the ridge regression that it ends in."""

from collections.abc import Sequence

import numpy as np

from backprop.choices import choice, integer, number
from backprop.initializations import Zeros
from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.optimizers import Nesterov
from backprop.penalties import L2
from backprop.training import Recipe
from experiments.data.datasets.dataset import Dataset
from experiments.data.division import divide
from experiments.data.scaling import Scaling
from experiments.data.splits import Holdout
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import beside, coefficients, of_coefficients, standardized


@choice
class L2Path:
    """Gradient descent with the penalty ½ λ ‖w‖² ends in ridge regression: w = (XᵀX/N + λ/2 · I)⁻¹ Xᵀy/N, λ the `strength`.

    Every seed divides the data anew (`train` is the share for training, half are for testing) and standardises by its
    training rows; errors are mean squares over the variance of the training targets. `slope` and `distance` compare the
    trained coefficients with the exact ones.
    """

    strength: float = number(default=0.1, within="[0, inf)")
    train: float = number(default=0.2, within="(0, 0.5)")
    epochs: int = integer(default=4000, within="[1, 1000000]")

    @property
    def split(self) -> Holdout:
        return Holdout(train=self.train, validation=1, test=0.5)

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)
        self.split(dataset, 0)

    def names(self, dataset: Dataset) -> list[str]:
        errors = ["train/error", "test/error", "theory/train/error", "theory/test/error"]
        return errors + of_coefficients(dataset.x.shape[1])

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        ends, errors = [], []
        for seed in seeds:
            division = divide(dataset, self.split, None, Scaling(), seed, "float64")
            train, test = division.part("train"), division.part("test")
            (X, y), (X_test, y_test) = ((part.x, part.y[:, 0] - train.y.mean()) for part in (train, test))
            half_hessian = X.T @ X / len(X) + self.strength / 2 * np.eye(X.shape[1])
            exact = np.linalg.solve(half_hessian, X.T @ y / len(X))
            recipe = Recipe(
                network=MLP(hidden=(), initialization=Zeros()),
                loss=SquaredError(),
                optimizer=Nesterov(learning_rate=0.5 / np.linalg.eigvalsh(half_hessian)[-1], momentum=0.95),
                penalty=L2(self.strength),
                batch_size=None,
                epochs=self.epochs,
                dtype="float64",
            )
            trained = coefficients(recipe, X, y, [seed])[0]
            ends.append((trained, exact))
            errors.append(
                {
                    f"{prefix}{name}/error": np.mean((data @ w - target) ** 2)
                    for prefix, w in (("", trained), ("theory/", exact))
                    for name, data, target in (("train", X, y), ("test", X_test, y_test))
                }
            )
        by_name = {name: np.array([[of_seed[name] for of_seed in errors]]) for name in errors[0]}
        return untrained_curves(seeds, [0], {**by_name, **beside(*np.stack(ends, axis=1))})
