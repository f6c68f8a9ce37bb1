"""Families of comparisons that share a baseline, drawn thousands of times: what is told of them, by max-T and by Holm.

Ours and theirs are drawn per seed, so that all differences have the baseline's noise in common; a difference has sd 1, and two of them
the correlation ½. An effect is a mean difference in such sds.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from reports.max_t import max_t
from reports.statistics import holm, paired_differences
from tests.reports.simulation.learners import Array

Differences: TypeAlias = Callable[[np.random.Generator], Float[Array, "comparisons seeds"]]
LEVEL = 0.05


class Told(NamedTuple):
    """Which comparisons are told from 0 in each trial, in the same draws by four rules; an interval tells where it excludes 0."""

    max_t: Bool[Array, "trials comparisons"]
    interval: Bool[Array, "trials comparisons"]
    step_down: Bool[Array, "trials comparisons"]
    holm: Bool[Array, "trials comparisons"]


def gaussian(effects: Sequence[float], seeds: int) -> Differences:
    """Ours and theirs are Gaussian: the differences are symmetric."""

    def draw(random: np.random.Generator) -> Array:
        theirs, ours = random.normal(size=seeds), random.normal(size=(len(effects), seeds))
        return (ours - theirs) / 2**0.5 + np.array(effects)[:, None]

    return draw


def skew(comparisons: int, seeds: int) -> Differences:
    """Differences of mean 0 that are lognormal, σ = 1, of correlated Gaussians: their skewness is 6.2, and flips are not exact."""

    def draw(random: np.random.Generator) -> Array:
        common, own = random.normal(size=seeds), random.normal(size=(comparisons, seeds))
        return np.exp((common + own) / 2**0.5) - np.exp(0.5)

    return draw


def without(draw_whole: Differences, missing: int) -> Differences:
    """The first comparison lacks its first seeds, as if they had diverged."""

    def draw(random: np.random.Generator) -> Array:
        x = draw_whole(random)
        x[0, :missing] = np.nan
        return x

    return draw


def told(differences: Differences, trials: int) -> Told:
    """All rules on the same draws."""
    return Told(*np.array([*judged(differences, trials)]).swapaxes(0, 1))


def judged(differences: Differences, trials: int) -> Iterator[Bool[Array, "rules comparisons"]]:
    random = np.random.default_rng(0)
    for _ in range(trials):
        x = differences(random)
        together = max_t(x)
        by_holm = holm([one.p for one in paired_differences(x)])
        yield np.array(
            [
                [one.p < LEVEL for one in together],
                [one.low > 0 or one.high < 0 for one in together],
                [one.step_down < LEVEL for one in together],
                [p < LEVEL for p in by_holm],
            ]
        )
