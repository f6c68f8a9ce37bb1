"""A network's gradient is right, with every setting that it has; a pullback leaves alone what it is given, and can be asked twice."""

from dataclasses import replace

import numpy as np

from backprop.arrays import Array
from backprop.classroom.gradcheck import gradient_error
from backprop.layers import Activation, Dense, Layer, Owned, Residual
from backprop.layout import Layout, initial_parameters
from backprop.network import MLP, Layers, Network, apply, lay_out

R, B, I, O = 2, 3, 5, 7  # noqa: E741
SEEDS = [0, 1]


def promise(network: Network) -> None:
    deeper = [replace(network, hidden=(11, 13))] if isinstance(network, MLP) and network.hidden else []
    for one in (network, *deeper):
        the_gradient_is_right(one)


def the_gradient_is_right(network: Network) -> None:
    """J = Σ c z, so that ∂J/∂z = c; weights are moved off their start, where relu may stand in its corner."""
    draw = np.random.default_rng(0)
    x, c = draw.standard_normal((R, B, I)), draw.standard_normal((R, B, O))
    layout = lay_out(network, I, O)

    def J(x: Array, parameters: Array):
        gradient = np.full_like(parameters, np.nan)
        z, pullback = apply(layout, layout.views(parameters), x)
        assert z.shape == c.shape, f"{network} answers with shape {z.shape} where {c.shape} was asked for"
        to_x = pullback(c, layout.views(gradient))
        return (c * z).sum(axis=(-2, -1), keepdims=True), [to_x(), gradient]

    parameters = initial_parameters(layout, SEEDS, "float64")
    parameters += 0.1 * draw.standard_normal(parameters.shape)
    error = np.min(
        [gradient_error(J, x, parameters, eps=eps) for eps in (1e-6, 1e-8)]
    )  # relu's corner may lie within a step
    assert error < 1e-6, f"the gradient of {network} is {error:.1e} off"
    nothing_given_is_changed(layout, parameters, x, c)


def nothing_given_is_changed(layout: Layout, parameters: Array, x: Array, c: Array) -> None:
    """A residual layer uses its input, and the gradient of its output, a second time."""
    before = [array.copy() for array in (parameters, x, c)]
    gradients = [np.empty_like(parameters) for _ in range(2)]
    _, pullback = apply(layout, layout.views(parameters), x)
    dx = [pullback(c, layout.views(gradient))() for gradient in gradients]
    for name, now, then in zip(("parameters", "inputs", "∂J/∂z"), (parameters, x, c), before, strict=True):
        assert (now == then).all(), f"{layout.layers}: a pass has changed the {name}"
    assert (dx[0] == dx[1]).all(), f"{layout.layers}: ∂J/∂x differs the second time"
    assert (gradients[0] == gradients[1]).all(), f"{layout.layers}: the gradient differs the second time"


class DenseWithHalfTheBias(Dense):
    """Gives the bias half of its gradient."""

    def __call__(self, x, owned):
        def pullback(dz, gradients):
            to_x = whole(dz, gradients)
            gradients.arrays[1][...] *= 0.5
            return to_x

        z, whole = Dense.__call__(self, x, owned)
        return z, pullback


class DenseThatSkipsItsWeights(Dense):
    """Leaves the weights' gradient as it was."""

    def __call__(self, x, owned):
        def pullback(dz, gradients):
            return whole(dz, Owned((np.empty_like(owned.arrays[0]), gradients.arrays[1])))

        z, whole = Dense.__call__(self, x, owned)
        return z, pullback


class ResidualThatForgetsItsSkip(Residual):
    """y = x + f(x), whose pullback goes through f alone."""

    def __call__(self, x, owned):
        def pullback(dy, gradients):
            to_x = whole(dy, gradients)
            return lambda: to_x() - dy

        y, whole = Residual.__call__(self, x, owned)
        return y, pullback


class ActivationThatOverwrites(Activation):
    """Masks the gradient that it is given, in place."""

    def __call__(self, z, owned):
        def pullback(da, gradients):
            da *= z > 0
            return lambda: da

        return np.maximum(z, 0), pullback


def around(*layers: Layer) -> Layers:
    return Layers((Dense(11), *layers, Dense()))


BROKEN = [
    Layers((DenseWithHalfTheBias(11), Dense())),
    Layers((DenseThatSkipsItsWeights(11), Activation("tanh"), Dense())),
    around(ResidualThatForgetsItsSkip((Dense(11), Activation("tanh")))),
    around(Residual((ActivationThatOverwrites(),))),
]
