"""The typed root of the config: an Experiment is one cell, one configuration with all its seeds."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import field, fields
from functools import cached_property
from math import inf, isfinite
from reprlib import repr as shortened
from typing import Any

from backprop.arrays import stacking_key
from backprop.averaging import Averaging
from backprop.choices import choice, one_of, whole
from backprop.clipping import Clipping
from backprop.constraints import Constraint
from backprop.losses import Loss, SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP, parameter_count
from backprop.noise import Noise
from backprop.optimizers import LARGEST_FOR_NEWTON, Momentum, Newton, Optimizer
from backprop.penalties import Penalty
from backprop.schedules import Constant, Schedule
from backprop.training import Recipe
from experiments.corruption import Corruption
from experiments.datasets.dataset import Dataset
from experiments.keep import to_keep
from experiments.selection import Last, Selection
from experiments.splits import Division, Holdout, Scaling, Split, divide, drawn

SOURCES = ("split", "init", "order")  # division and corruption; initial weights; minibatches and noise
NATURAL_LOSS: dict[str, Loss] = {"classification": SoftmaxCrossEntropy(), "regression": SquaredError()}


@choice
class Study:
    """The question a sweep answers, and how its cells are compared; stated before anything is run."""

    name: str
    question: str
    baseline: dict[str, Any] = field(
        default_factory=dict
    )  # axis values of the cell to compare with; empty: the first cell
    choose: list[str] = field(
        default_factory=list
    )  # axes whose value is chosen on validation data before anything is compared
    expect: str = ""
    worth: float | None = None  # a difference of test error worth telling: the report says how many seeds would tell it
    claims: list[dict[str, Any]] = field(default_factory=list)  # what theory or a paper says; judged by the report
    measures: list[str] = field(default_factory=list)  # what the table shows, where no network is trained; empty: all
    figures: list[dict[str, Any]] = field(default_factory=list)  # beside those that every report has

    def __post_init__(self) -> None:
        if self.worth is not None and not (is_number(self.worth) and self.worth > 0):
            raise ValueError(
                f"study.worth is {self.worth!r}; it must be a number above 0, in the unit of the error, or null."
            )
        for kind, items in (("claims", self.claims), ("figures", self.figures)):
            for item in items:
                check_keys(f"study.{kind}", item)
        if not re.fullmatch(r"\w[\w .+-]{0,99}", self.name):
            raise ValueError(
                f"study.name is {self.name!r}; it must begin with a letter or a digit and have at most 100 letters, digits, "
                "spaces and . + - _"
            )
        if not all(isinstance(axis, str) for axis in self.choose):
            raise ValueError(f"study.choose is {self.choose!r}; it must be a list of axes, such as [penalty.strength].")

    def as_dict(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]


CLAIMS = {  # keys of each kind, those that it must have first
    "exact": (("cell", "metric", "value", "margin"), ("says", "source")),
    "published": (("cell", "metric", "value"), ("says", "source")),
    "order": (("metric", "lower", "than"), ("says", "source")),
}
FIGURE = (("title", "x"), ("caption", "lines", "points", "y", "color", "panels", "only", "log"))


def check_keys(place: str, item: Any) -> None:
    """Raises ValueError where a claim or a figure of a study has a key too many or too few."""
    if not isinstance(item, dict):
        raise ValueError(f"{place} has {item!r}; each entry must be a mapping.")
    kind = item.get("kind")
    if place == "study.claims" and kind not in CLAIMS:
        raise ValueError(f"{place}: kind is {kind!r}; it must be one of {', '.join(CLAIMS)}.")
    needed, others = CLAIMS[str(kind)] if place == "study.claims" else FIGURE
    missing, unknown = set(needed) - set(item), set(item) - {*needed, *others, "kind"}
    if missing or unknown:
        wrong = f"lacks {sorted(missing)}" if missing else f"has {sorted(unknown)}"
        raise ValueError(f"{place}: {item!r} {wrong}; it must have {list(needed)} and may have {list(others)}.")
    for key, value in item.items():
        fine, rule = VALUES.get(key, (True, ""))
        if fine is not True and not fine(value):
            raise ValueError(f"{place}: {key} is {value!r}; it must be {rule}.")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_places(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


VALUES: dict[str, Any] = {  # what the entries of claims and figures may be
    **dict.fromkeys(("cell", "lower", "than"), (is_places, "axes and their values, such as {regularizer: l2}")),
    "value": (is_number, "a finite number"),
    "margin": (lambda value: is_number(value) and value > 0, "a finite number above 0"),
    **dict.fromkeys(("lines", "points", "log"), (lambda value: isinstance(value, list), "a list")),
    "only": (
        lambda value: (
            is_places(value)
            and all(isinstance(v, list) and (k not in ("step", "epoch") or len(v) == 2) for k, v in value.items())
        ),
        "lists of values by axis; for step or epoch the first and the last, such as {step: [0, 25]}",
    ),
}


@choice
class Execution:
    """How a sweep is run; none of this decides a number, and none of it is part of a cell's identity."""

    force: bool = False  # train again what is already recorded
    dry_run: bool = False  # only say what would be trained, and how long it would take
    fail_fast: bool = False  # stop at the first cell that fails
    check_claims: bool = False  # a claim of the study that is refuted, or not tested, makes the command fail
    allow_targets: list[str] = field(default_factory=list)  # classes of yours that a config may name as _target_
    max_hours: float | None = 24.0  # a sweep that would take longer is refused; None: no limit, here and below
    max_memory: float | str | None = "90%"  # of the machine's; or so many GB
    max_disk: float | str | None = "50%"  # of what is free; or so many GB
    keep: str | list[str | int] = field(default_factory=list)  # rows, outputs, weights (of all seeds), weights:0,3

    def __post_init__(self) -> None:
        to_keep(self.keep)  # the check
        if self.max_hours is not None and not (isfinite(self.max_hours) and self.max_hours > 0):
            raise ValueError(
                f"execution.max_hours is {self.max_hours!r}; it must be a number above 0, or null for no limit."
            )
        for key in ("max_memory", "max_disk"):
            asked = getattr(self, key)
            try:
                amount(asked, 1.0)
            except ValueError as error:
                raise ValueError(
                    f"execution.{key} is {asked!r}; it must be a share such as 90%, a number of gigabytes such as 16GB, "
                    "or null for no limit."
                ) from error


