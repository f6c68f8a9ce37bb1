"""A loss's pullback is the gradient of its J, and J is the mean of the reported cost but for what is for training only.

What is for training only changes J and not what is reported: with every setting that may be 0 at 0, J is what is reported, and so
is J of `reported`. Class weights multiply each example's own J. Outputs of ten thousand give numbers, and it is known
what outputs say of classes.
"""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from backprop.arrays import Array
from backprop.classroom.gradcheck import gradient_error
from backprop.losses import LINKS, Focal, Hinge, Loss, SoftmaxCrossEntropy, SquaredError, balanced

R, B, COLUMNS = 2, 5, (7, 2)  # as many classes as the loss takes


def promise(loss: Loss) -> None:
    z, y = example(loss)
    for one in (loss, *with_class_weights(loss, y)):
        the_pullback_is_the_gradient(one, z, y)
        the_reported_cost_is_J_without_what_is_for_training_only(one, z, y)
        what_is_reported_of_an_example_is_its_own(one, z, y)
        outputs_far_from_zero_give_numbers_of_the_same_type(one, z, y)
    assert loss.link in LINKS, f"{loss} has outputs of the unknown kind {loss.link!r}"
    for one in with_class_weights(loss, y):
        weights_multiply_the_J_of_an_example(one, z, y)


def the_pullback_is_the_gradient(loss: Loss, z: Array, y: Array) -> None:
    def J(z: Array):
        value, pullback = loss(z, y)
        return value, [pullback()]

    error = gradient_error(J, z)
    assert error < 1e-6, f"the pullback of {loss} is not the gradient of its J: {error:.1e} off"


def outputs_far_from_zero_give_numbers_of_the_same_type(loss: Loss, z: Array, y: Array) -> None:
    """Signs, ten thousand times as large, so that no output is near another but by being the same."""
    value, pullback = loss((1e4 * np.sign(z)).astype("float32"), y.astype("float32"))
    for found in (value, pullback()):
        assert np.isfinite(found).all(), f"{loss} overflows where outputs are ±10⁴"
        assert found.dtype == "float32", f"{loss} has changed the type of the numbers"


def with_class_weights(loss: Loss, y: Array) -> list[Loss]:
    """The loss with a number a class, and with balanced weights, if it takes weights; the targets are those of its examples."""
    if not hasattr(loss, "class_weights"):
        return []
    classes = max(y.shape[-1], 2)
    listed = replace(loss, class_weights=[0.5 + k for k in range(classes)])  # type: ignore[type-var]
    return [listed, balanced(replace(loss, class_weights="balanced"), y, np.arange(R))]  # type: ignore[type-var]


def weights_multiply_the_J_of_an_example(loss: Loss, z: Array, y: Array) -> None:
    """Whatever other examples are in the batch: an example of weight 2 counts as two."""
    J, unweighted = loss(z, y)[0], replace(loss, class_weights="none")  # type: ignore[type-var]
    columns = y if y.shape[-1] > 1 else np.concatenate([1 - y, y], axis=-1)
    weights = np.asarray(loss.class_weights) * np.ones_like(columns)  # type: ignore[attr-defined]
    own = [unweighted(z[:, n : n + 1], y[:, n : n + 1])[0] for n in range(B)]
    expected = np.mean([weights[:, n][columns[:, n] > 0.5] * own[n].ravel() for n in range(B)], axis=0)
    assert np.allclose(J.ravel(), expected, rtol=1e-12), f"J of {loss} is {J.ravel()}, of its examples {expected}"


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
            return loss.targets(np.eye(K)[np.arange(B) ** 2 % K])  # some classes more often than others
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
    (J, _), reported = loss.reported(z, y), loss.cost(z, y).mean(axis=-2, keepdims=True)
    assert np.allclose(J, reported, rtol=1e-12), (
        f"J of what {loss} calls reported is {J.ravel()}, not {reported.ravel()}"
    )


def without_what_may_be_zero(loss: Loss) -> Loss:
    own = [f.name for f in fields(loss) if f.metadata.get("within", "").startswith("[0,")]  # type: ignore[arg-type]
    weights = {"class_weights": "none"} if hasattr(loss, "class_weights") else {}
    return replace(loss, **dict.fromkeys(own, 0.0), **weights)  # type: ignore[type-var]


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


class CrossEntropyThatCallsSmoothedReported(SoftmaxCrossEntropy):
    """Gradients that are said to be those of the reported loss are those of the smoothed one."""

    reported = property(lambda self: self)


class FocalWhoseFactorIsHeldStill(Focal):
    """(1 − p)^γ taken for a number: its own slope is forgotten."""

    def __call__(self, z, y):
        p = np.exp(-SoftmaxCrossEntropy().cost(z, y))
        J, _ = Focal.__call__(self, z, y)
        _, pullback = SoftmaxCrossEntropy()(z, y)
        return J, lambda: (1 - p) ** self.focusing * pullback()


class CrossEntropyThatOverflows(SoftmaxCrossEntropy):
    """exp before the largest output is taken off."""

    def __call__(self, z, y):
        with np.errstate(all="ignore"):
            J = np.log(np.exp(z).sum(axis=-1, keepdims=True)) - (y * z).sum(axis=-1, keepdims=True)
        return J.mean(axis=-2, keepdims=True), SoftmaxCrossEntropy.__call__(self, z, y)[1]


class HingeWeightedByTheBatch(Hinge):
    """A weighted mean over the batch: what an example counts depends on the others."""

    def __call__(self, z, y):
        J, pullback = Hinge.__call__(self, z, y)
        if isinstance(self.class_weights, str):
            return J, pullback
        share = (y * np.asarray(self.class_weights)).sum(axis=-1, keepdims=True).mean(axis=-2, keepdims=True)
        return J / share, lambda: pullback() / share


class HingeThatReportsItsWeights(Hinge):
    """What is for training only is reported."""

    def cost(self, z, y):
        weights = 1.0 if isinstance(self.class_weights, str) else np.asarray(self.class_weights)
        return Hinge.cost(self, z, y) * (y * weights).sum(axis=-1, keepdims=True)


class HingeOfAKindOfItsOwn(Hinge):
    """Says of its outputs what nobody knows how to make probabilities of."""

    link = "margin"


BROKEN = [
    HingeOfAKindOfItsOwn(),
    SquaredErrorWithHalfAGradient(),
    CrossEntropyThatCallsSmoothedReported(smoothing=0.2),
    FocalWhoseFactorIsHeldStill(),
    CrossEntropyThatOverflows(),
    HingeWeightedByTheBatch(),
    HingeThatReportsItsWeights(),
    CrossEntropyThatSums(),
    CrossEntropyThatReportsSmoothedTwice(smoothing=0.2),
    ErrorOfTheBatch(),
]
