"""A sweep confirmed: what the first one found of each arm, the same values on new seeds, and how much of the first was selection.

The values of an arm and of its baseline are those that the first sweep chose. D is the paired difference of their test errors, by
seed: on the first seeds D₁, on the new ones D₂. The seeds are others, so that D₁ − D₂ is not paired: its interval is Welch's,

    D̄₁ − D̄₂ ± t_ν √(s₁²/n₁ + s₂²/n₂),    ν = (s₁²/n₁ + s₂²/n₂)² / (s₁⁴/(n₁² (n₁ − 1)) + s₂⁴/(n₂² (n₂ − 1))).

What was chosen because it looked well, on validation or among many arms, looks better on the seeds it was chosen on; D₁ − D₂ has this
optimism and chance. All comparisons are one family of `reports.max_t`, on the first seeds and on the new ones alike. A difference that
the first sweep decided (p < 0.05) is *confirmed* where the new seeds decide it too, on the same side, *contradicted* where they decide
it on the other side, else *not confirmed*; of the others it says *undecided*, whatever the new seeds say.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from reports.comparison import Pair, compare, differences_by_seed, paired
from reports.crossed import of_independent_seeds
from reports.load import Sweep
from reports.schema import CONFIRMS
from reports.sign_flips import Array
from reports.statistics import Interval, mean_interval, t_quantile

CONFIRMED, NOT_CONFIRMED, CONTRADICTED = "confirmed", "not confirmed", "contradicted"
UNDECIDED = "undecided"


class Confirmed(NamedTuple):
    """Two arms, each at the value that the first sweep chose, on the first seeds and on new ones."""

    chosen: str  # the arm's value, in one line
    is_with_baseline: bool
    first: Pair
    new: Pair
    selection: Interval  # first − new; its sd is its standard error, n the smaller number of seeds

    @property
    def name(self) -> str:
        return self.first.arm if self.is_with_baseline else f"{self.first.arm} − {self.first.other}"

    @property
    def called(self) -> str:
        """The name with the chosen value."""
        return f"{self.name} ({self.chosen})" if self.chosen else self.name

    @property
    def verdict(self) -> str:
        if not is_told(self.first):
            return UNDECIDED
        if not is_told(self.new):
            return NOT_CONFIRMED
        return CONFIRMED if self.first.difference.mean * self.new.difference.mean > 0 else CONTRADICTED


class Confirmation(NamedTuple):
    """All comparisons that both sweeps have, and what of those decided was found again."""

    pairs: list[Confirmed]
    lacking: list[str]  # arms of the first sweep whose cells did not finish on new seeds
    at_first: Interval  # mean size of the differences decided at first: over these, then over seeds
    again: Interval  # the same on new seeds, in the direction of the first; below 0 is the other direction
    selection: Interval  # at_first − again, Welch's interval


def confirmation(sweep: Sweep) -> Confirmation | None:
    """The first sweep's comparisons on the new seeds; None where the sweep confirms none, or that one is gone."""
    if sweep.first is None:
        return None
    comparison = compare(sweep.first)
    at_first = {row.arm: row.cell for row in comparison.rows}
    now = cells_now(sweep, sweep.first, at_first)
    there = [pair for pair in comparison.pairs if pair.difference.n > 1 and {pair.arm, pair.other} <= now.keys()]
    arms = [(pair.arm, pair.other) for pair in there]
    by_seed = [
        differences_by_seed(which, [(cells[one], cells[other]) for one, other in arms]).to_numpy()
        for which, cells in zip(map(of_independent_seeds, (sweep.first, sweep)), (at_first, now), strict=True)
    ]
    row_of = {row.arm: row for row in comparison.rows}
    pairs = [
        Confirmed(row_of[old.arm].chosen, row_of[old.arm].baseline == old.other, old, new, welch(first, second))
        for old, new, first, second in zip(there, paired(of_independent_seeds(sweep), arms, now), *by_seed, strict=True)
    ]
    then, after = (towards(pairs, differences) for differences in by_seed)
    lacking = [arm for arm in at_first if arm not in now]
    return Confirmation(pairs, lacking, mean_interval(then), mean_interval(after), welch(then, after))


def cells_now(sweep: Sweep, first: Sweep, at_first: Mapping[str, str]) -> dict[str, str]:
    """The arms of the first sweep, with the cells that have the same settings on new seeds."""
    name_of = {cell["run_id"]: cell["name"] for cell in first.cells}
    now = {name_of[cell[CONFIRMS]]: cell["name"] for cell in sweep.cells if cell.get(CONFIRMS) in name_of}
    return {arm: now[cell] for arm, cell in at_first.items() if cell in now}


def is_told(pair: Pair) -> bool:
    return pair.together.p < 0.05


def towards(pairs: Sequence[Confirmed], differences: Float[Array, "pairs seeds"]) -> Array:
    """By seed, the mean over the decided pairs of the difference in the direction of the first sweep's; empty where none was decided."""
    told = [n for n, pair in enumerate(pairs) if is_told(pair.first)]
    if not told:
        return np.empty(0)
    directions = np.sign([pairs[n].first.difference.mean for n in told])
    return (directions[:, None] * differences[told]).mean(axis=0)


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
