"""Augmentations make another minibatch (x, y) of the one that a step would see, for that step alone: never in evaluation.

Each has one random stream a seed. `extra_passes` says how many times more a step goes forward and back because of it; where a
class of your own does not say it, the estimate of a sweep's cost takes 0. With `mixes_targets` true, a class is no longer one-hot.
"""

from collections.abc import Callable
from typing import ClassVar, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, number, one_of
from backprop.randomness import Streams

Rows: TypeAlias = Float[Array, "R B D"]
Targets: TypeAlias = Float[Array, "R B K"]


class Minibatch(NamedTuple):
    x: Rows
    y: Targets


SMALLEST = 1e-300  # u to the power 1 / it is 0
GradientOfInputs: TypeAlias = Callable[[Rows, Targets], Rows]


@runtime_checkable
class Augmentation(Protocol):
    """What the loop asks of an augmentation."""

    def __call__(self, x: Rows, y: Targets, streams: Streams, gradient_of_inputs: GradientOfInputs) -> Minibatch:
        """Another minibatch; x and y stay as they are. `gradient_of_inputs(x, y)` is ∂J/∂x of the loss, without noise."""


@choice
class Mixup:
    """x̃ᵢ = λ xᵢ + (1 − λ) xⱼ, ỹᵢ = λ yᵢ + (1 − λ) yⱼ, λ ~ Beta(α, α), j a random order of the minibatch; α is `concentration`.

    One λ a minibatch, as in the paper, or one an example: `shared_over` batch or nothing. Of λ and 1 − λ the larger is xᵢ's,
    which the symmetry of pairs allows; so α = 0 mixes nothing. λ is made of uniform draws, which replicas of one seed share,
    and the order of the minibatch with them, whatever their α: the larger it is, the nearer is λ to ½.
    Zhang et al., mixup: beyond empirical risk minimization, ICLR 2018.
    """

    concentration: PerReplica = number(default=0.2, within="[0, inf)")
    shared_over: str = one_of(default="batch", options=("batch", "nothing"))
    mixes_targets: ClassVar[bool] = True
    extra_passes: ClassVar[int] = 0

    def __call__(self, x: Rows, y: Targets, streams: Streams, gradient_of_inputs: GradientOfInputs) -> Minibatch:
        B = x.shape[-2]
        order = streams.permutation(B)
        u = streams.uniform(1 if self.shared_over == "batch" else B, 2, np.dtype(float))
        share = smaller_share(self.concentration, u[..., :1], u[..., 1:], x.dtype)
        return Minibatch(mixed(x, order, share), mixed(y, order, share))


def smaller_share(
    concentration: PerReplica, u: Float[Array, "R M 1"], v: Float[Array, "R M 1"], dtype: np.dtype
) -> Float[Array, "R M 1"]:
    """min(λ, 1 − λ) of λ ~ Beta(α, α): ½ (1 − r), r² = c² (1 − p)/(p + c² (1 − p)), p = u^(1/α), c = cos 2πv; 0 where α is 0.

    T with T²/2α = c² (1 − p)/p has Student's t distribution of 2α degrees of freedom (Bailey, Math. Comp. 62:779, 1994), and
    ½ (1 + T/√(2α + T²)) the distribution Beta(α, α).
    """
    alpha = np.asarray(concentration, dtype).astype(float)  # rounded alike alone and in a stack
    p = u ** (1 / np.maximum(alpha, SMALLEST))
    across = np.cos(2 * np.pi * v) ** 2 * (1 - p)
    rest = p / (p + across)  # 1 − r²
    return (0.5 * rest / (1 + np.sqrt(1 - rest))).astype(dtype)


def mixed(a: Float[Array, "R B C"], order: Int[Array, "R B"], share: Float[Array, "R M 1"]) -> Float[Array, "R B C"]:
    """(1 − s) aᵢ + s aⱼ."""
    return (1 - share) * a + share * a[np.arange(len(a))[:, None], order]


@choice
class FGSM:
    """x̃ = x + ε sign ∂J/∂x, the fast gradient sign method: training on the worst inputs to first order; ε is `radius`.

    ε is in the unit of x, as a network gets it: scaled. ∂J/∂x is that of the loss, without noise or penalty, at the weights before
    the step. `original` c: each example stays as it is with probability c, so that on average J is c J(x) + (1 − c) J(x̃);
    which ones stay is drawn by seed, and more stay where c is larger. Goodfellow, Shlens & Szegedy, ICLR 2015.
    """

    radius: PerReplica = number(default=0.1, within="[0, inf)")
    original: PerReplica = number(default=0.0, within="[0, 1]")
    extra_passes: ClassVar[int] = 1

    def __call__(self, x: Rows, y: Targets, streams: Streams, gradient_of_inputs: GradientOfInputs) -> Minibatch:
        u = streams.uniform(x.shape[-2], 1, x.dtype)
        step = self.radius * np.sign(gradient_of_inputs(x, y))
        return Minibatch(np.where(u < self.original, x, x + step), y)
