"""Singular values: of the linear map that a linear network is, and of each layer of any network."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, integer, one_of
from backprop.layers import Declared
from backprop.layout import Layout
from backprop.measures.affine import affine_maps, check_affine
from backprop.measures.measure import WHEN, Observation, Subject

WEIGHTS = ("weight", "diagonal")


@choice
class SingularValues:
    """singular_value/1, /2, …: those of W in z = x W + b, which a linear network is; singular_value/layer1/1, …: those of each layer.

    `of` says which: product, layers, or both; the `most` largest of each. The product's are learned along a sigmoid each by gradient
    descent on linear networks (Saxe, McClelland & Ganguli, ICLR 2014). Layers, of any network, are numbered in order; those of a
    diagonal layer are its |w|.
    """

    of: str = one_of(default="product", options=("product", "layers", "both"))
    most: int = integer(default=10, within="[1, inf)")
    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        if self.of != "layers":
            check_affine(subject, "SingularValues", instead="measures.singular_values.of=layers, ")
        return tuple(
            f"singular_value/{place}{i}"
            for place, count in self.places(subject.layout).items()
            for i in range(1, count + 1)
        )

    def places(self, layout: Layout) -> dict[str, int]:
        """How many values are given of the product, and of each layer."""
        weights = [array for array in layout.owned_arrays if array.role in WEIGHTS]
        places = {"": min(layout.inputs, layout.outputs)} if self.of != "layers" else {}
        if self.of != "product":
            places |= {f"layer{n}/": rank(array) for n, array in enumerate(weights, start=1)}
        return {place: min(count, self.most) for place, count in places.items()}

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = []
        if self.of != "layers":
            found.append(singular_values(np.stack([one.W for one in affine_maps(seen)])))
        if self.of != "product":
            arrays = zip(seen.layout.owned_arrays, seen.layout.arrays(seen.parameters), strict=True)
            found += [of_layer(array, own.astype(float)) for array, own in arrays if array.role in WEIGHTS]
        values = np.concatenate([one[:, : self.most] for one in found], axis=1)
        return dict(zip(self.names(seen.subject), values.T, strict=True))


def rank(array: Declared) -> int:
    return array.columns if array.role == "diagonal" else min(array.rows, array.columns)


def of_layer(array: Declared, W: Float[Array, "R rows columns"]) -> Float[Array, "R k"]:
    return -np.sort(-np.abs(W[:, 0])) if array.role == "diagonal" else singular_values(W)


def singular_values(W: Float[Array, "R I O"]) -> Float[Array, "R k"]:
    """Largest first; NaN where a number is not finite."""
    finite = np.isfinite(W).all(axis=(-2, -1), keepdims=True)
    return np.where(finite[..., 0], np.linalg.svd(np.where(finite, W, 0), compute_uv=False), np.nan)
