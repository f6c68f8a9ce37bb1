"""Who trains, who chooses, who judges: seeded divisions of a dataset, and scaling that has seen training rows only."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.randomness import generator
from experiments.datasets import Dataset


class Parts(NamedTuple):
    """The rows of each part; no row is in two."""

    train: Int[Array, " n"]
    validation: Int[Array, " v"]
    test: Int[Array, " t"]


@choice
class Holdout:
    """A new division for every seed: sizes are numbers of examples, or fractions of the dataset between 0 and 1.

    Test and validation rows depend on the seed alone, and smaller training sets are the first rows of larger ones, so
    that training sizes compare on the same data. Every part, of every size, has the classes in the dataset's
    proportions (to within one example a class).
    """

    train: int | float = 0.5
    validation: int | float = 0.25
    test: int | float = 0.25

    def __call__(self, dataset: Dataset, seed: int) -> Parts:
        n, v, t = (self.size(part, dataset) for part in ("train", "validation", "test"))
        if n + v + t > len(dataset.x):
            raise ValueError(
                f"split asks for {n} training + {v} validation + {t} test examples, but {dataset.name} has "
                f"{len(dataset.x)}; make split.train, split.validation or split.test smaller."
            )
        order = stratified_order(dataset, seed)
        parts = Parts(train=order[v + t : v + t + n], validation=order[t : t + v], test=order[:t])
        if dataset.task == "classification" and not dataset.y[parts.train].any(axis=0).all():
            raise ValueError(
                f"split.train is {self.train!r}: {n} training examples miss one of {dataset.name}'s "
                f"{dataset.y.shape[1]} classes (seed {seed}); ask for more."
            )
        return parts

    def size(self, part: str, dataset: Dataset) -> int:
        asked = getattr(self, part)
        whole = type(asked) is int and asked >= 1
        fraction = type(asked) is float and 0 < asked < 1
        if not (whole or fraction):
            raise ValueError(
                f"split.{part} is {asked!r}; it must be a number of examples of at least 1, or a fraction between 0 and 1."
            )
        size = asked if whole else int(asked * len(dataset.x))
        if size < 1:
            raise ValueError(f"split.{part} is {asked!r}, less than one of {dataset.name}'s {len(dataset.x)} examples.")
        return size


def stratified_order(dataset: Dataset, seed: int) -> Int[Array, " N"]:
    """A random order in which every stretch has the classes in proportion; for regression, just a random order.

    Example i of a class of size m, in random order, is given the place (i + u) / m on the unit interval, u random once a class.
    """
    draw = generator(seed, "split")
    labels = dataset.y.argmax(axis=1) if dataset.task == "classification" else np.zeros(len(dataset.y), int)
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = draw.permutation(np.flatnonzero(labels == label))
        place[members] = (np.arange(len(members)) + draw.random()) / len(members)
    return np.argsort(place, kind="stable")


@choice
class Scaling:
    """What is done to features (and, for regression, targets): `standard` is zero mean and unit variance, `none` nothing.

    Means and variances are those of the training rows; constant features are only centred.
    """

    features: str = one_of(default="standard", options=("standard", "none"))
    targets: str = one_of(default="standard", options=("standard", "none"))


class Scaled(NamedTuple):
    """One part's examples as the network sees them."""

    x: Float[Array, "n D"]
    y: Float[Array, "n K"]


class Division(NamedTuple):
    """A dataset divided and scaled for one seed."""

    parts: dict[str, Scaled]
    target_scale: float  # what one unit of the network's output is in the target's own unit

    @property
    def error_scale(self) -> float:
        return self.target_scale**2


def divide(dataset: Dataset, split: Holdout, scaling: Scaling, seed: int, dtype: str) -> Division:
    """Train, validation and test of one seed, scaled by the training rows."""
    from sklearn.preprocessing import StandardScaler

    rows = split(dataset, seed)._asdict()
    x, y, target_scale = dataset.x, dataset.y, 1.0
    if scaling.features == "standard":
        x = StandardScaler().fit(x[rows["train"]]).transform(x)
    if scaling.targets == "standard" and dataset.task == "regression":
        target_scale = (
            float(np.sqrt(y[rows["train"]].var(axis=0).mean())) or 1.0
        )  # one scale: the error stays a sum of squares
        y = (y - y[rows["train"]].mean(axis=0)) / target_scale
    parts = {name: Scaled(x[part].astype(dtype), y[part].astype(dtype)) for name, part in rows.items()}
    return Division(parts, target_scale)
