"""A sweep confirmed: what the first one found of each arm, the same value on new seeds, and how much of the first was selection.

The arm's value, and the baseline's, are those that the first sweep chose. D is the paired difference of their test errors, by seed:
on the first seeds D₁, on the new ones D₂. The seeds are others, so that D₁ − D₂ is not paired: its interval is Welch's,

    D̄₁ − D̄₂ ± t_ν √(s₁²/n₁ + s₂²/n₂),    ν = (s₁²/n₁ + s₂²/n₂)² / (s₁⁴/(n₁² (n₁ − 1)) + s₂⁴/(n₂² (n₂ − 1))).

What was chosen because it looked well, on validation or among many arms, looks better on the seeds it was chosen on; D₁ − D₂ has this
optimism and chance. All arms are one family of `reports.max_t`, on the first seeds and on the new ones alike. An arm that the first
sweep told from its baseline (p < 0.05) is *confirmed* where the new seeds tell it too, on the same side, *contradicted* where they
tell it on the other side, else *not confirmed*; of the others it says *undecided at first*.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from reports.comparison import Row, compare, differences_by_seed
from reports.load import Sweep
from reports.max_t import Together, max_t
from reports.schema import CONFIRMS
from reports.sign_flips import Array
from reports.statistics import Interval, PairedDifference, mean_interval, paired_differences, t_quantile

CONFIRMED, NOT_CONFIRMED, CONTRADICTED = "confirmed", "not confirmed", "contradicted"
UNDECIDED = "undecided at first"


class Tested(NamedTuple):
    """One difference on some seeds: by itself, and among those of all arms."""

    difference: PairedDifference
    together: Together

    @property
    def is_told(self) -> bool:
        return self.together.p < 0.05


class Confirmed(NamedTuple):
    """One arm at the value that the first sweep chose."""

    row: Row  # of the first sweep
    first: Tested
    new: Tested
    selection: Interval  # first − new; its sd is its standard error, n the smaller number of seeds
    verdict: str


class Confirmation(NamedTuple):
    """All arms that both sweeps have, and what of the told ones was found again."""

    arms: list[Confirmed]
    lacking: list[str]  # arms of the first sweep whose cells did not finish on new seeds
    at_first: Interval  # mean size of the differences told at first: over these arms, then over seeds
    again: Interval  # the same on new seeds, in the direction of the first; below 0 is the other direction
    selection: Interval  # at_first − again, Welch's interval


def confirmation(sweep: Sweep) -> Confirmation | None:
    """The first sweep's arms on the new seeds; None where the sweep confirms none, or that one is gone."""
    if sweep.first is None:
        return None
    compared = [row for row in compare(sweep.first).rows if row.difference is not None and row.difference.n > 1]
    now = names_now(sweep, sweep.first)
    there = [row for row in compared if row.cell in now and row.reference in now]
    lacking = [row.arm for row in compared if row not in there]
    old = differences_by_seed(sweep.first, [(row.cell, row.reference) for row in there])
    new = differences_by_seed(sweep, [(now[row.cell], now[row.reference]) for row in there])
    arms = [
        Confirmed(row, first, again, welch(old[n], new[n]), verdict(first, again))
        for n, (row, first, again) in enumerate(zip(there, tested(old), tested(new), strict=True))
    ]
    told = [n for n, arm in enumerate(arms) if arm.first.is_told]
    sizes = [towards(arms, told, by_seed) for by_seed in (old, new)]
    return Confirmation(arms, lacking, *map(mean_interval, sizes), welch(*sizes))


def names_now(sweep: Sweep, first: Sweep) -> Mapping[str, str]:
    """The names of cells of the first sweep, with those of the same cells on new seeds."""
    name_of = {cell["run_id"]: cell["name"] for cell in first.cells}
    return {name_of[cell[CONFIRMS]]: cell["name"] for cell in sweep.cells if cell.get(CONFIRMS) in name_of}


def tested(differences: Float[Array, "arms seeds"]) -> list[Tested]:
    """Every arm's difference, by itself and among all."""
    if not len(differences):
        return []
    return [Tested(*both) for both in zip(paired_differences(differences), max_t(differences), strict=True)]


def verdict(first: Tested, new: Tested) -> str:
    if not first.is_told:
        return UNDECIDED
    if not new.is_told:
        return NOT_CONFIRMED
    return CONFIRMED if first.difference.mean * new.difference.mean > 0 else CONTRADICTED


def towards(arms: Sequence[Confirmed], told: Sequence[int], differences: Float[Array, "arms seeds"]) -> Array:
    """By seed, the mean over the told arms of the difference in the direction of the first sweep's; empty where none was told."""
    if not len(told):
        return np.empty(0)
    directions = np.sign([arms[n].first.difference.mean for n in told])
    return (directions[:, None] * differences[list(told)]).mean(axis=0)


def welch(ours: Float[Array, " n"], theirs: Float[Array, " m"], level: float = 0.95) -> Interval:
    """The mean of ours less that of theirs, other seeds, with Welch's interval; NaN where either has fewer than two.

    >>> welch(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0]))
    Interval(mean=1.0, low=-4.97..., high=6.97..., sd=1.15..., n=2)
    """
    a, b = mean_interval(ours), mean_interval(theirs)
    n, mean = min(a.n, b.n), a.mean - b.mean
    if n < 2:
        return Interval(mean, np.nan, np.nan, np.nan, n)
    parts = [one.sd**2 / one.n for one in (a, b)]
    error = sum(parts) ** 0.5
    if not error > 0:
        return Interval(mean, mean, mean, 0.0, n)
    freedom = sum(parts) ** 2 / sum(part**2 / (one.n - 1) for part, one in zip(parts, (a, b), strict=True))
    half = t_quantile((1 + level) / 2, freedom) * error
    return Interval(mean, mean - half, mean + half, error, n)
