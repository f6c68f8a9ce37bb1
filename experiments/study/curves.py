"""The measurements of one cell: at every evaluation, or once. As arrays, and as the two tables that are recorded."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from experiments.study import rows as of_rows
from experiments.study.rows import Rows
from experiments.study.selection import Selection, rules_for
from reports.schema import AT, BEGAN, DIVERGED, OWN, PARTS, SELECTED

if TYPE_CHECKING:
    import pandas as pd


class Curves(NamedTuple):
    """The measurements of one cell: T evaluations of S seeds."""

    seeds: list[int]
    steps: list[int]
    epochs: list[float]
    metrics: dict[str, Float[Array, "T S"]]  # what is measured at every evaluation
    once: dict[str, Float[Array, " S"]]  # what is measured once
    diverged_at: Int[Array, " S"]  # the step of the first infinite loss; −1 where there was none
    rows: Rows | None = None  # errors of every row, where a network is trained and rows are held out from it
    weights: Mapping[int, Float[Array, " P"]] = {}  # parameters at the step that counts, by seed, where they are kept
    began: Int[Array, " S"] | None = (
        None  # when training began, in milliseconds since 1970; None, or −1 of a seed: not known
    )


def of_seeds(curves: Curves, seeds: Sequence[int]) -> Curves:
    """The curves of some of the seeds, in the order given."""
    at = [curves.seeds.index(seed) for seed in seeds]
    return curves._replace(
        seeds=list(seeds),
        metrics={name: values[:, at] for name, values in curves.metrics.items()},
        once={name: values[at] for name, values in curves.once.items()},
        diverged_at=curves.diverged_at[at],
        rows=curves.rows and of_rows.of_seeds(curves.rows, seeds),
        weights={seed: values for seed, values in curves.weights.items() if seed in seeds},
        began=None if curves.began is None else curves.began[at],
    )


def joined(pieces: Sequence[Curves], seeds: Sequence[int]) -> Curves:
    """Join one cell's curves from its stacks, the seeds in the order given."""
    first = pieces[0]
    together = first._replace(
        seeds=[seed for piece in pieces for seed in piece.seeds],
        metrics={name: np.concatenate([piece.metrics[name] for piece in pieces], axis=-1) for name in first.metrics},
        once={name: np.concatenate([piece.once[name] for piece in pieces]) for name in first.once},
        diverged_at=np.concatenate([piece.diverged_at for piece in pieces]),
        rows=first.rows and of_rows.joined([piece.rows for piece in pieces if piece.rows]),
        weights={seed: values for piece in pieces for seed, values in piece.weights.items()},
        began=np.concatenate([times(piece) for piece in pieces]),
    )
    return of_seeds(together, seeds)


def times(curves: Curves) -> Int[Array, " S"]:
    """When the training of each seed began; −1 where it is not known."""
    return np.full(len(curves.seeds), -1) if curves.began is None else curves.began


def curve_table(curves: Curves) -> "pd.DataFrame":
    """A row per evaluation and seed, with the metrics that are measured at every evaluation."""
    import pandas as pd

    T, S = len(curves.steps), len(curves.seeds)
    columns = dict(
        zip(AT, (np.tile(curves.seeds, T), np.repeat(curves.steps, S), np.repeat(curves.epochs, S)), strict=True)
    )
    return pd.DataFrame(columns | {name: values.ravel() for name, values in curves.metrics.items()})


def seed_table(curves: Curves, selection: Selection) -> "pd.DataFrame":
    """A row per seed: the step that each selection rule takes, and what is measured once.

    A diverged seed keeps its row: `diverged_at` is the step of its first infinite loss, −1 for the others.
    """
    import pandas as pd

    steps = np.array(curves.steps)
    measured = [part for part in PARTS if f"{part}/loss" in curves.metrics]
    rules = rules_for(measured) if measured else {}
    taken = {SELECTED + name: steps[rule(curves.metrics)] for name, rule in rules.items()}
    columns = {"seed": curves.seeds, DIVERGED: curves.diverged_at, OWN: steps[selection(curves.metrics)]}
    columns[BEGAN] = times(curves)
    return pd.DataFrame(columns | taken | curves.once)


def at_the_selected_step(curves: Curves, selection: Selection) -> dict[str, Float[Array, " S"]]:
    """Every seed's metrics: at the step that the experiment's own rule selects, or measured once."""
    taken, seeds = selection(curves.metrics), np.arange(len(curves.seeds))
    return {name: values[taken, seeds] for name, values in curves.metrics.items()} | curves.once


def mean_validation_error(curves: Curves, selection: Selection) -> float:
    """The mean over seeds at the selected step, for a sweeper that minimises it; NaN where nothing is trained."""
    metrics = at_the_selected_step(curves, selection)
    values = metrics.get("validation/error", np.empty(0))
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def untrained_curves(
    seeds: Sequence[int],
    steps: Sequence[int],
    metrics: dict[str, Float[Array, "T S"]],
    once: dict[str, Float[Array, " S"]] | None = None,
) -> Curves:
    """Curves of quantities that are not losses, so no seed counts as diverged."""
    listed = list(steps)
    return Curves(list(seeds), listed, [float(t) for t in listed], metrics, once or {}, np.full(len(seeds), -1))
