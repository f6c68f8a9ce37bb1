"""An average lies in the hull of what was averaged, start included, keeps types and shapes, and leaves the trained weights alone."""

import numpy as np

from backprop.averaging import SWA, SWAG, Averaging, Exponential, Polyak, Time

R, P, T, EPOCH = 2, 7, 23, 3


def promise(averaging: Averaging) -> None:
    it_lies_in_the_hull(averaging)
    it_keeps_types_and_shapes(averaging)


def it_lies_in_the_hull(averaging: Averaging) -> None:
    """A point lies in a hull where along every direction it lies between the least and the greatest."""
    draw = np.random.default_rng(0)
    path = 3 + np.cumsum(draw.standard_normal((T + 1, R, 1, P)), axis=0)  # far from 0, which is no point of it
    directions = np.concatenate([np.eye(P), draw.standard_normal((50, P))]).T
    state = averaging.init(path[0].copy())
    assert (state[0] == path[0]).all(), f"{averaging} does not start at the weights"
    for t in range(1, T + 1):
        W = path[t].copy()
        averaging.update(state, W, Time(t, T, EPOCH))
        assert (path[t] == W).all(), f"{averaging} changes the weights that are trained"
        along, of_mean = path[: t + 1] @ directions, state[0] @ directions
        outside = np.maximum(along.min(axis=0) - of_mean, of_mean - along.max(axis=0))
        assert (outside < 1e-9).all(), f"{averaging} is {outside.max():.2g} outside the hull after step {t}"


def it_keeps_types_and_shapes(averaging: Averaging) -> None:
    W = np.ones((R, 1, P), "float32")
    state = averaging.init(W)
    kinds = [(array.dtype, array.shape) for array in state]
    assert kinds[0] == (W.dtype, W.shape), f"{averaging} starts with a mean of {kinds[0]}"
    assert not any(np.shares_memory(array, W) for array in state), f"{averaging} holds the trained weights themselves"
    for t in range(1, T + 1):
        averaging.update(state, t * W, Time(t, T, EPOCH))
    assert [(array.dtype, array.shape) for array in state] == kinds, f"{averaging} has changed a type or a shape"


class SumOfAll(Polyak):
    """Forgets to divide."""

    def update(self, state, W, time):
        state[0][...] += W


class ExponentialThatFades(Exponential):
    """W̄ ← ρ W̄, without the new weights' share."""

    def update(self, state, W, time):
        state[0][...] *= self.decay


class PolyakThatOvershoots(Polyak):
    """Steps past the newest weights."""

    def update(self, state, W, time):
        state[0][...] += 1.5 * (W - state[0])


class ExponentialThatPullsTheWeights(Exponential):
    """Trains on the mean, too."""

    def update(self, state, W, time):
        Exponential.update(self, state, W, time)
        W[...] = state[0]


class SwaThatHoldsTheWeights(SWA):
    """Averages into the weights that are trained."""

    def init(self, W):
        return (W,)


class SwagInDoublePrecision(SWAG):
    """Starts with a mean of another type than W's."""

    def init(self, W):
        return SWAG.init(self, W.astype(float))


BROKEN = [
    *(SumOfAll(), ExponentialThatFades(), PolyakThatOvershoots(), ExponentialThatPullsTheWeights()),
    *(SwaThatHoldsTheWeights(), SwagInDoublePrecision()),
]
