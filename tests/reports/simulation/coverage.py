"""How often an interval holds what it is to hold, and how wide it is, over many datasets of one kind.

Two truths. Of *other seeds of this data*: the mean over all seeds of the one dataset; many seeds are trained on few datasets, and cut
into groups, each with its t interval. Of *new data of the kind*: the mean over datasets and seeds; few seeds are trained on each of
many datasets, each with its interval V. No dataset has a seed in common with another, since a seed is initial weights as well.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from experiments.data.splits import Split
from reports.new_data import NewData, interval
from reports.statistics import mean_interval, t_quantile
from tests.reports.simulation.learners import Array, Learner

LATER = 100_000  # the first dataset of the other question: each has datasets of its own


class Regime(NamedTuple):
    """What is drawn: a learner, how many rows, how each seed divides them, and how many seeds a dataset has."""

    learner: Learner
    rows: int
    split: Split
    own_test: int = 0  # so many of the rows are the data's own test rows


class Seeds(NamedTuple):
    """One dataset's seeds: the differences on test rows (NaN on others), their means, and which rows train."""

    d: Float[Array, "n rows"]
    means: Float[Array, " n"]
    trains: Bool[Array, "n rows"]

    def first(self, n: int) -> "Seeds":
        return Seeds(*(array[:n] for array in self))

    @property
    def shared(self) -> float:
        """f: the mean over pairs of seeds of the share of training rows that both have."""
        common, n = (self.trains.astype(float) @ self.trains.T), len(self.d)
        size = np.diag(common).mean()
        return float((common.sum() - np.trace(common)) / (n * (n - 1) * size))

    def new_data(self) -> NewData:
        return interval(self.d, self.shared, int(self.trains[0].sum()))


def drawn(regime: Regime, datasets: int, seeds: int, start: int = 0) -> Iterator[Seeds]:
    """Draw so many datasets of the kind, and train so many seeds on each."""
    for number in range(start, start + datasets):
        data = regime.learner.dataset(np.random.default_rng([17, number]), regime.rows, regime.own_test)
        own = range(number * 1000, number * 1000 + seeds)  # 1000: whole repetitions of 5 folds
        parts = [regime.split(data, seed) for seed in own]
        everywhere = regime.learner.differences(data, [part.train for part in parts], own)
        tests, trains = np.zeros((2, *everywhere.shape), bool)
        for seed, part in enumerate(parts):
            tests[seed, part.test] = trains[seed, part.train] = True
        d = np.where(tests, everywhere, np.nan)
        yield Seeds(d, np.nanmean(d, axis=1), trains)


class Share(NamedTuple):
    """A share of so many trials, with its Monte Carlo standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, hits: Array) -> "Share":
        value = float(np.mean(hits))
        return cls(value, (value * (1 - value) / len(hits)) ** 0.5)


class SameData(NamedTuple):
    """The t interval asked of other seeds of the same data."""

    covered: Share
    width: float


class OfNewData(NamedTuple):
    """The interval V asked of new data, and what other intervals would have done; widths are means, in the unit of the differences."""

    covered: Share
    width: float
    ideal: float  # 2 t sd of a dataset's mean over datasets: the width of an interval that knows the variance
    t_covered: Share  # the t interval over seeds, asked of new data
    without_rows: Share  # V − C
    without_training: Share  # V − U


def same_data(regime: Regime, counts: tuple[int, ...], datasets: int, seeds: int) -> dict[int, SameData]:
    """For each number of seeds n: cuts every dataset's seeds into groups of n.

    The truth is the mean of all seeds, from which a group's mean is √(1 − n/seeds) times as far as from that of endlessly many:
    exactly so where seeds are Gaussian, as then the group's mean less the whole's is independent of the group's sd.
    """
    means = np.stack([one.means for one in drawn(regime, datasets, seeds, start=LATER)])
    return {n: of_groups(means, n) for n in counts}


def of_groups(means: Float[Array, "datasets seeds"], n: int) -> SameData:
    truth, shrunk = means.mean(axis=1), (1 - n / means.shape[1]) ** 0.5
    hits, widths = [], []
    for own, true in zip(means, truth, strict=True):
        for found in map(mean_interval, own.reshape(-1, n)):
            hits.append(abs(found.mean - true) / shrunk <= (found.high - found.low) / 2)
            widths.append(found.high - found.low)
    return SameData(Share.of(np.array(hits)), float(np.mean(widths)))


def new_data(regime: Regime, counts: tuple[int, ...], datasets: int) -> dict[int, OfNewData]:
    """For each number of seeds; the fewer are the first of the many."""
    found: dict[int, list[tuple[float, ...]]] = {n: [] for n in counts}
    for seeds in drawn(regime, datasets, max(counts)):
        for n in counts:
            some = seeds.first(n)
            found[n].append((some.means.var(ddof=1) / n, *some.new_data()[:6]))
    return {n: judged(np.array(found[n]), n) for n in counts}


def judged(found: Float[Array, "datasets 7"], n: int) -> OfNewData:
    of_t, mean, low, high, of_seeds, of_rows, of_training = found.T
    t = t_quantile(0.975, n - 1)
    away = np.abs(mean - mean.mean())
    variance = ((high - low) / 2 / t) ** 2

    def covered(variance: Array) -> Share:
        return Share.of(away <= t * np.sqrt(variance))

    return OfNewData(
        covered(variance),
        float((high - low).mean()),
        float(2 * t * mean.std(ddof=1)),
        covered(of_t),
        covered(np.minimum(variance, of_seeds + of_training)),
        covered(np.minimum(variance, of_seeds + of_rows)),
    )
