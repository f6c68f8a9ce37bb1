"""A loss's pullback is the gradient of its J, and J is the mean of the reported cost but for what is for training only.

What is for training only changes J and not what is reported: with every setting that may be 0 at 0, J is what is reported.
"""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from backprop.arrays import Array
from backprop.classroom.gradcheck import gradient_error
from backprop.losses import Loss, SoftmaxCrossEntropy, SquaredError

R, B, COLUMNS = 2, 5, (7, 2)  # as many classes as the loss takes


def promise(loss: Loss) -> None:
    z, y = example(loss)

    def J(z: Array):
        value, pullback = loss(z, y)
        return value, [pullback()]

    error = gradient_error(J, z)
    assert error < 1e-6, f"the pullback of {loss} is not the gradient of its J: {error:.1e} off"
    the_reported_cost_is_J_without_what_is_for_training_only(loss, z, y)
    what_is_reported_of_an_example_is_its_own(loss, z, y)
    value, pullback = loss(z.astype("float32"), y.astype("float32"))
    assert (value.dtype, pullback().dtype) == ("float32", "float32"), f"{loss} has changed the type of the numbers"


def example(loss: Loss) -> tuple[Array, Array]:
    draw = np.random.default_rng(0)
    y = targets(loss, draw)
    return draw.standard_normal((R, B, y.shape[-1])), np.stack([y, y[::-1]])


def targets(loss: Loss, draw: np.random.Generator) -> Array:
    """Of B examples, in the form that the loss compares."""
    if loss.task == "regression":
        return loss.targets(draw.standard_normal((B, COLUMNS[0])))
    for K in COLUMNS:
        try:
            return loss.targets(np.eye(K)[np.arange(B) % K])
        except ValueError:  # so many classes it does not take
            continue
    raise AssertionError(f"{loss} takes neither of {COLUMNS} classes")


def the_reported_cost_is_J_without_what_is_for_training_only(loss: Loss, z: Array, y: Array) -> None:
    plain = without_what_may_be_zero(loss)
    for one in (loss, plain):
        reported, (J, _) = one.cost(z, y).mean(axis=-2, keepdims=True), one(z, y)
        if np.allclose(J, reported, rtol=1e-12):
            continue
        assert one is loss, f"J of {one} is {J.ravel()}, and {reported.ravel()} is reported"
        same = np.array_equal(one.cost(z, y), plain.cost(z, y))
        assert same, f"{one} reports a cost that is neither its J nor that without what is for training only"


def without_what_may_be_zero(loss: Loss) -> Loss:
    own = [f.name for f in fields(loss) if f.metadata.get("within", "").startswith("[0,")]  # type: ignore[arg-type]
    return replace(loss, **dict.fromkeys(own, 0.0))  # type: ignore[type-var]


def what_is_reported_of_an_example_is_its_own(loss: Loss, z: Array, y: Array) -> None:
    for name, whole, part in reports(loss, z, y):
        assert whole.shape == (R, B, 1), f"{loss}.{name} has shape {whole.shape}, not one number an example"
        assert (np.isfinite(whole) & (whole >= 0)).all(), f"{loss}.{name} is negative, or not finite"
        np.testing.assert_allclose(whole[:, :2], part, rtol=1e-12, err_msg=f"{loss}.{name} depends on other examples")


def reports(loss: Loss, z: Array, y: Array) -> Iterator[tuple[str, Array, Array]]:
    for name in ("cost", "error"):
        measure = getattr(loss, name)
        yield name, measure(z, y), measure(z[:, :2], y[:, :2])


class SquaredErrorWithHalfAGradient(SquaredError):
    """The 2 of the square forgotten."""

    def __call__(self, z, y):
        J, pullback = SquaredError.__call__(self, z, y)
        return J, lambda: pullback() / 2


class CrossEntropyThatSums(SoftmaxCrossEntropy):
    """J is a sum over examples, its gradient with it, what is reported a mean."""

    def __call__(self, z, y):
        J, pullback = SoftmaxCrossEntropy.__call__(self, z, y)
        return z.shape[-2] * J, lambda: z.shape[-2] * pullback()


class CrossEntropyThatReportsSmoothedTwice(SoftmaxCrossEntropy):
    """Reports what smoothing does, and not that of J."""

    def cost(self, z, y):
        return SoftmaxCrossEntropy.cost(self, z, self.smoothed(self.smoothed(y)))


class ErrorOfTheBatch(SquaredError):
    """Each example is told the error of all."""

    def error(self, z, y):
        return 0 * z[..., :1] + SquaredError.error(self, z, y).mean(axis=-2, keepdims=True)


BROKEN = [
    SquaredErrorWithHalfAGradient(),
    CrossEntropyThatSums(),
    CrossEntropyThatReportsSmoothedTwice(smoothing=0.2),
    ErrorOfTheBatch(),
]
