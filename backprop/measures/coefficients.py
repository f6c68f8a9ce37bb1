"""The coefficients of a linear network, products of layers included."""

from collections.abc import Mapping
from itertools import product

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.measures.affine import Affine, affine_maps, check_affine
from backprop.measures.measure import WHEN, Observation, Scales, Subject


@choice
class Coefficients:
    """coefficient/FEATURE (of several outputs coefficient/FEATURE/OUTPUT), intercept: the map z = x W + b that a linear network is.

    In `units` of the network they are those of the scaled columns that it sees, as a penalty acts on; in units of the data those
    of raw columns, Wⱼₖ tₖ / sⱼ for a feature divided by sⱼ and a target divided by tₖ, which scikit-learn finds without a scaler.
    Products of layers, residual blocks and, in evaluation, batch normalization are linear too.
    """

    units: str = one_of(default="network", options=("network", "data"))
    when: str = one_of(default="end", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        check_affine(subject, "Coefficients")
        outputs = ends(subject)
        coefficients = product(subject.features, outputs)
        return (
            *(f"coefficient/{feature}{end}" for feature, end in coefficients),
            *(f"intercept{end}" for end in outputs),
        )

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        maps = list(affine_maps(seen))
        if self.units == "data":
            maps = [in_units_of_data(one, seen.scales[s]) for one, s in zip(maps, seen.of, strict=True)]
        columns = np.stack([np.concatenate([W.ravel(), b]) for W, b in maps], axis=1)
        return dict(zip(self.names(seen.subject), columns, strict=True))


def ends(subject: Subject) -> list[str]:
    """What the name of a quantity ends in for each output of the network: nothing where there is a single one."""
    return [""] if subject.layout.outputs == 1 else [f"/{output}" for output in subject.outputs]


def in_units_of_data(one: Affine, scales: Scales) -> Affine:
    """With features (x − m) / s and targets (y − μ) / t: W ← W t / s and b ← b t + μ − m W."""
    W, b = one
    if scales.targets is not None:
        W, b = W * scales.targets.scale, b * scales.targets.scale + scales.targets.mean
    if scales.features is not None:
        W = W / np.asarray(scales.features.scale)[:, None]
        b = b - scales.features.mean @ W
    return Affine(W, b)
