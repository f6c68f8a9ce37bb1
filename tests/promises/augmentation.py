"""An augmentation keeps shapes, types and what it was given, and its targets lie between those of the minibatch.

A replica's rows do not depend on the stack, equal seeds draw alike, and infinities of one replica never reach another.
"""

import numpy as np

from backprop.arrays import Array
from backprop.augmentations import FGSM, Augmentation, Mixup
from backprop.randomness import Streams

R, B, D, K = 3, 7, 5, 2
SEEDS = [4, 0, 4]


def promise(augmentation: Augmentation) -> None:
    for dtype in ("float32", "float64"):
        x, y = minibatch(dtype)
        before = x.copy(), y.copy()
        together = rows_of(augmentation, x, y, SEEDS)
        assert all((a == b).all() for a, b in zip((x, y), before, strict=True)), (
            f"{augmentation} writes into what it gets"
        )
        for made, given in zip(together, (x, y), strict=True):
            assert (made.shape, made.dtype) == (given.shape, given.dtype), f"{augmentation} changes a shape or a type"
        targets_lie_between(augmentation, together[1], y)
        a_replica_is_what_it_is_alone(augmentation, together, x, y)
    equal_seeds_draw_alike(augmentation)
    infinities_stay_alone(augmentation)


def minibatch(dtype: str) -> tuple[Array, Array]:
    draw = np.random.default_rng(0)
    return tuple(draw.standard_normal((R, B, columns)).astype(dtype) for columns in (D, K))  # type: ignore[return-value]


def slope(x: Array, y: Array) -> Array:
    """∂J/∂x of J = (1/B) Σ (Σ xₙ − Σ yₙ)² / 2."""
    return (x.sum(axis=-1, keepdims=True) - y.sum(axis=-1, keepdims=True)) * np.ones_like(x) / x.shape[-2]


def rows_of(augmentation: Augmentation, x: Array, y: Array, seeds: list[int]) -> tuple[Array, Array]:
    """What is made of the second of two minibatches: the first takes draws, too."""
    streams = Streams(seeds, "augmentation")
    augmentation(x, y, streams, slope)
    made = augmentation(x, y, streams, slope)
    return made[0], made[1]


def targets_lie_between(augmentation: Augmentation, made: Array, y: Array) -> None:
    low, high = y.min(axis=-2, keepdims=True), y.max(axis=-2, keepdims=True)
    outside = np.maximum(low - made, made - high).max()
    assert outside < 1e-6, f"{augmentation} makes targets {outside:.2g} outside those of the minibatch"


def a_replica_is_what_it_is_alone(
    augmentation: Augmentation, together: tuple[Array, Array], x: Array, y: Array
) -> None:
    for r in range(R):
        alone = rows_of(augmentation, x[r : r + 1], y[r : r + 1], SEEDS[r : r + 1])
        same = all((one[0] == all_of[r]).all() for one, all_of in zip(alone, together, strict=True))
        assert same, f"{augmentation}: replica {r} has other rows in a stack than alone"


def equal_seeds_draw_alike(augmentation: Augmentation) -> None:
    x, y = (np.repeat(array[:1], R, axis=0) for array in minibatch("float64"))
    made = rows_of(augmentation, x, y, SEEDS)
    assert all((one[0] == one[2]).all() for one in made), f"{augmentation}: equal seeds and rows become different rows"


def infinities_stay_alone(augmentation: Augmentation) -> None:
    x, y = minibatch("float64")
    ill = x.copy()
    ill[1] = np.inf
    with np.errstate(all="ignore"):
        made, healthy = rows_of(augmentation, ill, y, SEEDS), rows_of(augmentation, x, y, SEEDS)
    assert all((one[[0, 2]] == other[[0, 2]]).all() for one, other in zip(made, healthy, strict=True)), (
        f"{augmentation}: a diverged replica reaches another"
    )


class MixupInPlace(Mixup):
    """Writes the mixture into the rows that it was given."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        made = Mixup.__call__(self, x, y, streams, gradient_of_inputs)
        x[...] = made.x
        return made


class MixupThatExtrapolates(Mixup):
    """ỹ = y + (1 − λ) (y − y′), beyond both."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        made = Mixup.__call__(self, x, y, streams, gradient_of_inputs)
        return made._replace(y=3 * y - 2 * made.y)


class MixupOverTheStack(Mixup):
    """The partner is a row of another network."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        return Mixup.__call__(self, 0.5 * (x + x[::-1]), y, streams, gradient_of_inputs)


class MixupOfNoSeed(Mixup):
    """An order for each replica from wherever."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        return Mixup.__call__(self, x, y, Streams(np.random.default_rng().integers(99999, size=len(x)), "batch"), slope)


class FGSMInDoublePrecision(FGSM):
    """Adds numbers of another type than x's."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        made = FGSM.__call__(self, x, y, streams, gradient_of_inputs)
        return made._replace(x=made.x.astype(float))


class FGSMByTheLargestGradient(FGSM):
    """ε ∂J/∂x over the largest of the whole stack."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        g = gradient_of_inputs(x, y)
        return FGSM.__call__(self, x, y, streams, gradient_of_inputs)._replace(x=x + self.radius * g / np.abs(g).max())


BROKEN = [
    MixupInPlace(1.0),
    MixupThatExtrapolates(1.0),
    MixupOverTheStack(1.0),
    MixupOfNoSeed(1.0),
    FGSMInDoublePrecision(),
    FGSMByTheLargestGradient(),
]
