"""How sharply the training objective bends around a network: its largest curvature, and the sum of all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, integer, one_of
from backprop.curvature import Surface, largest_eigenvalue, of, probed
from backprop.layout import Parameters
from backprop.losses import balanced
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.stacking import one_of_stack
from backprop.training import Recipe


@choice
class Sharpness:
    """sharpness/hessian, sharpness/gauss_newton: λ₁ of the objective's Hessian and of JᵀHJ; sharpness/stability: η λ₁ / 2 of the Hessian.

    Both are of what training descends: its loss (smoothing and class weights included) and a penalty whose method is gradient,
    on the first `examples` training examples (null: all) at once, without noise; J are the outputs' derivatives, H the loss's second
    ones, and a penalty's are added. Plain full-batch descent is stable up to η λ₁ / 2 = 1, where it comes to hover (Cohen et al.,
    ICLR 2021); with heavy-ball momentum μ up to 1 + μ. By Lanczos, some 20 products each; NaN where it does not converge.
    """

    examples: int | None = 2000
    when: str = one_of(default="end", options=WHEN)

    def __post_init__(self) -> None:
        check_examples(self)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ("sharpness/hessian", "sharpness/gauss_newton", "sharpness/stability")

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = np.full((3, len(seen.of)), np.nan)
        for r, surface, W in surfaces(seen, self.examples):
            hessian = largest_eigenvalue(surface.gradient_at, W)
            stability = seen.learning_rate[r].item() * hessian / 2
            found[:, r] = hessian, largest_eigenvalue(surface.tangent_gradient(W), W), stability
        return dict(zip(self.names(seen.subject), found, strict=True))


@choice
class HessianTrace:
    """hessian/trace: Σ λᵢ, by the mean of vᵀHv over `probes` vectors v of random signs; hessian/trace_error: its standard error.

    Of the same objective and rows as Sharpness. All networks have the same probes. Hutchinson, Commun. Stat. Simul. 18:1059, 1989.
    """

    probes: int = integer(default=100, within="[2, inf)")
    examples: int | None = 2000
    when: str = one_of(default="end", options=WHEN)

    def __post_init__(self) -> None:
        check_examples(self)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return ("hessian/trace", "hessian/trace_error")

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = np.full((2, len(seen.of)), np.nan)
        for r, surface, W in surfaces(seen, self.examples):
            values = probed(surface.gradient_at, W, self.probes)
            found[:, r] = values.mean(), values.std(ddof=1) / np.sqrt(self.probes)
        return dict(zip(self.names(seen.subject), found, strict=True))


def check_examples(measure: Sharpness | HessianTrace) -> None:
    """Raises ValueError."""
    n = measure.examples
    if n is not None and (type(n) is not int or n < 1):
        raise ValueError(
            f"{type(measure).__name__}.examples is {n!r}; it must be a whole number of at least 1, or null for all examples."
        )


class Alone(NamedTuple):
    """The number of a network that has not diverged, its objective, and its parameters (1, 1, P), in float64."""

    replica: int
    surface: Surface
    parameters: Parameters


def surfaces(seen: Observation, examples: int | None) -> Iterator[Alone]:
    """The objective of each network on the first of its training examples."""
    recipe = descended(seen)
    n = seen.examples.x.shape[-2]
    rows = np.arange(min(examples or n, n))[None]
    for r, s in enumerate(seen.examples.dataset_of):
        W = seen.parameters[r : r + 1].astype(float)
        if np.isfinite(W).all():
            x, y = seen.examples._replace(dataset_of=np.array([s])).rows(rows)
            with np.errstate(all="ignore"):
                yield Alone(r, of(one_of_stack(recipe, r), x.astype(float), y.astype(float)), W)


def descended(seen: Observation) -> Recipe:
    """The recipe as `train` completes it: with class weights that balance the training examples, where it asks for these."""
    return replace(seen.recipe, loss=balanced(seen.recipe.loss, seen.examples.y, seen.examples.dataset_of))
