"""A network's gradient is right, with every setting that it has; a pass leaves its inputs alone, and a gradient can be asked for twice."""

from dataclasses import replace

import numpy as np

from backprop.arrays import Array
from backprop.layers import Activation, Dense, Layer, Owned, Residual, through
from backprop.layout import Layout, initial_parameters
from backprop.network import MLP, Layers, Network, apply, lay_out

R, B, I, O = 2, 3, 5, 7  # noqa: E741
SEEDS = [0, 1]
TINY = 1e-20


def promise(network: Network) -> None:
    deeper = [replace(network, hidden=(11, 13))] if isinstance(network, MLP) and network.hidden else []
    for one in (network, *deeper):
        the_gradient_is_right(one)


def the_gradient_is_right(network: Network) -> None:
    """J = Σ c z, so that ∂J/∂z = c, along random directions d: Im J(x + iεd) / ε is its slope to rounding, and no step crosses a corner.

    Weights are moved off their start, where relu may stand in its corner.
    """
    draw = np.random.default_rng(0)
    x, c = draw.standard_normal((R, B, I)), draw.standard_normal((R, B, O))
    layout = lay_out(network, I, O)
    parameters = initial_parameters(layout, SEEDS, "float64")
    parameters += 0.1 * draw.standard_normal(parameters.shape)
    gradient = np.full_like(parameters, np.nan)
    z, pullback = apply(layout, layout.views(parameters), x)
    assert z.shape == c.shape, f"{network} answers with shape {z.shape} where {c.shape} was asked for"
    dx = pullback(c.copy, layout.views(gradient))()
    assert dx.shape == x.shape, f"{network}: ∂J/∂x has shape {dx.shape}, and x {x.shape}"
    for _ in range(5):
        along_x, along_W = draw.standard_normal(x.shape), draw.standard_normal(parameters.shape)
        stepped, _ = apply(layout, layout.views(parameters + TINY * 1j * along_W), x + TINY * 1j * along_x)
        slope, ours = (c * stepped.imag).sum() / TINY, (dx * along_x).sum() + (gradient * along_W).sum()
        error = abs(slope - ours) / max(abs(slope), np.linalg.norm(dx), np.linalg.norm(gradient), 1e-300)
        assert error < 1e-9, f"the gradient of {network} is {error:.1e} off"
    nothing_given_is_changed(layout, parameters, x, c)


def nothing_given_is_changed(layout: Layout, parameters: Array, x: Array, c: Array) -> None:
    """A residual layer uses its input a second time, and a gradient may be asked for twice."""
    before = parameters.copy(), x.copy()
    gradients = [np.empty_like(parameters) for _ in range(2)]
    _, pullback = apply(layout, layout.views(parameters), x)
    dx = [pullback(c.copy, layout.views(gradient))() for gradient in gradients]
    for name, now, then in zip(("parameters", "inputs"), (parameters, x), before, strict=True):
        assert (now == then).all(), f"{layout.layers}: a pass has changed the {name}"
    assert (dx[0] == dx[1]).all(), f"{layout.layers}: ∂J/∂x differs the second time"
    assert (gradients[0] == gradients[1]).all(), f"{layout.layers}: the gradient differs the second time"


class DenseWithHalfTheBias(Dense):
    """Gives the bias half of its gradient."""

    def __call__(self, x, owned):
        def pullback(to_dz, gradients):
            to_x = whole(to_dz, gradients)
            gradients.arrays[1][...] *= 0.5
            return to_x

        z, whole = Dense.__call__(self, x, owned)
        return z, pullback


class DenseThatSkipsItsWeights(Dense):
    """Leaves the weights' gradient as it was."""

    def __call__(self, x, owned):
        def pullback(to_dz, gradients):
            return whole(to_dz, Owned((np.empty_like(owned.arrays[0]), gradients.arrays[1])))

        z, whole = Dense.__call__(self, x, owned)
        return z, pullback


class ResidualThatForgetsItsSkip(Residual):
    """y = x + f(x), whose pullback goes through f alone."""

    def __call__(self, x, owned):
        y, inside = through(self.layers, x, owned.inside)
        return x + y, lambda to_dy, gradients: inside(to_dy, gradients.inside)


class ResidualThatSharesItsGradient(Residual):
    """Gives one array to two owners: relu inside masks it in place, before the skip adds it."""

    def __call__(self, x, owned):
        def pullback(to_dy, gradients):
            dy = to_dy()
            to_x = inside(lambda: dy, gradients.inside)
            return lambda: dy + to_x()

        y, inside = through(self.layers, x, owned.inside)
        return x + y, pullback


class ActivationThatOverwritesItsInputs(Activation):
    """Rectifies in place what the layer before has made, and may still need."""

    def __call__(self, z, owned):
        kept = z > 0
        z *= kept
        return z, lambda to_da, gradients: lambda: to_da() * kept


def around(*layers: Layer) -> Layers:
    return Layers((Dense(11), *layers, Dense()))


BROKEN = [
    Layers((DenseWithHalfTheBias(11), Dense())),
    Layers((DenseThatSkipsItsWeights(11), Activation("tanh"), Dense())),
    around(ResidualThatForgetsItsSkip((Dense(11), Activation("tanh")))),
    around(ResidualThatSharesItsGradient((Dense(11), Activation("relu")))),
    around(Residual((ActivationThatOverwritesItsInputs(),))),
]
