"""The function that a network is, on a stated grid: what figures of fits and of decision regions are made of."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, integer, one_of
from backprop.measures.coefficients import ends
from backprop.measures.measure import WHEN, Observation, Scales, Subject
from backprop.metrics import Whole, in_evaluation
from backprop.network import apply
from backprop.sets import stretch

MOST = 10_000  # values


@choice
class FunctionValues:
    """function/x=0.5, … (with several outputs function/OUTPUT/x=0.5): z at `points` values of an input, or of two, from `low` to `high`.

    Inputs, and outputs for regression, are in the data's own units; the outputs of a classifier are scores. Other inputs stay at
    their mean over the training rows. `low` and `high` are one number, or one an input. Without `inputs`, those of data with one or two.
    """

    inputs: tuple[str, ...] = ()
    low: float | list[float] = -3.0
    high: float | list[float] = 3.0
    points: int = integer(default=25, within="[2, 1000]")
    when: str = one_of(default="end", options=WHEN)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", tuple(self.inputs))
        for end in ("low", "high"):
            check_ends(end, getattr(self, end))

    def names(self, subject: Subject) -> tuple[str, ...]:
        inputs = self.along(subject)
        places = [
            " ".join(f"{name}={v:.6g}" for name, v in zip(inputs, place, strict=True))
            for place in self.grid(len(inputs))
        ]
        names = tuple(f"function{end}/{place}" for end in ends(subject) for place in places)
        if len(names) > MOST:
            raise ValueError(
                f"FunctionValues would have {len(names):,} values, of at most {MOST:,}; make points smaller."
            )
        return names

    def along(self, subject: Subject) -> tuple[str, ...]:
        """The inputs that vary. Raises ValueError where they are not one or two of the data's."""
        inputs = self.inputs or subject.features
        unknown = [name for name in inputs if name not in subject.features]
        if unknown or not 1 <= len(inputs) <= 2 or len(set(inputs)) < len(inputs):
            there = ", ".join(subject.features[:20]) + " …" * (len(subject.features) > 20)
            raise ValueError(
                f"FunctionValues.inputs is {list(self.inputs)}; it must be one or two of the data's {len(subject.features)} "
                f"features, such as measures.function_values.inputs=[{subject.features[0]}]: {there}."
            )
        return inputs

    def grid(self, inputs: int) -> Float[Array, "G inputs"]:
        """The places, each number as its name has it."""
        lines = [
            [float(f"{v:.6g}") for v in np.linspace(low, high, self.points)]
            for low, high in zip(spread(self.low, inputs), spread(self.high, inputs), strict=True)
        ]
        return np.array(list(product(*lines)))

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        columns = [seen.subject.features.index(name) for name in self.along(seen.subject)]
        places = [self.inputs_at(columns, whole, scales) for whole, scales in zip(seen.data, seen.scales, strict=True)]
        values = np.empty((len(seen.of), len(places[0]) * seen.layout.outputs))
        with np.errstate(all="ignore"):
            for r, s in enumerate(seen.of):
                alone = seen.parameters[r : r + 1].astype(float)
                z = apply(seen.layout, in_evaluation(seen.layout, alone, seen.data[s]), places[s][None])[0][0]
                targets = seen.scales[s].targets
                values[r] = (z if targets is None else z * targets.scale + targets.mean).T.ravel()
        return dict(zip(self.names(seen.subject), values.T, strict=True))

    def inputs_at(self, columns: list[int], whole: Whole, scales: Scales) -> Float[Array, "G D"]:
        """The rows that the network sees at the places of the grid."""
        grid = self.grid(len(columns))
        x = np.tile(stretch(whole.features, whole.rows["train"])[0].mean(axis=0, dtype=float), (len(grid), 1))
        x[:, columns] = grid
        if scales.features is not None:
            mean, scale = scales.features.mean[columns], scales.features.scale[columns]
            x[:, columns] = (grid - mean) / scale
        return x


def spread(end: float | Sequence[float], inputs: int) -> Sequence[float]:
    """One number an input. Raises ValueError."""
    given = [end] * inputs if isinstance(end, int | float) else list(end)
    if len(given) != inputs:
        raise ValueError(
            f"FunctionValues has {len(given)} numbers in low or high for {inputs} inputs; give one, or one an input."
        )
    return given


def check_ends(name: str, value: Any) -> None:
    """Raises ValueError."""
    given = value if isinstance(value, list | tuple) else [value]
    if not given or not all(isinstance(v, int | float) and not isinstance(v, bool) and np.isfinite(v) for v in given):
        raise ValueError(f"FunctionValues.{name} is {value!r}; it must be a number, or one an input, such as [-3, 0].")
