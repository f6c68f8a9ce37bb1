"""Early stopping: of all epochs, the weights that do best on examples held out of training."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from backprop.arrays import Array
from backprop.metrics import Whole, performance
from backprop.training import Recipe, Snapshot


def with_held_out(x: Array, y: Array, fraction: float, seed: int, stratify: Array | None) -> Whole:
    """Some examples drawn for validation, behind those to train on; `stratify`: as many of each class as the share of it."""
    if not 0 < fraction < 1:
        raise ValueError(f"validation_fraction is {fraction!r}; it must be a number in (0, 1).")
    train, validation = train_test_split(np.arange(len(x)), test_size=fraction, random_state=seed, stratify=stratify)
    order = np.concatenate([train, validation])
    return Whole(
        x[order][None],
        y[order][None],
        {"train": slice(0, len(train)), "validation": slice(len(train), len(order))},
    )


class Best(NamedTuple):
    """The snapshot of the least validation loss, the first if several tie, and the losses of all of them."""

    snapshot: Snapshot
    losses: list[float]

    @property
    def epoch(self) -> int:
        return int(np.argmin(np.nan_to_num(self.losses, nan=np.inf)))


def best(recipe: Recipe, data: Whole, snapshots: Iterable[Snapshot]) -> Best:
    """Measures each snapshot when it comes, and copies the weights of those that are better than all before."""
    losses: list[float] = []
    for snapshot in snapshots:
        means = performance(recipe, snapshot.layout, snapshot.parameters, [data], np.array([0])).means
        losses.append(float(means["validation/loss"][0]))
        if Best(snapshot, losses).epoch == len(losses) - 1:
            kept = snapshot._replace(parameters=snapshot.parameters.copy())
    return Best(kept, losses)