def amount(asked: object, there: float) -> float:
    """Bytes, from a share of what there is or from a number of gigabytes; None is no limit. Raises ValueError.

    >>> amount("90%", 2e9), amount("16GB", 2e9), amount(0.5, 2e9), amount(None, 2e9)
    (1800000000.0, 16000000000.0, 500000000.0, inf)
    """
    if asked is None:
        return inf
    text = str(asked).strip()
    unit = there / 100 if text.endswith("%") else 1e9
    number = float(text.removesuffix("%").removesuffix("GB"))
    if isinstance(asked, bool) or not (isfinite(number) and number > 0):
        raise ValueError(f"{asked!r} is no amount")
    return number * unit


def listed_seeds(seeds: Any) -> list[int]:
    """The seeds that are meant by a number, or by a list. Raises ValueError."""
    listed = range(min(seeds, 2**32 + 1)) if type(seeds) is int else seeds
    if not isinstance(listed, list | range) or not listed or not all(type(s) is int and s >= 0 for s in ends(listed)):
        raise ValueError(f"seeds is {shortened(seeds)}; it must be a number of seeds, or a list such as [0, 1, 2].")
    if max(ends(listed)) >= 2**32:
        raise ValueError(f"seeds is {shortened(seeds)}; a seed must be less than 2³².")
    if isinstance(listed, list) and len(set(listed)) < len(listed):
        raise ValueError(f"seeds is {shortened(seeds)}; each seed may stand in the list once.")
    return list(listed)


def ends(seeds: list[Any] | range) -> Sequence[Any]:
    """What must be looked at to know all: of a range its ends."""
    return seeds if isinstance(seeds, list) else (seeds[0], seeds[-1])


