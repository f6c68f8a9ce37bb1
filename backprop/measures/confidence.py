"""How sure classifiers are, and how rightly."""

from collections.abc import Collection

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.losses import LINKS, Loss
from backprop.measures.calibration import (
    BINS,
    Bins,
    calibration_error,
    calibration_floor,
    in_bins,
    overconfidence,
    squared_calibration_error,
)
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.metrics import answers

MARGINS = {"margin/10": 0.1, "margin/50": 0.5}
CALIBRATION = {
    "test/calibration_error": calibration_error,
    "test/calibration_floor": calibration_floor,
    "test/overconfidence": overconfidence,
    "test/squared_calibration_error": squared_calibration_error,
}
SUMS, LOWS = ("examples", "correct", "confidence"), [f"{b / BINS:.2f}" for b in range(BINS)]  # of bins


@choice
class Confidence:
    """margin/10, margin/50: quantiles of z of the true class − the largest other z on training examples; test/calibration_error.

    Of test examples, where the loss makes probabilities of its outputs: test/calibration_error, in 15 bins of the largest
    probability; test/calibration_floor, what it would be of calibrated networks; test/overconfidence, mean confidence − accuracy;
    test/squared_calibration_error, without bias (formulas: backprop/measures/calibration.py); and of each bin, by its lower end,
    reliability/examples/LOW, /correct/LOW and /confidence/LOW: its examples, those that are right, and the sum of their confidences.
    Of regression, nothing.
    """

    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return quantities(subject.loss, subject.parts)

    def __call__(self, seen: Observation) -> dict[str, Float[Array, " R"]]:
        loss, R = seen.recipe.loss, len(seen.of)
        named = quantities(loss, seen.parts)
        of_train, of_test = np.full((len(MARGINS), R), np.nan), Bins(*np.full((3, R, BINS), np.nan))
        with np.errstate(all="ignore"):
            for r, s, (z,) in answers(seen.layout, seen.parameters, seen.data, seen.of) if named else ():
                if np.isfinite(z).all():
                    rows, y = seen.data[s].rows, seen.data[s].y[0]
                    of_train[:, r] = np.quantile(margins(z[rows["train"]], y[rows["train"]]), [*MARGINS.values()])
                    if len(named) > len(MARGINS):
                        own = bins_of(loss, z[rows["test"]], y[rows["test"]])
                        of_test.examples[r], of_test.correct[r], of_test.excess[r] = own
            values = dict(zip(MARGINS, of_train, strict=True)) | calibration(of_test)
        return {name: values[name] for name in named}


def quantities(loss: Loss, parts: Collection[str]) -> tuple[str, ...]:
    """What there is to say of networks trained by this loss, where these parts have rows."""
    if loss.task != "classification":
        return ()
    of_bins = [f"reliability/{what}/{low}" for what in SUMS for low in LOWS]
    return (*MARGINS, *CALIBRATION, *of_bins) if "test" in parts and loss.link != "none" else (*MARGINS,)


def calibration(bins: Bins) -> dict[str, Float[Array, " R"]]:
    """Every number that follows from the bins of R networks, and the bins themselves, by name."""
    found = {name: of_bins(bins) for name, of_bins in CALIBRATION.items()}
    for what in SUMS:
        found |= {f"reliability/{what}/{low}": own for low, own in zip(LOWS, getattr(bins, what).T, strict=True)}
    return found


def two_columns(z: Float[Array, "n K"], y: Float[Array, "n K"]):
    """Binary outputs as the two that softmax would have: z is their difference."""
    return (np.hstack([0 * z, z]), np.hstack([1 - y, y])) if z.shape[-1] == 1 else (z, y)


def margins(z: Float[Array, "n K"], y: Float[Array, "n K"]) -> Float[Array, " n"]:
    """z of the true class − the largest of the others; negative where the example is misclassified."""
    z, y = two_columns(z, y)
    true = y > 0.5
    return z[true] - np.where(true, -np.inf, z).max(axis=-1)


def bins_of(loss: Loss, z: Float[Array, "n K"], y: Float[Array, "n K"]) -> Bins:
    """The bins of outputs, by the loss's own probabilities."""
    scores, labels = two_columns(z.astype(float), y)
    return in_bins(LINKS[loss.link](scores), labels)
