"""A penalty's gradient is its value's, on the weights alone; a proximal point costs no more than its neighbours."""

from dataclasses import replace

import numpy as np

from backprop.arrays import Array
from backprop.choices import choice, number
from backprop.classroom.gradcheck import gradient_error
from backprop.layout import Weights
from backprop.network import MLP, lay_out
from backprop.penalties import L1, L2, Penalty
from backprop.schedules import Linear, Schedule
from backprop.strengths import at_step

R = 2
LAYOUT = lay_out(MLP((3,)), 2, 1)
P, WEIGHTS = LAYOUT.count(), LAYOUT.count("weight")


def promise(penalty: Penalty) -> None:
    draw = np.random.default_rng(0)
    v = draw.standard_normal((R, 1, P))
    v += 0.05 * np.sign(v)  # |w| has a corner at 0
    the_gradient_is_the_values(penalty, v)
    a_multiple_is_added(penalty, v)
    its_schedule_multiplies_its_value(penalty, on(penalty, v))
    for step in (0.01, 1.0):
        the_proximal_point_is_the_cheapest_around(penalty, v, step)


def on(penalty: Penalty, parameters: Array) -> Weights:
    return LAYOUT.weights(parameters, getattr(penalty, "biases", False))


def the_gradient_is_the_values(penalty: Penalty, v: Array) -> None:
    def value(W: Array):
        g = np.zeros_like(W)
        penalty.add_gradient(on(penalty, g), on(penalty, W))
        return penalty.value(on(penalty, W)), [g]

    assert penalty.value(on(penalty, v)).shape == (R, 1, 1), f"the value of {penalty} is not one number a replica"
    error = gradient_error(value, v)
    assert error < 1e-6, f"the gradient of {penalty} is not its value's, which is on weights alone: {error:.1e} off"


def a_multiple_is_added(penalty: Penalty, v: Array) -> None:
    once, added = np.zeros_like(v), np.ones_like(v)
    penalty.add_gradient(on(penalty, once), on(penalty, v))
    penalty.add_gradient(on(penalty, added), on(penalty, v), -0.5)
    np.testing.assert_allclose(
        added, 1 - 0.5 * once, rtol=1e-12, atol=1e-12, err_msg=f"{penalty} adds another multiple"
    )


def its_schedule_multiplies_its_value(penalty: Penalty, W: Weights) -> None:
    if hasattr(penalty, "schedule"):
        half = at_step(replace(penalty, schedule=Linear(0.5, 0.5)), 1, 1)  # type: ignore[type-var]
        np.testing.assert_allclose(half.value(W), 0.5 * penalty.value(W), err_msg=f"{penalty} is deaf to its schedule")


def the_proximal_point_is_the_cheapest_around(penalty: Penalty, v: Array, step: float) -> None:
    """W costs ½ ‖W − v‖² / step + value(W); neighbours lie around the point, and on the ways to v and to 0."""

    def cost(W: Array) -> Array:
        apart = (on(penalty, W - v).flat ** 2).sum(axis=-1, keepdims=True)
        return apart / (2 * step) + penalty.value(on(penalty, W))

    draw = np.random.default_rng(1)
    point = v.copy()
    penalty.proximal(on(penalty, point), step)
    assert getattr(penalty, "biases", False) or (point[..., WEIGHTS:] == v[..., WEIGHTS:]).all(), (
        f"the proximal step of {penalty} moves biases"
    )
    directions = [*draw.standard_normal((20, *v.shape)), *np.eye(P), *-np.eye(P), v - point, -point]
    for length in (1e-3, 0.03, 1.0):
        for d in directions:
            dearer = cost(point + length * d) - cost(point)
            assert (dearer >= -1e-12).all(), (
                f"{penalty}: a neighbour of the proximal point costs {-dearer.min():.1e} less"
            )


class FlippedL2(L2):
    """Pushes weights away from 0."""

    def add_gradient(self, g, W, scale=1.0):
        L2.add_gradient(self, g, W, -scale)


class L2WithoutHalf(L2):
    """λ ‖W‖², with the gradient of half of it."""

    def value(self, W):
        return 2 * L2.value(self, W)


class L2OnBiases(L2):
    """Shrinks whatever is there."""

    def add_gradient(self, g, W, scale=1.0):
        g.parameters[...] += scale * self.strength * W.parameters


class L1ThatOvershoots(L1):
    """Takes its step past 0."""

    def proximal(self, W, c):
        W.flat[...] -= c * self.strength * np.sign(W.flat)


class L2WhoseProximalStepMovesBiases(L2):
    """Divides all parameters."""

    def proximal(self, W, c):
        W.parameters[...] /= 1 + c * self.strength


@choice
class L2WithoutTheMark:
    """Has a schedule, and no strength marked as what it is for."""

    strength: float = number(default=0.3, within="[0, inf)")
    method: str = "gradient"
    biases: bool = False
    schedule: Schedule | None = None
    value = L2.value
    add_gradient = L2.add_gradient
    proximal = L2.proximal


BROKEN = [
    FlippedL2(0.3),
    L2WithoutHalf(0.3),
    L2OnBiases(0.3),
    L1ThatOvershoots(0.3),
    L2WhoseProximalStepMovesBiases(0.3),
    L2WithoutTheMark(),
]
