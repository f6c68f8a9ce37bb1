"""Margins by how large the weights are that make them."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.layout import Weights
from backprop.measures.confidence import margins
from backprop.measures.distances import product_of_spectral_norms
from backprop.measures.homogeneous import check_homogeneous
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.metrics import answers

QUANTILES = (0, 10, 50)  # percent of the training examples


@choice
class NormalizedMargin:
    """normalized_margin/0, /10, /50: margin / Πₗ ‖Wₗ‖₂ of the training examples, its least value, 10 % quantile and median.

    The margin is z of the true class − the largest other: below 0 where misclassified. `norm` spectral divides by the layers'
    largest singular values (the Lipschitz part of Bartlett, Foster & Telgarsky, NIPS 2017, not by the size of the inputs);
    frobenius by ‖W‖ᴸ over all weights, L their layers, which gradient descent on separable data makes grow (Lyu & Li, ICLR 2020).
    Biases are not in the norms.
    """

    norm: str = one_of(default="spectral", options=("spectral", "frobenius"))
    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        if subject.loss.task != "classification":
            raise ValueError(
                f"NormalizedMargin is of classes, and loss is {type(subject.loss).__name__}, which is for {subject.loss.task}; "
                "leave the measure out."
            )
        check_homogeneous(subject, "NormalizedMargin", residual=False)
        return tuple(f"normalized_margin/{quantile}" for quantile in QUANTILES)

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = np.full((len(QUANTILES), len(seen.of)), np.nan)
        with np.errstate(all="ignore"):
            size = self.size(seen.layout.weights(seen.parameters.astype(float)))
            for r, s, z in answers(seen.layout, seen.parameters.astype(float), seen.data, seen.of):
                train = seen.data[s].rows["train"]
                if np.isfinite(size[r]) and np.isfinite(z).all():
                    found[:, r] = np.percentile(margins(z[0, train], seen.data[s].y[0, train]) / size[r], QUANTILES)
        return {f"normalized_margin/{quantile}": row for quantile, row in zip(QUANTILES, found, strict=True)}

    def size(self, W: Weights) -> Float[Array, " R"]:
        """What an output can grow by when each layer's weights are of size 1."""
        if self.norm == "frobenius":
            return np.sqrt((W.flat**2).sum(axis=(-2, -1))) ** len(W.arrays)
        return product_of_spectral_norms(W)
