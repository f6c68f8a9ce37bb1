"""The second kind of experiment, which needs no stack of networks: it takes seeds and returns curves."""

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from backprop.choices import choice
from experiments.data.datasets.dataset import Dataset
from experiments.study.crossing import in_words
from experiments.study.curves import Curves, joined
from experiments.study.experiment import listed_seeds
from experiments.study.selection import Last, Selection


class AnyExperiment(Protocol):
    """The interface of both kinds of experiment: one cell, one configuration with all its seeds."""

    @property
    def dataset(self) -> Dataset: ...

    @property
    def all_seeds(self) -> list[int]: ...

    @property
    def independent(self) -> int: ...

    @property
    def selection(self) -> Selection: ...

    def metrics(self) -> list[str]:
        """Every name that it records, known before it runs."""

    def summary(self) -> dict[str, Any]:
        """The task and the sizes of the data, as they are recorded."""


@runtime_checkable
class Theory(Protocol):
    def check(self, dataset: Dataset) -> None:
        """Raises ValueError where the theory does not apply to the dataset."""

    def names(self, dataset: Dataset) -> list[str]:
        """The names of all that it returns for this dataset, known before anything is computed."""

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        """Return curves of these quantities by name, (T, S): a row per step, a column per seed; or what is measured once, (S,)."""


@choice
class Calculation:
    """One theory on one dataset. `theory=NAME` takes the place of the network and all that trains it."""

    dataset: Dataset
    theory: Theory
    seeds: int | list[int] | dict[str, int] = field(default=10)  # n: the seeds 0 … n − 1; a list; but nothing to cross

    def __post_init__(self) -> None:
        if isinstance(self.seeds, dict):
            raise ValueError(
                f"seeds is {in_words(self.seeds)}, which crosses sources of chance of networks, and a theory trains none: give it a number "
                "of seeds, or a list."
            )
        _ = self.all_seeds  # the check
        if self.dataset.missing:
            raise ValueError(
                f"{self.dataset.name} has missing values, which networks fill by each seed's training rows, but a theory takes "
                "all rows: fill them in the file, or leave those columns out with dataset.drop."
            )
        self.theory.check(self.dataset)

    @cached_property
    def all_seeds(self) -> list[int]:
        return listed_seeds(self.seeds)

    @property
    def independent(self) -> int:
        """How many seeds an interval counts: all of them."""
        return len(self.all_seeds)

    @property
    def selection(self) -> Selection:
        """Nothing is trained, and nothing selected: the last step counts."""
        return Last()

    def metrics(self) -> list[str]:
        """Every name that it records, known before it runs."""
        return self.theory.names(self.dataset)

    def run(self, seeds: Sequence[int] | None = None) -> Curves:
        """The curves of these seeds, or of all."""
        asked = list(seeds) if seeds is not None else self.all_seeds
        if self.dataset.redrawn is None:
            return self.theory(self.dataset, asked)
        return joined([self.theory(self.dataset.of_seed(seed), [seed]) for seed in asked], asked)

    def summary(self) -> dict[str, Any]:
        return {
            "task": self.dataset.task,
            "examples": len(self.dataset.x),
            "features": self.dataset.x.shape[1],
        }
