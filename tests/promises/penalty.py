"""A penalty's gradient is its value's, on the weights alone; a proximal point costs no more than its neighbours."""

from dataclasses import replace

import numpy as np

from backprop.arrays import Array, per_replica
from backprop.choices import choice, number
from backprop.classroom.gradcheck import gradient_error
from backprop.curvature import hessian_vector
from backprop.layout import Weights
from backprop.network import MLP, lay_out
from backprop.penalties import L1, L2, DistanceToStart, GroupLasso, Penalty, SpectralNorm, from_start
from backprop.schedules import Linear, Schedule
from backprop.strengths import at_step

R = 2
LAYOUT = lay_out(MLP((3,)), 2, 1)
P, WEIGHTS = LAYOUT.count(), LAYOUT.count("weight")


def promise(penalty: Penalty) -> None:
    draw = np.random.default_rng(0)
    v, start = draw.standard_normal((R, 1, P)), draw.standard_normal((R, 1, P))
    v += 0.05 * np.sign(v)  # |w| has a corner at 0
    penalty = started(penalty, start)
    the_gradient_is_the_values(penalty, v)
    a_multiple_is_added(penalty, v)
    its_schedule_multiplies_its_value(penalty, on(penalty, v))
    a_complex_step_is_a_difference_of_gradients(penalty, v)
    without_strength_nothing_changes(penalty, v)
    a_diverged_replica_stays_alone(penalty, v)
    single_precision_stays(penalty, v, start)
    for step in (0.01, 1.0):
        the_proximal_point_is_the_cheapest_around(penalty, v, step)


def started(penalty: Penalty, start: Array) -> Penalty:
    ours = from_start(penalty, on(penalty, start.copy()))
    assert isinstance(ours, Penalty), f"{penalty} becomes {ours}, which is no penalty"
    return ours


def on(penalty: Penalty, parameters: Array) -> Weights:
    return LAYOUT.weights(parameters, getattr(penalty, "biases", False))


def gradient_at(penalty: Penalty, v: Array) -> Array:
    g = np.zeros_like(v)
    penalty.add_gradient(on(penalty, g), on(penalty, v))
    return g


def after_proximal_step(penalty: Penalty, v: Array, step: float) -> Array:
    point = v.copy()
    penalty.proximal(on(penalty, point), step)
    return point


def the_gradient_is_the_values(penalty: Penalty, v: Array) -> None:
    def value(W: Array):
        return penalty.value(on(penalty, W)), [gradient_at(penalty, W)]

    assert penalty.value(on(penalty, v)).shape == (R, 1, 1), f"the value of {penalty} is not one number a replica"
    error = gradient_error(value, v)
    assert error < 1e-6, f"the gradient of {penalty} is not its value's, which is on weights alone: {error:.1e} off"


def a_multiple_is_added(penalty: Penalty, v: Array) -> None:
    once, added = gradient_at(penalty, v), np.ones_like(v)
    penalty.add_gradient(on(penalty, added), on(penalty, v), -0.5)
    np.testing.assert_allclose(
        added, 1 - 0.5 * once, rtol=1e-12, atol=1e-12, err_msg=f"{penalty} adds another multiple"
    )


def its_schedule_multiplies_its_value(penalty: Penalty, W: Weights) -> None:
    if hasattr(penalty, "schedule"):
        half = at_step(replace(penalty, schedule=Linear(0.5, 0.5)), 1, 1)  # type: ignore[type-var]
        np.testing.assert_allclose(half.value(W), 0.5 * penalty.value(W), err_msg=f"{penalty} is deaf to its schedule")


def a_complex_step_is_a_difference_of_gradients(penalty: Penalty, v: Array) -> None:
    """Newton's method and curvature take second derivatives by complex steps."""
    d = np.random.default_rng(2).standard_normal(v.shape)
    exact = hessian_vector(lambda W: gradient_at(penalty, W), v, d)
    difference = (gradient_at(penalty, v + 1e-6 * d) - gradient_at(penalty, v - 1e-6 * d)) / 2e-6
    np.testing.assert_allclose(exact, difference, atol=1e-7, err_msg=f"{penalty} loses a complex step in its gradient")


