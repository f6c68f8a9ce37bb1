"""The typed root of the config: an Experiment is one cell, one configuration with all its seeds."""

from collections.abc import Hashable, Sequence
from dataclasses import field
from functools import cached_property
from math import prod
from reprlib import repr as shortened
from typing import Any

from backprop.choices import choice, integer
from backprop.layout import Layout
from backprop.losses import Loss, SoftmaxCrossEntropy, SquaredError
from backprop.measures.confidence import Confidence
from backprop.measures.distances import Distances
from backprop.measures.gradients import Gradients
from backprop.measures.measure import Measure, Subject
from backprop.measures.norms import Norms
from backprop.measures.validation_halves import ValidationHalves
from backprop.measures.weight_histogram import WeightHistogram
from backprop.optimizers import LARGEST_FOR_NEWTON, Newton
from backprop.stacking import stacking_key
from backprop.training import Recipe
from experiments.data.corruption import Corruption
from experiments.data.datasets.dataset import Dataset
from experiments.data.division import Division, divide
from experiments.data.scaling import Scaling, fills
from experiments.data.splits import Holdout, Parts, Split, drawn
from experiments.study.crossing import crossing
from experiments.study.evaluate_at import EvaluateAt, Geometric
from experiments.study.metrics import check_measures, metric_names
from experiments.study.selection import Last, Selection
from reports.schema.crossing import SOURCES, draws

NATURAL_LOSS: dict[str, Loss] = {"classification": SoftmaxCrossEntropy(), "regression": SquaredError()}
MEASURES: tuple[Measure, ...] = (Norms(), Distances(), Gradients(), Confidence(), WeightHistogram())


def listed_seeds(seeds: Any) -> list[int]:
    """The list of seeds that a number of seeds, or a list, stands for. Raises ValueError."""
    listed = range(min(seeds, 2**32 + 1)) if type(seeds) is int else seeds
    if not isinstance(listed, list | range) or not listed or not all(type(s) is int and s >= 0 for s in ends(listed)):
        raise ValueError(f"seeds is {shortened(seeds)}; it must be a number of seeds, or a list such as [0, 1, 2].")
    if max(ends(listed)) >= 2**32:
        raise ValueError(f"seeds is {shortened(seeds)}; a seed must be less than 2³².")
    if isinstance(listed, list) and len(set(listed)) < len(listed):
        raise ValueError(f"seeds is {shortened(seeds)}; each seed may be listed only once.")
    return list(listed)


def natural_loss(data: Dataset) -> Loss:
    """The loss for a dataset's task, where a config chooses none."""
    return NATURAL_LOSS[data.task]


def ends(seeds: list[Any] | range) -> Sequence[Any]:
    """The seeds that a check must look at: all of a list, the two ends of a range."""
    return seeds if isinstance(seeds, list) else (seeds[0], seeds[-1])


