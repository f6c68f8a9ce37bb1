"""A constraint is a projection: twice is once, and no allowed point is nearer to where the weights were."""

import numpy as np

from backprop.arrays import Array
from backprop.constraints import Constraint, MaxNorm
from backprop.network import MLP, lay_out

R = 2
LAYOUT = lay_out(MLP((7,)), 5, 3)


def promise(constraint: Constraint) -> None:
    draw = np.random.default_rng(0)
    for size in (0.1, 1.0, 10.0):
        v = size * draw.standard_normal((R, 1, LAYOUT.count()))
        point = projected(constraint, v)
        again = projected(constraint, point)
        np.testing.assert_allclose(again, point, rtol=1e-12, atol=1e-12, err_msg=f"{constraint}: twice is not once")
        for other in neighbours(v, point, draw):
            nearer = distance(v, point) - distance(v, projected(constraint, other))
            assert (nearer < 1e-9).all(), f"{constraint}: an allowed point is nearer by {nearer.max():.1e}"


def projected(constraint: Constraint, v: Array) -> Array:
    point = v.copy()
    constraint.project(LAYOUT.weights(point))
    return point


def distance(v: Array, point: Array) -> Array:
    return np.linalg.norm(v - point, axis=-1)


def neighbours(v: Array, point: Array, draw: np.random.Generator) -> list[Array]:
    """Points on the way to v, also along one coordinate, around, and anywhere: what they are projected to is allowed."""
    between = [point + share * (v - point) for share in (0.1, 0.5, 0.9)]
    around = [near + length * draw.standard_normal(v.shape) for near in (v, point) for length in (0.01, 0.3)]
    one_coordinate = [point + 0.1 * axis * (v - point) for axis in np.eye(v.shape[-1])]
    return [*between, *around, *one_coordinate, draw.standard_normal(v.shape), np.zeros_like(v)]


class MaxNormThatGoesTooFar(MaxNorm):
    """Allows the radius, and shrinks to half of it what exceeds it."""

    def project(self, weights):
        for W in weights.matrices:
            norm = np.linalg.norm(W, axis=-2, keepdims=True)
            W *= np.where(norm > self.radius, 0.5 * self.radius / np.maximum(norm, self.radius), 1)


class Shrinking(MaxNorm):
    """Takes a tenth off, each time."""

    def project(self, weights):
        for W in weights.matrices:
            W *= 0.9


class MaxNormOfAllWhereOneExceeds(MaxNorm):
    """Shrinks every unit of a layer for the longest one's sake."""

    def project(self, weights):
        for W in weights.matrices:
            longest = np.linalg.norm(W, axis=-2, keepdims=True).max(axis=-1, keepdims=True)
            W *= self.radius / np.maximum(longest, self.radius)


BROKEN = [MaxNormThatGoesTooFar(), Shrinking(), MaxNormOfAllWhereOneExceeds()]
