"""How sure classifiers are, and how rightly."""

from collections.abc import Collection

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.losses import LINKS, Loss
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.metrics import answers

MARGINS = {"margin/10": 0.1, "margin/50": 0.5}
ERROR = "test/calibration_error"
BINS = 15  # of confidence, of equal width


@choice
class Confidence:
    """margin/10, margin/50: quantiles of z of the true class − the largest other z on training examples; test/calibration_error.

    Calibration error: Σ over bins of confidence of the bin's share of the test examples times |accuracy − mean confidence| (Guo et
    al., ICML 2017); none where the loss makes no probabilities of its outputs. Of regression, nothing.
    """

    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        return quantities(subject.loss, subject.parts)

    def __call__(self, seen: Observation) -> dict[str, Float[Array, " R"]]:
        loss = seen.recipe.loss
        found = {name: np.full(len(seen.of), np.nan) for name in quantities(loss, seen.parts)}
        with np.errstate(all="ignore"):
            for r, s, (z,) in answers(seen.layout, seen.parameters, seen.data, seen.of):
                if np.isfinite(z).all():
                    rows, y = seen.data[s].rows, seen.data[s].y[0]
                    of_train = margins(z[rows["train"]], y[rows["train"]])
                    for name, quantile in zip(MARGINS, np.quantile(of_train, [*MARGINS.values()]), strict=True):
                        found[name][r] = quantile
                    if ERROR in found:
                        found[ERROR][r] = error_of_calibration(loss, z[rows["test"]], y[rows["test"]])
        return found


def quantities(loss: Loss, parts: Collection[str]) -> tuple[str, ...]:
    """What there is to say of networks trained by this loss, where these parts have rows."""
    if loss.task != "classification":
        return ()
    return (*MARGINS, ERROR) if "test" in parts and loss.link != "none" else (*MARGINS,)


def two_columns(z: Float[Array, "n K"], y: Float[Array, "n K"]):
    """Binary outputs as the two that softmax would have: z is their difference."""
    return (np.hstack([0 * z, z]), np.hstack([1 - y, y])) if z.shape[-1] == 1 else (z, y)


def margins(z: Float[Array, "n K"], y: Float[Array, "n K"]) -> Float[Array, " n"]:
    """z of the true class − the largest of the others; negative where the example is misclassified."""
    z, y = two_columns(z, y)
    true = y > 0.5
    return z[true] - np.where(true, -np.inf, z).max(axis=-1)


def error_of_calibration(loss: Loss, z: Float[Array, "n K"], y: Float[Array, "n K"]) -> float:
    """The calibration error of outputs, by the loss's own probabilities."""
    scores, labels = two_columns(z.astype(float), y)
    return calibration_error(LINKS[loss.link](scores), labels)


def calibration_error(p: Float[Array, "n K"], y: Float[Array, "n K"]) -> float:
    """Σ_b (n_b / n) |accuracy_b − confidence_b| over bins of the largest probability; NaN where one is NaN."""
    sure = p.max(axis=-1)
    if np.isnan(sure).any():
        return np.nan
    right = y[np.arange(len(y)), p.argmax(axis=-1)] > 0.5
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    excess = np.bincount(bins, weights=right - sure, minlength=BINS)
    return float(np.abs(excess).sum() / len(p))