@choice
class Experiment:
    """A network trained on a dataset by a recipe, for every seed.

    These fields and the recipe's are the keys of conf/config.yaml.

    >>> from experiments.data.datasets import diabetes
    >>> Experiment(diabetes(), Recipe(loss=SquaredError(), epochs=50), seeds=3).all_seeds
    [0, 1, 2]
    >>> Experiment(diabetes(), Recipe(loss=SoftmaxCrossEntropy()))
    Traceback (most recent call last):
    ValueError: loss is SoftmaxCrossEntropy, which is for classification, but the targets of diabetes are for regression; use \
loss=natural (in Python Recipe(loss=SquaredError())) or another dataset.
    """

    dataset: Dataset
    recipe: Recipe = Recipe()
    split: Split = Holdout()
    corruption: Corruption | None = None
    scaling: Scaling = Scaling()
    seeds: int | list[int] | dict[str, int] = (
        10  # n: the seeds 0 … n − 1; a list; or sources crossed, {"split": 11, "init": 11}
    )
    evaluate_at: EvaluateAt = Geometric()
    selection: Selection = Last()
    vary: list[str] = field(
        default_factory=lambda: list(SOURCES)
    )  # what is drawn anew for every seed; the rest is the first seed's
    measures: Sequence[Measure] = MEASURES  # beside losses, errors and gaps
    stream: int = integer(
        default=0, within="[0, 2147483647]"
    )  # another draw of init and order for the same seed and split

    def __post_init__(self) -> None:
        if not set(self.vary) <= set(SOURCES) or not self.vary or len(set(self.vary)) < len(self.vary):
            raise ValueError(f"vary is {self.vary!r}; it must list one or more of {', '.join(SOURCES)}.")
        _ = self.all_seeds  # the check
        check_measures(self.all_measures)
        self.check_recipe()

    def check_recipe(self) -> None:
        """Raises ValueError where the recipe does not fit the dataset: its loss, or the size of its network."""
        loss, data = self.recipe.loss, self.dataset
        if loss.task != data.task:
            raise ValueError(
                f"loss is {type(loss).__name__}, which is for {loss.task}, but the targets of {data.name} are for {data.task}; "
                f"use loss=natural (in Python Recipe(loss={type(natural_loss(data)).__name__}())) or another dataset."
            )
        parameters = self.layout.count()  # and the checks of loss and network
        if isinstance(self.recipe.optimizer, Newton) and parameters > LARGEST_FOR_NEWTON:
            raise ValueError(
                f"optimizer is Newton, which is for at most {LARGEST_FOR_NEWTON} parameters; this network has {parameters}: "
                "make network.hidden smaller, or use another optimiser."
            )

    @cached_property
    def crossed(self) -> dict[str, int]:
        """How many draws of each source the seeds cross; empty where every seed draws all that varies anew."""
        return crossing(self.seeds, self.vary)

    @cached_property
    def all_seeds(self) -> list[int]:
        return listed_seeds(prod(self.crossed.values()) if self.crossed else self.seeds)

    @property
    def independent(self) -> int:
        """How many seeds an interval counts: all of them; of crossed ones, the draws of the first source."""
        return next((count for count in self.crossed.values() if count > 1), len(self.all_seeds))

    @cached_property
    def layout(self) -> Layout:
        """The network's layers and arrays for these data."""
        targets = self.recipe.loss.targets(self.dataset.y[:1])
        return self.recipe.layout(self.dataset.x.shape[1], targets.shape[1])

    def check_data(self) -> None:
        """Check what needs the split of every seed: numbers of training rows, gaps, corruption, batch size. Raises ValueError."""
        drawing = list(dict.fromkeys(self.seeds_of("split")))
        self.check_redrawn(drawing)
        rows = [self.rows(seed) for seed in drawing]
        self.check_parts(rows)
        self.check_seeds_differ(rows)
        sizes = {len(parts.train) for parts in rows}
        if len(sizes) > 1:
            raise ValueError(f"split: the seeds have {sorted(sizes)} training rows; all must have the same number.")
        for parts in rows if self.dataset.missing else ():
            fills(self.dataset, parts.train)  # the check
        if self.corruption is not None:
            self.corruption(self.dataset.of_seed(drawing[0]), rows[0]._asdict(), self.all_seeds[0])
        self.metrics()  # the check
        (examples,) = sizes
        _ = self.steps  # the check
        self.recipe.check_minibatches(examples, self.layout)
        if self.recipe.batch_size is not None and self.recipe.batch_size > examples:
            raise ValueError(
                f"batch_size is {self.recipe.batch_size}, but there are {examples} training examples; "
                f"make it at most {examples}, or null for all of them."
            )

    @cached_property
    def subject(self) -> Subject:
        """What its measures are told before training."""
        features, outputs = self.dataset.feature_names, self.dataset.target_names
        return Subject(self.layout, self.recipe.loss, features, outputs, self.parts, self.recipe)

    @cached_property
    def all_measures(self) -> list[Measure]:
        """The measures asked for, and those that its rule for the step goes by, which stand in for ones of their kind."""
        needed = getattr(self.selection, "measures", ())
        return [*(own for own in self.measures if type(own) not in map(type, needed)), *needed]

    def metrics(self) -> list[str]:
        """Every name that it records, known before it trains. Raises ValueError where two measures share one."""
        return metric_names(self.all_measures, self.subject)

    def check_redrawn(self, seeds: Sequence[int]) -> None:
        """Raises ValueError where a seed's own data have another shape than the rest, such as a class less."""
        for seed in seeds:
            if self.dataset.of_seed(seed).size != self.dataset.size:
                raise ValueError(
                    f"dataset.redraw is true, but seed {seed} draws data of another shape, {self.dataset.of_seed(seed).size}; the first "
                    f"have {self.dataset.size}. Leave that seed out, or ask for more examples."
                )

    def check_parts(self, rows: Sequence[Parts]) -> None:
        """Raises ValueError where the rule for the step that counts needs a part that has no rows, or only some seeds have one."""
        for part in getattr(self.selection, "needs", ()):
            if not all(len(getattr(parts, part)) for parts in rows):
                raise ValueError(
                    f"selection is {type(self.selection).__name__}, which takes the step by {part} rows, and split.{part}=0 leaves none; "
                    f"give split.{part} rows, or take selection=last."
                )
        if (
            any(isinstance(one, ValidationHalves) for one in self.all_measures)
            and min(len(parts.validation) for parts in rows) == 1
        ):
            raise ValueError(
                "split.validation leaves one validation row, which has no halves; give more, or take selection.rows=all."
            )
        if len({tuple(len(part) > 0 for part in parts) for parts in rows}) > 1:
            raise ValueError("split: only some seeds have validation or test rows; all must have them, or none.")

    def check_seeds_differ(self, rows: Sequence[Parts]) -> None:
        """Raises ValueError where seeds would be copies of one network: only the split tells them apart, and it is the same for all."""
        fixed = self.corruption is None and self.dataset.redrawn is None
        same = fixed and len(rows) > 1 and len({parts.digest() for parts in rows}) == 1
        if same and self.crossed.get("split", 1) > 1:
            raise ValueError(
                f"seeds crosses {self.crossed['split']} splits, but this split gives every seed the same rows: leave split out of "
                "the crossing, or take a split that is drawn anew (split=holdout)."
            )
        if same and self.vary == ["split"]:
            raise ValueError(
                "vary is ['split'], but this split gives every seed the same rows: all would be one network, counted as many; "
                "let more vary (vary=[init,order]), or take one seed (seeds=1)."
            )

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Those of train, validation and test that have rows."""
        return tuple(self.rows(self.all_seeds[0]).slices())

    @cached_property
    def steps(self) -> list[int]:
        """The steps at which everything is measured. Raises ValueError where they do not fit the training."""
        per_epoch = self.recipe.steps_per_epoch(len(self.rows(self.all_seeds[0]).train))
        return self.evaluate_at(self.recipe.epochs * per_epoch, per_epoch)

    def rows(self, seed: int) -> Parts:
        """The rows of each part that a seed's split draws."""
        return drawn(self.dataset.of_seed(seed), self.split, seed)

    def seeds_of(self, source: str) -> list[int]:
        """The seed that each seed draws from, for one source of chance: a digit of its number where sources are crossed; else its own,
        or the first where the source is held still.

        Another `stream` draws all but the split from seeds that no other has, since a seed is less than 2³².
        """
        if source in self.crossed:
            seeds = draws(self.all_seeds, self.crossed)[source]
        else:
            seeds = self.all_seeds if source in self.vary else self.all_seeds[:1] * len(self.all_seeds)
        return seeds if source == "split" else [seed + self.stream * 2**32 for seed in seeds]

    def divide(self, seed: int) -> Division:
        """The data of one seed, as the network and its loss see them."""
        compared = self.recipe.loss.targets
        return divide(
            self.dataset.of_seed(seed), self.split, self.corruption, self.scaling, seed, self.recipe.dtype, compared
        )

    def rows_digest(self, seed: int) -> str:
        """A hash of the rows that a seed's split draws, which may be listed in a file, and of its data where it has its own."""
        own = "" if self.dataset.redrawn is None else self.dataset.of_seed(seed).fingerprint
        return self.rows(seed).digest() + own

    def data_key(self) -> Hashable:
        """A key, equal for experiments that see the same data, in the form that their loss compares."""
        choices = stacking_key((self.split, self.corruption, self.scaling)), type(self.recipe.loss)
        return self.dataset.fingerprint, self.dataset.missing, choices, self.recipe.dtype

    def stack_key(self) -> Hashable:
        """A key, equal for experiments that can train in one stack: same data and measures, and recipes that differ in numbers."""
        held = () if set(self.vary) == set(SOURCES) else (self.all_seeds[0], *sorted(self.vary))
        measured = stacking_key(self.evaluate_at), stacking_key(tuple(self.all_measures))
        chance = *held, *self.crossed.items()
        return self.data_key(), stacking_key(self.recipe), *measured, chance, self.stream

    def summary(self) -> dict[str, Any]:
        """The task and the sizes of the data, as they are recorded."""
        return {
            "task": self.dataset.task,
            "examples": len(self.dataset.x),
            "features": self.dataset.x.shape[1],
            **{part: len(rows) for part, rows in self.rows(self.all_seeds[0])._asdict().items()},
        }