@choice
class Experiment:
    """A network trained on a dataset by a recipe, for every seed. The fields are the keys of conf/config.yaml."""

    dataset: Dataset
    split: Split = Holdout()
    corruption: Corruption | None = None
    scaling: Scaling = Scaling()
    network: MLP = MLP()
    loss: Loss | None = None  # None: the dataset's natural loss
    optimizer: Optimizer = Momentum()
    schedule: Schedule = Constant()
    clipping: Clipping | None = None
    averaging: Averaging | None = None
    penalty: Penalty | None = None
    constraint: Constraint | None = None
    noise: Noise = Noise()
    batch_size: int | None = 32
    epochs: int = whole(default=100, within="[1, inf)")
    dtype: str = one_of(default="float32", options=("float32", "float64"))
    seeds: int | list[int] = 10  # a number n means the seeds 0 … n − 1
    evaluations: int = whole(default=25, within="[2, 10000]")
    selection: Selection = Last()
    vary: list[str] = field(
        default_factory=lambda: list(SOURCES)
    )  # what differs between seeds; the rest is the first's

    def __post_init__(self) -> None:
        first = self.all_seeds[0]
        if not set(self.vary) <= set(SOURCES) or not self.vary or len(set(self.vary)) < len(self.vary):
            raise ValueError(f"vary is {self.vary!r}; it must be a list of some of {', '.join(SOURCES)}.")
        if self.loss is not None and self.loss.task != self.dataset.task:
            raise ValueError(
                f"loss is {type(self.loss).__name__}, which is for {self.loss.task}, but the targets of "
                f"{self.dataset.name} are for {self.dataset.task}; leave loss=natural or choose another dataset."
            )
        split: Any = self.split
        rows = drawn(self.dataset, split, first)
        if self.corruption is not None:
            self.corruption(self.dataset, rows._asdict(), first)
        examples = len(rows.train)
        if type(self.batch_size) is int and self.batch_size > examples:
            raise ValueError(
                f"batch_size is {self.batch_size}, but there are {examples} training examples; "
                f"make it at most {examples}, or null for all of them."
            )
        targets = self.recipe.loss.targets(self.dataset.y[:1])  # the loss's and the recipe's own checks
        parameters = parameter_count(self.network.sizes(self.dataset.x.shape[1], targets.shape[1]))
        if isinstance(self.optimizer, Newton) and parameters > LARGEST_FOR_NEWTON:
            raise ValueError(
                f"optimizer is Newton, which is for at most {LARGEST_FOR_NEWTON} parameters; this network has {parameters}: "
                "make network.hidden smaller, or take another optimiser."
            )

    @cached_property
    def all_seeds(self) -> list[int]:
        return listed_seeds(self.seeds)

    def check_every_split(self) -> None:
        """Draws what `__post_init__` has drawn of the first seed only. Raises ValueError where the seeds' sizes differ."""
        split: Any = self.split
        sizes = {len(drawn(self.dataset, split, seed).train) for seed in dict.fromkeys(self.seeds_of("split"))}
        if len(sizes) > 1:
            raise ValueError(f"split: the seeds have {sorted(sizes)} training rows; all must have equally many.")

    def seeds_of(self, source: str) -> list[int]:
        """What each seed draws from, for one source of chance: itself, or, where that source is held still, the first."""
        return self.all_seeds if source in self.vary else self.all_seeds[:1] * len(self.all_seeds)

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            network=self.network,
            loss=self.loss or NATURAL_LOSS[self.dataset.task],
            optimizer=self.optimizer,
            schedule=self.schedule,
            clipping=self.clipping,
            averaging=self.averaging,
            penalty=self.penalty,
            constraint=self.constraint,
            noise=self.noise,
            batch_size=self.batch_size,
            epochs=self.epochs,
            dtype=self.dtype,
        )

    def divide(self, seed: int) -> Division:
        """The data of one seed, as the network and its loss see them."""
        compared = self.recipe.loss.targets
        return divide(self.dataset, self.split, self.corruption, self.scaling, seed, self.dtype, compared)

    def rows_digest(self, seed: int) -> str:
        """A hash of the rows that a seed's split draws: a file of them is part of no config."""
        return drawn(self.dataset, self.split, seed).digest()

    def data_key(self) -> Hashable:
        """Equal for experiments that see the same numbers, in the form that their loss compares."""
        choices = stacking_key((self.split, self.corruption, self.scaling)), type(self.recipe.loss)
        return self.dataset.fingerprint, choices, self.dtype

    def stack_key(self) -> Hashable:
        """Equal for experiments that can train in one stack; the parameters of losses of one kind are equal by type."""
        held = () if set(self.vary) == set(SOURCES) else (self.all_seeds[0], *sorted(self.vary))
        return self.data_key(), stacking_key(self.recipe), self.evaluations, held

    def summary(self) -> dict[str, Any]:
        """The sizes that a reader wants to know."""
        return {
            "task": self.dataset.task,
            "examples": len(self.dataset.x),
            "features": self.dataset.x.shape[1],
            **{part: len(rows) for part, rows in drawn(self.dataset, self.split, self.all_seeds[0])._asdict().items()},
        }