def without_strength_nothing_changes(penalty: Penalty, v: Array) -> None:
    off = replace(penalty, strength=0.0)  # type: ignore[type-var]
    for name, left in (("gradient", v + gradient_at(off, v)), ("proximal step", after_proximal_step(off, v, 1.0))):
        assert (left == v).all(), f"the {name} of {off} changes bits"


def a_diverged_replica_stays_alone(penalty: Penalty, v: Array) -> None:
    diverged = v.copy()
    diverged[0] = np.nan
    with np.errstate(all="ignore"):
        for ours, alone in (
            (gradient_at(penalty, diverged), gradient_at(penalty, v)),
            (after_proximal_step(penalty, diverged, 0.1), after_proximal_step(penalty, v, 0.1)),
        ):
            assert (ours[1] == alone[1]).all(), f"{penalty}: a replica that has diverged changes another"


def single_precision_stays(penalty: Penalty, v: Array, start: Array) -> None:
    single = replace(penalty, strength=per_replica([0.1, 0.2], "float32"))  # type: ignore[type-var]
    single, W = started(single, start.astype("float32")), v.astype("float32")
    assert single.value(on(single, W)).dtype == "float32", f"the value of {penalty} is not in the run's own precision"


def the_proximal_point_is_the_cheapest_around(penalty: Penalty, v: Array, step: float) -> None:
    """W costs ½ ‖W − v‖² / step + value(W); neighbours lie around the point, and on the ways to v and to 0."""

    def cost(W: Array) -> Array:
        apart = (on(penalty, W - v).flat ** 2).sum(axis=-1, keepdims=True)
        return apart / (2 * step) + penalty.value(on(penalty, W))

    draw = np.random.default_rng(1)
    point = after_proximal_step(penalty, v, step)
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


class L2ThatForgetsImaginaryParts(L2):
    """Has no second derivative."""

    def add_gradient(self, g, W, scale=1.0):
        g.flat[...] += scale * self.strength * W.flat.real


class L2ThatIsNeverOff(L2):
    """Shrinks by a rounding error more."""

    def proximal(self, W, c):
        W.flat[...] /= 1 + c * self.strength + 1e-15


class GroupLassoWithoutRoot(GroupLasso):
    """Every group counts alike in the value, whatever its size."""

    def value(self, W):
        norms = [np.sqrt((w**2).sum(axis=-1, keepdims=True)) for w in self.rows(W)]
        return self.strength * sum(n.sum(axis=-2, keepdims=True) for n in norms)


class GroupLassoOfTheOtherGroups(GroupLasso):
    """Its proximal step drops units where groups are inputs."""

    def proximal(self, W, c):
        GroupLasso.proximal(GroupLasso(self.strength, "units" if self.groups == "inputs" else "inputs"), W, c)


class SpectralNormInOneHeap(SpectralNorm):
    """Looks at the largest weight of all replicas."""

    def proximal(self, W, c):
        SpectralNorm.proximal(self, W, c * (1 + 0 * np.abs(W.flat).max()))


class SpectralNormThatShrinksAll(SpectralNorm):
    """Shrinks every singular value like the first."""

    def proximal(self, W, c):
        W.flat[...] /= 1 + c * self.strength


class DistanceToNothing(DistanceToStart):
    """Steps back to 0, not to the start."""

    def proximal(self, W, c):
        W.flat[...] /= 1 + c * self.strength


class DistanceInDouble(DistanceToStart):
    """Keeps the start in double precision."""

    def from_start(self, W):
        return replace(self, start=W.flat.astype(float))


BROKEN = [
    FlippedL2(0.3),
    L2WithoutHalf(0.3),
    L2OnBiases(0.3),
    L1ThatOvershoots(0.3),
    L2WhoseProximalStepMovesBiases(0.3),
    L2WithoutTheMark(),
]
