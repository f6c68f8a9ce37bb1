"""The affine map that a linear network is, whatever its layers: read off its answers, so that no kind of layer needs a case."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.layers import Activation
from backprop.layout import Layout
from backprop.measures.measure import Observation, Subject
from backprop.metrics import in_evaluation
from backprop.network import apply
from backprop.randomness import generator

PAIRS, TOLERANCE = 64, 1e-9  # of inputs; relative, of numbers in float64


class Affine(NamedTuple):
    """z = x W + b."""

    W: Float[Array, "I O"]
    b: Float[Array, " O"]


def affine_maps(seen: Observation) -> Iterator[Affine]:
    """The map of each network in turn, in float64: b is its answer to 0, row j of W its answer to the unit input j, less b."""
    unit_inputs = np.concatenate([np.zeros((1, seen.layout.inputs)), np.eye(seen.layout.inputs)])[None]
    with np.errstate(all="ignore"):
        for r, s in enumerate(seen.of):
            alone = seen.parameters[r : r + 1].astype(float)
            z = apply(seen.layout, in_evaluation(seen.layout, alone, seen.data[s]), unit_inputs)[0][0]
            yield Affine(z[1:] - z[0], z[0])


def check_affine(subject: Subject, measure: str, instead: str = "") -> None:
    """Raises ValueError unless networks of this kind keep midpoints: f(½ (a + b)) = ½ (f(a) + f(b)), whatever the weights."""
    if keeps_midpoints(subject.layout):
        return
    bent = sorted({layer.function for layer in subject.recipe.network.layers if isinstance(layer, Activation)})
    because = f"its activation is {', '.join(bent)}" if bent else "one of its layers is not affine"
    raise ValueError(
        f"{measure} is of linear networks, and this {type(subject.recipe.network).__name__} is none: {because}; take "
        f"network=linear, network.activation=identity, {instead}or leave the measure out."
    )


def keeps_midpoints(layout: Layout) -> bool:
    """Tried on random weights, and on pairs of inputs near and far: a bend between any pair shows."""
    draw = generator(0, "curvature")
    parameters = draw.standard_normal((1, 1, layout.count()))
    a, b = draw.standard_normal((2, 1, PAIRS, layout.inputs)) * np.geomspace(0.1, 100, PAIRS)[:, None]
    with np.errstate(all="ignore"):
        owned = layout.settled(parameters, a)
        at_a, at_b, between = (apply(layout, owned, x)[0] for x in (a, b, (a + b) / 2))
        size = np.abs(at_a) + np.abs(at_b) + np.abs(at_a).max()
        return bool((np.abs(between - (at_a + at_b) / 2) <= TOLERANCE * size).all())
