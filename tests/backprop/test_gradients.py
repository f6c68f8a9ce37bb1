"""Every pullback against central differences, in float64. Sizes are distinct primes, so that a wrong axis cannot hide."""

import numpy as np
import pytest

from backprop.classroom.gradcheck import gradient_error
from backprop.layout import initial_parameters
from backprop.losses import (
    BinaryCrossEntropy,
    ConfidencePenalty,
    Focal,
    Hinge,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredErrorOnClasses,
)
from backprop.network import MLP, apply, lay_out
from backprop.noise import Dropout, Gaussian, MultiplicativeGaussian, Noise
from backprop.operations import ACTIVATIONS, affine
from backprop.penalties import L1, L2, ElasticNet
from backprop.randomness import Streams
from tests.backprop.made import row_of_weights

R, B, I, O = 2, 3, 5, 7  # noqa: E741
draw = np.random.default_rng(0)
LOSSES = [
    *(SquaredError(), SoftmaxCrossEntropy(), SoftmaxCrossEntropy(smoothing=0.1), BinaryCrossEntropy()),
    *(SquaredErrorOnClasses(), SigmoidSquaredError(), Hinge(), Focal(), ConfidencePenalty()),
]
SOURCES = [Gaussian(0.3), Gaussian(0.3, "batch"), MultiplicativeGaussian(0.4), Dropout(0.4), Dropout(0.4, "batch")]


def total(a):
    return a.sum(axis=(-2, -1), keepdims=True)


def one_hot_rows(columns=O):
    return np.eye(columns)[draw.integers(columns, size=(R, B))]


def test_the_gradient_of_affine():
    weights_of_outputs = draw.standard_normal((R, B, O))  # J = Σ c z, so that ∂J/∂z = c

    def J(x, W, b):
        z, pullback = affine(x, W, b)
        return total(weights_of_outputs * z), pullback(weights_of_outputs)

    shapes = [(R, B, I), (R, I, O), (R, 1, O)]
    assert gradient_error(J, *(draw.standard_normal(shape) for shape in shapes)) < 1e-7


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gradient_of_an_activation(name):
    def J(z):
        a, pullback = ACTIVATIONS[name](z)
        return total(a * a), [pullback(2 * a)]

    z = draw.standard_normal((R, B, O))
    z[np.abs(z) < 0.01] = 0.5  # relu and leaky relu have a corner at 0
    assert gradient_error(J, z) < 1e-6


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_the_gradient_of_a_loss(loss):
    y = one_hot_rows()

    def J(z):
        value, pullback = loss(z, y)
        return value, [pullback()]

    assert gradient_error(J, draw.standard_normal((R, B, O))) < 1e-6


@pytest.mark.parametrize("penalty", [L1(0.3), L2(0.3), ElasticNet(0.3, 0.4)], ids=lambda p: type(p).__name__)
def test_the_gradient_of_a_penalty(penalty):
    def J(W):
        g = np.zeros_like(W)
        penalty.add_gradient(row_of_weights(g), row_of_weights(W))
        return penalty.value(row_of_weights(W)), [g]

    W = draw.standard_normal((R, 1, O))
    W[np.abs(W) < 0.01] = 0.5  # |w| has a corner at 0
    assert gradient_error(J, W) < 1e-6


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{type(s).__name__} shared over {s.shared_over}")
def test_the_gradient_of_a_noise_source(source):
    def J(a):
        noisy, pullback = source(a, Streams([0, 1], "hidden"))  # a new stream: the same draws each time
        return total(noisy * noisy), [pullback(2 * noisy)]

    assert gradient_error(J, draw.standard_normal((R, B, O))) < 1e-6


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (11,), (11, 13), (11, 13, 3)], ids=str)
def test_the_gradient_of_a_network_with_noise_at_every_site(hidden, activation, loss):
    x, y = draw.standard_normal((R, B, I)), one_hot_rows()
    noise = Noise(inputs=MultiplicativeGaussian(0.1), hidden=Dropout(0.3) if hidden else None, weights=Gaussian(0.1))
    layout = lay_out(MLP(hidden, activation), I, O, noise)

    def J(parameters):
        gradient = np.empty_like(parameters)
        z, pullback = apply(layout, layout.views(parameters, layout.streams([0, 1])), x)
        value, to_z = loss(z, y)
        pullback(to_z, layout.views(gradient))
        return value, [gradient]

    parameters = initial_parameters(layout, [0, 1], "float64")
    parameters += 0.1 * draw.standard_normal(parameters.shape)  # biases away from 0
    assert gradient_error(J, parameters) < 1e-6


def test_the_checker_fails_a_wrong_pullback():
    def relu_whose_mask_is_always_true(z):
        return total(np.maximum(z, 0)), [(np.maximum(z, 0) >= 0) * 1.0]

    def mean_without_its_factor(z):
        return z.mean(axis=(-2, -1), keepdims=True), [np.ones_like(z)]

    def a_gradient_that_is_not_there(z):
        return total(z), [np.full_like(z, np.nan)]

    z = draw.standard_normal((R, B, O))
    assert np.isnan(gradient_error(a_gradient_that_is_not_there, z))
    assert gradient_error(relu_whose_mask_is_always_true, z) > 1e-2
    assert gradient_error(mean_without_its_factor, z) > 1e-2
    with pytest.raises(ValueError, match="the gradient of input 0 has shape"):
        gradient_error(lambda z: (total(z), [np.ones((R, B))]), z)
