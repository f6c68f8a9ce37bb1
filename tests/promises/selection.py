"""A rule's choice does not change when all that was seen of the test set becomes noise. The oracle's does, by its name."""

import numpy as np

from backprop.arrays import Array
from experiments.study.selection import Last, Oracle, Selection, first_minimum
from reports.schema import VALIDATION_ROWS

T, SEEDS = 11, 13
PEEKS = ("test/", "gap/")  # a gap is test less train


def promise(rule: Selection) -> None:
    draw = np.random.default_rng(0)
    curves = {name: draw.random((T, SEEDS)) for name in names()}
    noise = {name: draw.random((T, SEEDS)) if name.startswith(PEEKS) else curve for name, curve in curves.items()}
    choice, blind = rule(curves), rule(noise)
    assert choice.shape == (SEEDS,), f"{rule} gives {choice.shape} steps for {SEEDS} seeds"
    assert choice.dtype.kind == "i", f"{rule} gives {choice.dtype}, which is no index"
    assert ((choice >= 0) & (choice < T)).all(), f"{rule} chooses a step that was not measured"
    if type(rule) is not Oracle:
        assert (choice == blind).all(), f"{rule} has looked at the test set"


def names() -> list[str]:
    """What every experiment measures, and what measures of ours add that a rule may ask for."""
    every = [f"{part}/{what}" for part in ("train", "validation", "test", "gap") for what in ("loss", "error")]
    return every + [f"{part}/{what}" for part in VALIDATION_ROWS.values() for what in ("loss", "error", "scaled_loss")]


class Peeking(Last):
    """Takes the least test loss for the least validation loss."""

    def __call__(self, curves: dict[str, Array]) -> Array:
        return first_minimum(curves["test/loss"])


class PeekingAtTheGap(Last):
    """Stops where the network generalizes best."""

    def __call__(self, curves: dict[str, Array]) -> Array:
        return first_minimum(curves["gap/error"])


class OneBeyond(Last):
    """Counts from one."""

    def __call__(self, curves: dict[str, Array]) -> Array:
        return Last.__call__(self, curves) + 1


BROKEN = [Peeking(), PeekingAtTheGap(), OneBeyond()]
