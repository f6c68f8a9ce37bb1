"""What tells an overfitted network from another: norms, margins, confidence and gradients, per replica, all noise off."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.layout import Layout, Parameters, Weights
from backprop.losses import LINKS, Loss
from backprop.metrics import Whole, answers
from backprop.training import Examples, Recipe, backpropagate

PerReplicaValues = dict[str, Float[Array, " R"]]
BINS = np.linspace(-5.0, 5.0, 32)  # of weights, in units of what they started with; what lies beyond is in the last
CONFIDENCES = 15  # bins of equal width


def distances(W: Weights, initial: Weights) -> PerReplicaValues:
    """‖W − W₀‖₂ over all weights, and Πₗ ‖Wₗ‖₂, the product of the layers' largest singular values.

    That product bounds how much faster than its input the output of a relu network can change (Bartlett, Foster &
    Telgarsky, NIPS 2017). Singular values by the eigenvalues of the smaller of W Wᵀ and Wᵀ W; of a diagonal, its largest |w|.
    """
    with np.errstate(all="ignore"):
        moved = np.sum((W.flat - initial.flat) ** 2, axis=(-2, -1), dtype=float)
        norms = [*map(spectral_norm, W.matrices), *(np.abs(w).max(axis=(-2, -1)) for w in W.diagonals)]
        return {"distance": np.sqrt(moved), "spectral_norm": np.prod(norms, axis=0)}


def spectral_norm(W: Float[Array, "R I O"]) -> Float[Array, " R"]:
    """The largest singular value; NaN where a weight is not finite."""
    largest = np.abs(W.astype(float)).max(axis=(-2, -1))
    usable = np.isfinite(largest) & (largest > 0)
    unit = np.where(usable, largest, 1.0)  # squares of large weights would overflow
    W = np.where(usable[:, None, None], W, 0.0) / unit[:, None, None]
    gram = W.mT @ W if W.shape[-1] <= W.shape[-2] else W @ W.mT
    norm = unit * np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[:, -1], 0))
    return np.where(np.isfinite(largest), norm * usable, np.nan)


def weight_histogram(W: Weights, initial: Weights) -> Float[Array, "R bins"]:
    """The share of weights in each of BINS, each layer in units of the root mean square that its weights started with.

    NaN for a replica with a weight that is not finite.
    """
    R, bins = len(W.parameters), len(BINS) - 1
    counts = np.zeros((R, bins))
    for w, w0 in zip(W.arrays, initial.arrays, strict=True):
        unit = np.sqrt(np.mean(w0.astype(float) ** 2, axis=(-2, -1))) + (w0 == 0).all(axis=(-2, -1))
        for r in range(R):
            if not np.isfinite(w[r]).all():
                counts[r] = np.nan
                continue
            place = (w[r].ravel().astype(float) / unit[r] - BINS[0]) / (BINS[1] - BINS[0])
            counts[r] += np.bincount(np.clip(place, 0, bins - 1).astype(int), minlength=bins)
    return counts / counts.sum(axis=-1, keepdims=True)


def confidence(
    loss: Loss, layout: Layout, parameters: Parameters, data: Sequence[Whole], of: Int[Array, " R"]
) -> PerReplicaValues:
    """Of classifiers: quantiles of the training examples' margins, and the calibration error on the test examples.

    Margin: the output of the true class less the largest other one. Calibration error: Σ over bins of confidence of the
    bin's share of the examples times |accuracy − mean confidence| (Guo et al., ICML 2017). NaN for a diverged replica; the
    calibration error also where the loss makes no probabilities of its outputs; it is left out where no example is for testing.
    """
    names = ("margin_10", "margin_50", *(["calibration_error"] if "test" in data[0].rows else []))
    found = {name: np.full(len(of), np.nan) for name in names}
    with np.errstate(all="ignore"):
        for r, s, (z,) in answers(layout, parameters, data, of):
            if np.isfinite(z).all():
                train, test, y = data[s].rows["train"], data[s].rows.get("test"), data[s].y[0]
                found["margin_10"][r], found["margin_50"][r] = np.quantile(margins(z[train], y[train]), (0.1, 0.5))
                if test is not None:
                    scores, labels = two_columns(z[test].astype(float), y[test])
                    found["calibration_error"][r] = calibration_error(LINKS[loss.link](scores), labels)
    return found


def two_columns(z: Float[Array, "n K"], y: Float[Array, "n K"]):
    """Binary outputs as the two that softmax would have: z is their difference."""
    return (np.hstack([0 * z, z]), np.hstack([1 - y, y])) if z.shape[-1] == 1 else (z, y)


def margins(z: Float[Array, "n K"], y: Float[Array, "n K"]) -> Float[Array, " n"]:
    """z of the true class − the largest of the others; negative where the example is misclassified."""
    z, y = two_columns(z, y)
    true = y > 0.5
    return z[true] - np.where(true, -np.inf, z).max(axis=-1)


def calibration_error(p: Float[Array, "n K"], y: Float[Array, "n K"]) -> float:
    """Σ_b (n_b / n) |accuracy_b − confidence_b| over bins of the largest probability; NaN where one is NaN."""
    sure = p.max(axis=-1)
    if np.isnan(sure).any():
        return np.nan
    right = y[np.arange(len(y)), p.argmax(axis=-1)] > 0.5
    bins = np.minimum((sure * CONFIDENCES).astype(int), CONFIDENCES - 1)
    excess = np.bincount(bins, weights=right - sure, minlength=CONFIDENCES)
    return float(np.abs(excess).sum() / len(p))


def gradient_statistics(recipe: Recipe, layout: Layout, parameters: Parameters, examples: Examples) -> PerReplicaValues:
    """‖g‖₂, g the gradient of the training loss, and (E ‖g_B − g‖²)^½, g_B that of a minibatch: signal and noise of a step.

    The loss is the reported one: no penalty, no smoothing, no class weights, no noise. One epoch of minibatches in the rows'
    own order.
    """
    plain = replace(recipe, loss=recipe.loss.reported)
    R, n = len(examples.dataset_of), examples.x.shape[-2]
    gradient, total = np.empty_like(parameters), np.zeros(parameters.shape)
    owned, gradients = layout.views(parameters), layout.views(gradient)
    squares = np.zeros(R)
    with np.errstate(all="ignore"):
        for start in range(0, n, recipe.batch_size or n):
            rows = np.arange(start, min(start + (recipe.batch_size or n), n))
            x, y = examples.rows(np.tile(rows, (R, 1)))
            backpropagate(plain, layout, owned, x, y, gradients)
            weight = len(rows) / n
            total += weight * gradient
            squares += weight * np.sum(gradient.astype(float) ** 2, axis=(-2, -1))
        norm = np.sum(total**2, axis=(-2, -1))
        return {"gradient_norm": np.sqrt(norm), "gradient_noise": np.sqrt(np.maximum(squares - norm, 0))}
