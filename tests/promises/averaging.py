"""An average lies in the hull of what was averaged, start included, and leaves the weights that are trained as they are."""

import numpy as np

from backprop.averaging import Averaging, Exponential, Polyak

R, P, T = 2, 7, 23


def promise(averaging: Averaging) -> None:
    """A point lies in a hull where along every direction it lies between the least and the greatest."""
    draw = np.random.default_rng(0)
    path = 3 + np.cumsum(draw.standard_normal((T + 1, R, 1, P)), axis=0)  # far from 0, which is no point of it
    directions = np.concatenate([np.eye(P), draw.standard_normal((50, P))]).T
    mean = path[0].copy()
    for t in range(1, T + 1):
        W = path[t].copy()
        averaging.update(mean, W, t, T)
        assert (path[t] == W).all(), f"{averaging} changes the weights that are trained"
        along, of_mean = path[: t + 1] @ directions, mean @ directions
        outside = np.maximum(along.min(axis=0) - of_mean, of_mean - along.max(axis=0))
        assert (outside < 1e-9).all(), f"{averaging} is {outside.max():.2g} outside the hull after step {t}"


class SumOfAll(Polyak):
    """Forgets to divide."""

    def update(self, mean, W, t, T):
        mean += W


class ExponentialThatFades(Exponential):
    """W̄ ← ρ W̄, without the new weights' share."""

    def update(self, mean, W, t, T):
        mean *= self.decay


class PolyakThatOvershoots(Polyak):
    """Steps past the newest weights."""

    def update(self, mean, W, t, T):
        mean += 1.5 * (W - mean)


class ExponentialThatPullsTheWeights(Exponential):
    """Trains on the mean, too."""

    def update(self, mean, W, t, T):
        Exponential.update(self, mean, W, t, T)
        W[...] = mean


BROKEN = [SumOfAll(), ExponentialThatFades(), PolyakThatOvershoots(), ExponentialThatPullsTheWeights()]
