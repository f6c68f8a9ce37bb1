"""Affine map, relu and dropout in one pass over the array, where they follow each other: the same numbers in less time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from backprop import kernels
from backprop.choices import choice
from backprop.layers import (
    Activation,
    Declaration,
    Dense,
    Gradient,
    Inputs,
    Layer,
    Noise,
    Owned,
    Residual,
    distorted,
)
from backprop.noise import Dropout


@choice
class Rectified:
    """ã = max(x W + b, 0), masked where there is dropout: bias, corner and mask in one pass, and in one pass backward.

    A unit that is masked passes no gradient, like one below the corner: both have ã = 0.
    """

    dense: Dense
    dropout: Dropout | None = None
    stream: str = "hidden"  # of the dropout's draws

    def declare(self, inputs: int, outputs: int) -> Declaration:
        affine = self.dense.declare(inputs, outputs)
        return affine if self.dropout is None else affine._replace(draws=(*affine.draws, self.stream))

    def __call__(self, x: Inputs, owned: Owned):
        def pullback(to_da: Gradient, gradients: Owned):
            dW, db = gradients.arrays
            dz = to_da()
            kernels.rectify_back(dz, a, np.ones(1, a.dtype) if mask is None else mask.factor, db)
            np.matmul(x.mT, dz, out=dW)
            if noisy_W is not W:
                dW[...] = to_W(dW)
            return lambda: dz @ noisy_W.mT

        W, b = owned.arrays
        noisy_W, to_W = distorted(self.dense.noise, W, owned)
        a, mask = x @ noisy_W, None
        if self.dropout is None or owned.streams is None:
            kernels.rectify(a, b)
        else:
            mask = self.dropout.mask(a.shape[-2], a.shape[-1], a.dtype, owned.streams[1])
            kernels.rectify_and_mask(a, b, *mask)
        return a, pullback


def fused(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers with every affine map and relu, and dropout after them, as one."""
    done: list[Layer] = []
    for layer in layers:
        before = done[-1] if done else None
        if isinstance(layer, Residual):
            done.append(replace(layer, layers=fused(layer.layers)))
        elif is_relu(layer) and type(before) is Dense and before.bias:
            done[-1] = Rectified(before)
        elif is_dropout(layer) and isinstance(before, Rectified) and before.dropout is None:
            done[-1] = Rectified(before.dense, layer.source, layer.stream)  # type: ignore[arg-type]
        else:
            done.append(layer)
    return tuple(done)


def is_relu(layer: Layer) -> bool:
    return isinstance(layer, Activation) and layer.function == "relu"


def is_dropout(layer: Layer) -> TypeGuard[Noise]:
    return isinstance(layer, Noise) and type(layer.source) is Dropout
