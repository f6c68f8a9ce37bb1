"""An optimiser descends a parabola, and neither the parameters nor its state change their type or shape on the way."""

from functools import partial

import numpy as np

from backprop.arrays import Array, per_replica
from backprop.optimizers import SGD, Adam, Momentum, Newton, Optimizer, Step

R, P, STEPS = 2, 7, 200
VARIED = False  # at some rate any of them climbs: with the numbers of its own file it is to descend


def promise(optimizer: Optimizer) -> None:
    for dtype in ("float32", "float64"):
        it_descends_and_keeps_types_and_shapes(optimizer, dtype)


def it_descends_and_keeps_types_and_shapes(optimizer: Optimizer, dtype: str) -> None:
    """J = ½ h ‖W − W*‖² with h = 0.1 / η and W* some η away: whatever η is, so far it comes in some steps."""
    draw = np.random.default_rng(0)
    eta = per_replica([optimizer.learning_rate] * R, dtype)
    best = 10 * eta * draw.standard_normal((R, 1, P)).astype(dtype)
    slope, cost = partial(gradient, best, 0.1 / eta), partial(value, best, 0.1 / eta)
    W = best + 10 * eta * draw.standard_normal((R, 1, P)).astype(dtype)
    start, state = W.copy(), optimizer.init(W)
    kinds = [(a.dtype, a.shape) for a in (W, *state)]
    assert all(kind == (W.dtype, W.shape) for kind in kinds), f"{optimizer} starts with state of {kinds} for W"
    for t in range(1, STEPS + 1):
        optimizer.update(W, slope(W), state, Step(t, eta, P - 2, slope, cost))
    assert [(a.dtype, a.shape) for a in (W, *state)] == kinds, f"{optimizer} has changed a type or a shape"
    left = np.linalg.norm(W - best, axis=-1) / np.linalg.norm(start - best, axis=-1)
    assert (left < 0.8).all(), f"{optimizer} is {left.max():.2g} times as far from the minimum as at its start"


def gradient(best: Array, h: Array, W: Array) -> Array:
    return h * (W - best)


def value(best: Array, h: Array, W: Array) -> Array:
    return 0.5 * (h * (W - best) ** 2).sum(axis=-1, keepdims=True)


class ClimbingSGD(SGD):
    """W ← W + η g."""

    def update(self, W, g, state, step):
        W += step.eta * g


class MomentumThatOnlyRemembers(Momentum):
    """v ← v + g: without friction the ball goes on oscillating, further each time."""

    def update(self, W, g, state, step):
        (v,) = state
        v += g
        W -= step.eta * v * (1 + 0.1 * step.t)


class AdamInDoublePrecision(Adam):
    """Starts with state of another type than W's."""

    def init(self, W):
        return np.zeros(W.shape), np.zeros(W.shape)


class LazySGD(SGD):
    """Steps on a copy."""

    def update(self, W, g, state, step):
        W = W - step.eta * g


class NewtonUphill(Newton):
    """Searches on the wrong side, where nothing falls."""

    def update(self, W, g, state, step):
        Newton.update(self, W, -g, state, step)


BROKEN = [ClimbingSGD(), MomentumThatOnlyRemembers(), AdamInDoublePrecision(), LazySGD(), NewtonUphill()]
