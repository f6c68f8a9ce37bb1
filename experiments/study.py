"""The typed root of the config: an Experiment is one cell, one configuration with all its seeds."""

from collections.abc import Hashable
from dataclasses import fields
from typing import Any

from backprop.arrays import stacking_key
from backprop.choices import choice, one_of, whole
from backprop.constraints import Constraint
from backprop.losses import Loss, SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP
from backprop.noise import Noise
from backprop.optimizers import Momentum, Optimizer
from backprop.penalties import Penalty
from backprop.training import Recipe
from experiments.datasets import Dataset
from experiments.selection import Last, Selection
from experiments.splits import Holdout, Scaling

NATURAL_LOSS: dict[str, Loss] = {"classification": SoftmaxCrossEntropy(), "regression": SquaredError()}


@choice
class Study:
    """The question a sweep answers, and how its cells are compared; stated before anything is run."""

    name: str
    question: str
    baseline: dict[str, Any]  # axis values of the cell to compare with; empty: the first cell
    choose: list[str]  # axes whose value is chosen on validation data before anything is compared
    expect: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]


@choice
class Experiment:
    """A network trained on a dataset by a recipe, for every seed. The fields are the keys of conf/config.yaml."""

    dataset: Dataset
    split: Holdout = Holdout()
    scaling: Scaling = Scaling()
    network: MLP = MLP()
    loss: Loss | None = None  # None: the dataset's natural loss
    optimizer: Optimizer = Momentum()
    penalty: Penalty | None = None
    constraint: Constraint | None = None
    noise: Noise = Noise()
    batch_size: int | None = 32
    epochs: int = whole(default=100, within="[1, inf)")
    dtype: str = one_of(default="float32", options=("float32", "float64"))
    seeds: int | list[int] = 10  # a number n means the seeds 0 … n − 1
    evaluations: int = whole(default=25, within="[2, inf)")
    selection: Selection = Last()

    def __post_init__(self) -> None:
        listed = list(range(self.seeds)) if type(self.seeds) is int else self.seeds
        if not isinstance(listed, list) or not listed or not all(type(s) is int and s >= 0 for s in listed):
            raise ValueError(f"seeds is {self.seeds!r}; it must be a number of seeds, or a list such as [0, 1, 2].")
        if len(set(listed)) < len(listed):
            raise ValueError(f"seeds is {self.seeds!r}; each seed may stand in the list once.")
        if self.loss is not None and self.loss.task != self.dataset.task:
            raise ValueError(
                f"loss is {type(self.loss).__name__}, which is for {self.loss.task}, but the targets of "
                f"{self.dataset.name} are for {self.dataset.task}; leave loss=natural or choose another dataset."
            )
        examples = self.split.size("train", self.dataset)
        if type(self.batch_size) is int and self.batch_size > examples:
            raise ValueError(
                f"batch_size is {self.batch_size}, but there are {examples} training examples; "
                f"make it at most {examples}, or null for all of them."
            )
        self.recipe  # noqa: B018  its own checks
        for seed in listed:
            self.split(self.dataset, seed)

    @property
    def all_seeds(self) -> list[int]:
        return list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            network=self.network,
            loss=self.loss or NATURAL_LOSS[self.dataset.task],
            optimizer=self.optimizer,
            penalty=self.penalty,
            constraint=self.constraint,
            noise=self.noise,
            batch_size=self.batch_size,
            epochs=self.epochs,
            dtype=self.dtype,
        )

    def data_key(self) -> Hashable:
        """Equal for experiments that see the same numbers."""
        return (
            self.dataset.fingerprint,
            stacking_key(self.split),
            stacking_key(self.scaling),
            tuple(self.all_seeds),
            self.dtype,
        )

    def stack_key(self) -> Hashable:
        """Equal for experiments that can train in one stack; the parameters of losses of one kind are equal by type."""
        return self.data_key(), stacking_key(self.recipe), self.evaluations

    def summary(self) -> dict[str, Any]:
        """The sizes that a reader wants to know."""
        return {
            "task": self.dataset.task,
            "examples": len(self.dataset.x),
            "features": self.dataset.x.shape[1],
            "train": self.split.size("train", self.dataset),
            "validation": self.split.size("validation", self.dataset),
            "test": self.split.size("test", self.dataset),
        }
