"""A network's gradient is right, with every activation, at its own size and deeper."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from backprop.arrays import Array
from backprop.classroom.gradcheck import gradient_error
from backprop.network import MLP, Layer, apply, initial_parameters, views
from backprop.operations import affine, tanh

R, B, I, O = 2, 3, 5, 7  # noqa: E741
SEEDS = [0, 1]


def promise(network: MLP) -> None:
    deeper = [replace(network, hidden=(11, 13))] if network.hidden else []
    for one in (network, *deeper):
        the_gradient_is_right(one)


def the_gradient_is_right(network: MLP) -> None:
    """J = Σ c z, so that ∂J/∂z = c; weights are moved off their start, where relu may stand in its corner."""
    draw = np.random.default_rng(0)
    x, c = draw.standard_normal((R, B, I)), draw.standard_normal((R, B, O))
    sizes = network.sizes(I, O)

    def J(parameters: Array):
        gradient = np.full_like(parameters, np.nan)
        z, pullback = way_through(network)(views(parameters, sizes), x)
        assert z.shape == c.shape, f"{network} answers with shape {z.shape} where {c.shape} was asked for"
        pullback(c, views(gradient, sizes))
        return (c * z).sum(axis=(-2, -1), keepdims=True), [gradient]

    parameters = initial_parameters(network, sizes, SEEDS, "float64")
    parameters += 0.1 * draw.standard_normal(parameters.shape)
    error = gradient_error(J, parameters)
    assert error < 1e-6, f"the gradient of {network} is {error:.1e} off"


def way_through(network: MLP) -> Any:
    """Value and pullback: the network's own, where it has one."""
    return getattr(network, "apply", partial(apply, network))


class MLPWithHalfTheBiases(MLP):
    """Gives biases half of their gradient."""

    def apply(self, layers, x, sites=None):
        def pullback(dz, gradients):
            through(dz, gradients)
            for _, db in gradients:
                db *= 0.5

        z, through = apply(self, layers, x, sites)
        return z, pullback


class MLPThatSkipsTheFirstLayer(MLP):
    """Leaves the first layer's gradient as it was."""

    def apply(self, layers, x, sites=None):
        def pullback(dz, gradients):
            through(dz, [Layer(np.empty_like(layers[0].W), np.empty_like(layers[0].b)), *gradients[1:]])

        z, through = apply(self, layers, x, sites)
        return z, pullback


class ResidualThatForgetsItsSkip(MLP):
    """a ← a + φ(a W + b), whose pullback goes through φ alone."""

    def apply(self, layers, x, sites=None):
        a, steps = x, []
        for W, b in layers[:-1]:
            z, to_affine = affine(a, W, b)
            h, to_z = tanh(z)
            a = a + h if a.shape == h.shape else h
            steps.append((to_affine, to_z))
        z, to_last = affine(a, *layers[-1])

        def pullback(dz, gradients):
            da, gradients[-1].W[...], gradients[-1].b[...] = to_last(dz)
            for (to_affine, to_z), own in zip(reversed(steps), reversed(gradients[:-1]), strict=True):
                da, own.W[...], own.b[...] = to_affine(to_z(da))

        return z, pullback


BROKEN = [MLPWithHalfTheBiases((11,)), MLPThatSkipsTheFirstLayer((11,)), ResidualThatForgetsItsSkip((I, I, I))]
