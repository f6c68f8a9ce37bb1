"""The group lasso along its strengths: which features training keeps, and which an independent solver does."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array, per_replica
from backprop.choices import choice, integer, number
from backprop.initializations import Zeros
from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.optimizers import SGD
from backprop.penalties import GroupLasso
from backprop.training import Examples, Recipe
from experiments.data.datasets.dataset import Dataset
from experiments.data.division import Scaling, divide
from experiments.data.splits import Holdout
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.block_descent import block_descent, largest_slope
from experiments.study.theories.least_squares import Standardized, of_each_feature, trained, weights


@choice
class GroupLassoPath:
    """(1/N) ‖Y − XW‖² + λ √K Σⱼ ‖Wⱼ·‖, K outputs: a feature's weights to all outputs are a group, kept or dropped together.

    W = 0 is the solution if and only if λ √K ≥ ‖(2/N) xⱼᵀY‖, the slope of the loss there, for every feature xⱼ; λ is
    `relative_strength` times the least such λ. Proximal descent from W = 0 is compared with block coordinate descent, which ends on a
    duality gap: `disagreements` counts the features that only one of them keeps. Each seed trains on rows of its own, `train` of the
    examples; classes are columns of 0 and 1. Features have mean 0 and variance 1, targets mean 0.
    """

    relative_strength: float = number(default=0.1, within="(0, inf)")
    train: float = number(default=0.5, within="(0, 1)")
    epochs: int = integer(default=3000, within="[1, 1000000]")

    @property
    def split(self) -> Holdout:
        return Holdout(train=self.train, validation=1, test=1)

    def check(self, dataset: Dataset) -> None:
        self.split(dataset, 0)

    def names(self, dataset: Dataset) -> list[str]:
        counts = ["selected", "theory/selected", "disagreements", "distance"]
        return counts + of_each_feature(dataset.x.shape[1])

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        sets = [self.examples(dataset, seed) for seed in seeds]
        root = dataset.y.shape[1] ** 0.5
        strengths = [self.relative_strength * largest_slope(*one) / root for one in sets]
        exact = np.stack([block_descent(*one, root * s) for one, s in zip(sets, strengths, strict=True)])
        return untrained_curves(seeds, [0], compared(self.descended(sets, strengths, seeds), exact))

    def examples(self, dataset: Dataset, seed: int) -> Standardized:
        part = divide(dataset, self.split, None, Scaling(targets="none"), seed, "float64").part("train")
        return Standardized(part.x, part.y - part.y.mean(axis=0))

    def descended(self, sets: Sequence[Standardized], strengths: Sequence[float], seeds: Sequence[int]):
        """The weights (S, D, K) after proximal descent with steps of 1 / curvature."""
        curvatures = [np.linalg.eigvalsh(2 * X.T @ X / len(X))[-1] for X, _ in sets]
        recipe = Recipe(
            network=MLP(hidden=(), initialization=Zeros()),
            loss=SquaredError(),
            optimizer=SGD(learning_rate=per_replica([1 / h for h in curvatures], "float64")),
            penalty=GroupLasso(per_replica(strengths, "float64"), "inputs", "proximal"),
            batch_size=None,
            epochs=self.epochs,
            dtype="float64",
        )
        X, Y = (np.stack(parts) for parts in zip(*sets, strict=True))
        return weights(trained(recipe, Examples(X, Y, np.arange(len(sets))), seeds))[0]


def compared(ours: Float[Array, "S D K"], exact: Float[Array, "S D K"]) -> dict[str, Float[Array, "1 S"]]:
    """How many features each keeps, on how many they disagree, how far they are apart, and each feature's norm."""
    kept, kept_exactly = ((W != 0).any(axis=-1) for W in (ours, exact))
    apart, size = np.linalg.norm(ours - exact, axis=(1, 2)), np.linalg.norm(exact, axis=(1, 2))
    found = {
        "selected": kept.sum(axis=1)[None].astype(float),
        "theory/selected": kept_exactly.sum(axis=1)[None].astype(float),
        "disagreements": (kept != kept_exactly).sum(axis=1)[None].astype(float),
        "distance": (apart / np.where(size > 0, size, 1))[None],
    }
    norms = {"trained": np.linalg.norm(ours, axis=-1), "exact": np.linalg.norm(exact, axis=-1)}
    return found | {f"{name}/{j + 1}": of[None, :, j] for name, of in norms.items() for j in range(of.shape[1])}
