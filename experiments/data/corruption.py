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
        """The targets with those of some rows replaced; the dataset is left as it is."""


@choice
class LabelNoise:
    """Each label of the parts named is replaced, with probability `rate`, by one drawn uniformly.

    `among` "all" classes, a replaced label is right by chance once in K: a nominal 15 % is 13.5 % wrong for ten
    classes; among "others" every replaced label is wrong. The realised share is recorded as labels/corrupted. With
    rate 1 among all classes the labels are random (Zhang et al., ICLR 2017).
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
        replaced = draw.random(N) < self.rate  # drawn for all rows, so that parts and training sizes do not move it
        step = draw.integers(0 if self.among == "all" else 1, K, size=N)
        noisy = (dataset.y.argmax(axis=1) + step) % K
        chosen = np.zeros(N, bool)
        for part in self.parts:
            chosen[rows[part]] = True
        y = dataset.y.copy()
        y[chosen & replaced] = np.eye(K)[noisy[chosen & replaced]]
        return y
