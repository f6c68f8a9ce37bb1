"""The validation loss that is left once one temperature has calibrated a classifier: how well it tells the classes apart."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.losses.classes import log_softmax
from backprop.measures.confidence import two_columns
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.measures.validation_halves import halves
from backprop.metrics import answers

WIDEST = 16.0  # log of the largest inverse temperature, for scores whose root mean square about their mean is 1


@choice
class ScaledLoss:
    """validation/scaled_loss: min over T of −(1/n) Σₙ log softmax(zₙ / T) at yₙ, in nats, and validation/temperature, the T that does it.

    Of networks that differ in nothing but how sure they are, this loss is the same; what is left is refinement: "refine, then
    calibrate" (Berta, Holzmüller, Jordan & Bach, arXiv 2501.19195). T is fitted on the rows that it is measured on, one number to all
    of them. With `halves`, also the scaled loss of each half of the validation rows, by a T of its own.
    """

    when: str = one_of(default="evaluations", options=WHEN)
    halves: bool = False

    def names(self, subject: Subject) -> tuple[str, ...]:
        loss = type(subject.loss).__name__
        way_out = "leave the measure out (selection.by=loss)"
        if subject.loss.task != "classification":
            raise ValueError(
                f"ScaledLoss is of classes, and loss is {loss}, which is for {subject.loss.task}; {way_out}."
            )
        if subject.loss.link != "softmax":
            raise ValueError(
                f"ScaledLoss divides the scores of a softmax, or of one sigmoid, by a temperature, and loss is {loss}, whose outputs "
                f"are others; take loss=softmax_cross_entropy, or {way_out}."
            )
        if "validation" not in subject.parts:
            raise ValueError(
                "ScaledLoss is of validation rows, and split.validation=0 leaves none; give split.validation rows, or "
                f"{way_out}."
            )
        parts = ("validation", *(halves(slice(0, 0)) if self.halves else ()))
        return (*(f"{part}/scaled_loss" for part in parts), "validation/temperature")

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = {name: np.full(len(seen.of), np.nan) for name in self.names(seen.subject)}
        for r, s, z in answers(seen.layout, seen.parameters, seen.data, seen.of):
            rows = seen.data[s].rows["validation"]
            scores, y = two_columns(z[0].astype(float), seen.data[s].y[0])
            temperature, found["validation/scaled_loss"][r] = calibrated(scores[rows], y[rows])
            found["validation/temperature"][r] = temperature
            for half, own in halves(rows).items() if self.halves else ():
                found[f"{half}/scaled_loss"][r] = calibrated(scores[own], y[own])[1]
        return found


def calibrated(z: Float[Array, "n K"], y: Float[Array, "n K"]) -> tuple[float, float]:
    """The temperature T that makes the mean of −log softmax(z / T) at the true classes least, and that least loss, in nats.

    With β = 1/T the loss is convex in β, and its slope is the mean of Σₖ pₖ zₖ − z_true, which is 0 at the minimum; it is looked for at
    β from e⁻¹⁶ to e¹⁶, for scores scaled to a root mean square of 1. Where every row is right the loss falls without end as
    β grows, where scores are worse than none it is least at β = 0: then the end of that range is taken. NaN where a score is not finite.

    >>> z, y = np.array([[1.0, 0.0]] * 4), np.array([[1, 0], [1, 0], [1, 0], [0, 1]])
    >>> temperature, loss = calibrated(z, y)  # three of four right: p = 3/4 where z / T = log 3
    >>> round(1 / temperature, 6), round(loss, 6)
    (1.098612, 0.562335)
    """
    if not len(z) or not np.isfinite(z).all():
        return np.nan, np.nan
    centred = z - z.mean(axis=-1, keepdims=True)
    size = float(np.sqrt((centred**2).mean()))
    if size == 0:  # all scores are equal, and no temperature changes that
        return 1.0, float(np.log(z.shape[-1]))
    unit = centred / size
    log_beta = where_zero(lambda at: slope(np.exp(at) * unit, unit, y))
    return float(size / np.exp(log_beta)), cost(np.exp(log_beta) * unit, y)


def cost(z: Float[Array, "n K"], y: Float[Array, "n K"]) -> float:
    return float(-np.where(y > 0.5, log_softmax(z), 0).sum(axis=-1).mean())


def slope(z: Float[Array, "n K"], unit: Float[Array, "n K"], y: Float[Array, "n K"]) -> float:
    """∂ cost / ∂β at z = β · unit: the mean of Σₖ pₖ unitₖ − unit of the true class."""
    p = np.exp(log_softmax(z))
    return float(((p - (y > 0.5)) * unit).sum(axis=-1).mean())


def where_zero(rising) -> float:
    """Where a rising function is 0 between −WIDEST and WIDEST; the end at which it is nearest to 0 if it is 0 nowhere."""
    low, high = -WIDEST, WIDEST
    if rising(low) >= 0:
        return low
    return high if rising(high) <= 0 else float(brentq(rising, low, high, xtol=1e-9))
