"""Wrong labels on purpose: how much a network memorises, and what a regulariser does about it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, number, one_of
from backprop.randomness import generator
from experiments.data.datasets.dataset import Dataset

PARTS = ("train", "validation", "test")


@runtime_checkable
class Corruption(Protocol):
    def __call__(self, dataset: Dataset, rows: Mapping[str, Array], seed: int) -> Float[Array, "N K"]:
        """Return the targets with those of some rows replaced; the dataset is not changed."""


@choice
class LabelNoise:
    """Each label of the parts named is replaced, with probability `rate`, by one drawn uniformly.

    With `among` "all", labels are drawn from all K classes, so one in K is right by chance: with ten classes, rate 0.15
    makes 13.5 % wrong. With "others" every replaced label is wrong. The realised share is recorded as labels/corrupted.
    With rate 1 among all classes the labels are random (Zhang et al., ICLR 2017).
    """

    rate: float = number(default=0.15, within="[0, 1]")
    among: str = one_of(default="all", options=("all", "others"))
    parts: str | tuple[str, ...] = ("train",)

    def __post_init__(self) -> None:
        parts = (self.parts,) if isinstance(self.parts, str) else tuple(self.parts)
        object.__setattr__(self, "parts", parts)
        if not parts or not all(part in PARTS for part in parts):
            raise ValueError(f"corruption.parts is {list(self.parts)}; it must name some of {', '.join(PARTS)}.")

    def __call__(self, dataset: Dataset, rows: Mapping[str, Array], seed: int) -> Float[Array, "N K"]:
        if dataset.task != "classification":
            raise ValueError(f"corruption is label noise, but the targets of {dataset.name} are values, not classes.")
        N, K = dataset.y.shape
        draw = generator(seed, "labels")
        replaced = draw.random(N) < self.rate  # for all rows: parts and training sizes do not change it
        step = draw.integers(0 if self.among == "all" else 1, K, size=N)
        noisy = (dataset.y.argmax(axis=1) + step) % K
        chosen = np.zeros(N, bool)
        for part in self.parts:
            chosen[rows[part]] = True
        y = dataset.y.copy()
        y[chosen & replaced] = np.eye(K)[noisy[chosen & replaced]]
        return y
