"""Layers alone, in lists, and in lists drawn at random: gradients, statistics, streams, and what a list refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop.averaging import Polyak
from backprop.classroom.of_network import graph_of
from backprop.curvature import of
from backprop.fusion import Rectified, fused
from backprop.hessian import hessian_vector
from backprop.initializations import FanIn
from backprop.layers import Activation, Dense, Layer, Noise, Owned, Residual, Scale
from backprop.layout import initial_parameters
from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.metrics import Whole, performance
from backprop.network import MLP, Diagonal, Layers, ResidualMLP, apply, lay_out
from backprop.noise import Dropout, Gaussian
from backprop.noise import Noise as Sites
from backprop.normalization import BatchNorm, LayerNorm
from backprop.operations import ACTIVATIONS
from backprop.randomness import Streams
from backprop.training import Examples, Recipe, train
from tests.promises.network import DenseWithHalfTheBias, ResidualThatForgetsItsSkip, the_gradient_is_right

R, B, I, O, WIDTH = 2, 3, 5, 7, 11  # noqa: E741
DRAW = np.random.default_rng(0)

KEEPING = st.one_of(  # layers that make as many columns as they get
    st.builds(Dense, st.just(WIDTH), st.booleans()),
    st.builds(Activation, st.sampled_from(sorted(ACTIVATIONS))),
    st.builds(Scale, st.floats(-2, 2)),
    st.builds(LayerNorm),
    st.builds(BatchNorm, st.just(0.1)),
)
LISTS = st.lists(
    KEEPING | st.builds(Residual, st.lists(KEEPING, max_size=3) | st.just([Residual([LayerNorm()])])), max_size=5
)


def around(layers: list[Layer]) -> Layers:
    return Layers((Dense(WIDTH), *layers, Dense()))


@settings(max_examples=60, deadline=None)
@given(LISTS)
def test_any_list_of_layers_has_the_right_gradient(layers):
    the_gradient_is_right(around(layers))


@pytest.mark.parametrize("broken", [DenseWithHalfTheBias(WIDTH), ResidualThatForgetsItsSkip([Activation("tanh")])])
def test_a_broken_layer_in_a_random_list_is_found(broken):
    with pytest.raises(AssertionError, match="the gradient of"):
        test_any_list_of_layers_has_the_right_gradient.hypothesis.inner_test([LayerNorm(), broken, Activation("tanh")])


@settings(max_examples=30, deadline=None)
@given(LISTS)
def test_the_graph_of_a_network_is_what_trains(layers):
    """Value and every gradient, box by box, are those of the pass that training takes."""
    recipe = Recipe(network=around(layers), loss=SquaredError(), dtype="float64")
    x, y = DRAW.standard_normal((B, I)), DRAW.standard_normal((B, O))
    layout = recipe.layout(I, O)
    parameters = initial_parameters(layout, [3], "float64")
    graph = graph_of(recipe, x, y, seed=3)
    surface = of(recipe, x, y)
    assert graph.value("J") == pytest.approx(surface.value_at(parameters).item(), rel=1e-12)
    inputs = [node for node in graph.nodes if node.operation == "input" and graph.names[node] not in ("x", "y")]
    boxes = {name: graph.gradient(name) for name in (graph.names[node] for node in inputs)}
    trained = layout.arrays(surface.gradient_at(parameters))
    assert len(boxes) == len(trained)
    total = sum(float((gradient**2).sum()) for gradient in boxes.values())
    assert total == pytest.approx(sum(float((gradient**2).sum()) for gradient in trained), rel=1e-9, abs=1e-18)
    W = next(name for name in boxes if name == "W1")
    assert boxes[W] == pytest.approx(trained[0][0], rel=1e-9, abs=1e-12)
    assert "<svg" in graph._repr_svg_()


@settings(max_examples=30, deadline=None)
@given(LISTS)
def test_curvature_passes_through_any_list_of_layers(layers):
    recipe = Recipe(network=around(layers), loss=SquaredError(), dtype="float64")
    surface = of(recipe, DRAW.standard_normal((R, B, I)), DRAW.standard_normal((R, B, O)))
    W = initial_parameters(surface.layout, [0, 1], "float64")
    W += 0.1 * DRAW.standard_normal(W.shape)
    v = DRAW.standard_normal(W.shape) / np.sqrt(W.shape[-1])
    numeric = [(surface.gradient_at(W + h * v) - surface.gradient_at(W - h * v)) / (2 * h) for h in (1e-5, 1e-7)]
    Hv = hessian_vector(surface.gradient_at, W, v)
    error = min(np.linalg.norm(Hv - one) for one in numeric)  # relu's corner may lie within the longer step
    assert error < 1e-4 * (1 + np.linalg.norm(Hv))


def test_layer_norm_by_hand():
    """Rows (1, 3) and (0, 4): means 2 and 2, variances 1 and 4; γ = (1, 2), β = (0, 10)."""
    x, owned = np.array([[[1.0, 3.0], [0.0, 4.0]]]), Owned((np.array([[[1.0, 2.0]]]), np.array([[[0.0, 10.0]]])))
    y, _ = LayerNorm(epsilon=0.0)(x, owned)
    assert y[0] == pytest.approx(np.array([[-1.0, 12.0], [-1.0, 12.0]]))


def test_batch_norm_by_hand_and_with_statistics_given():
    """Columns (1, 3) and (0, 4): means 2 and 2, variances 1 and 4; given are those of other rows."""
    x, plain = np.array([[[1.0, 0.0], [3.0, 4.0]]]), Owned((np.ones((1, 1, 2)), np.zeros((1, 1, 2))))
    layer = BatchNorm(epsilon=0.0)
    assert layer(x, plain)[0][0] == pytest.approx(np.array([[-1.0, -1.0], [1.0, 1.0]]))
    settled = layer.settle(np.array([[[0.0, 0.0], [8.0, 2.0]]]), plain)  # means 4 and 1, variances 16 and 1
    assert layer(x, settled)[0][0] == pytest.approx(np.array([[-0.75, -1.0], [-0.25, 3.0]]))


def test_the_scale_of_weights_before_a_layer_norm_changes_nothing():
    """So that L2 on them changes only the size of a step: w·∇L = 0. Without bias, and ε = 0."""
    network = Layers((Dense(WIDTH, bias=False), LayerNorm(epsilon=0.0), Activation("relu"), Dense()))
    surface = of(
        Recipe(network=network, loss=SquaredError(), dtype="float64"),
        DRAW.standard_normal((B, I)),
        DRAW.standard_normal((B, O)),
    )
    parameters = initial_parameters(surface.layout, [0], "float64")
    scaled = parameters.copy()
    surface.layout.weights(scaled).matrices[0][...] *= 3.7
    assert surface.value_at(scaled) == pytest.approx(surface.value_at(parameters), rel=1e-12)
    (W, *_), (dW, *_) = (surface.layout.arrays(array) for array in (parameters, surface.gradient_at(parameters)))
    assert (W * dW).sum() == pytest.approx(0, abs=1e-12 * np.abs(W * dW).sum())


def trained(network, **changes):
    settings = {"loss": SquaredError(), "batch_size": 6, "epochs": 3, "dtype": "float64"}
    recipe = Recipe(network=network, **settings | changes)
    x, y = DRAW.standard_normal((1, 12, I)), DRAW.standard_normal((1, 12, O))
    *_, last = train(recipe, Examples(x, y, np.array([0])), [0], {3 * recipe.steps_per_epoch(12)})
    return recipe, x, y, last


@pytest.mark.parametrize("averaging", [None, Polyak(0.2)], ids=["last", "averaged"])
@pytest.mark.parametrize("inside", [False, True])
def test_batch_norm_is_measured_with_the_training_rows_statistics_at_the_very_weights(inside, averaging):
    """On the training rows that is one minibatch of all of them; other rows are scaled by the same numbers."""
    normal = Residual((Dense(WIDTH), BatchNorm(), Activation("tanh"))) if inside else BatchNorm()
    recipe, x, y, last = trained(around([normal]), averaging=averaging)
    z, _ = apply(last.layout, last.layout.views(last.parameters), x)
    more = np.concatenate([x, 5 + x[:, :1]], axis=1)
    whole = Whole(more, np.concatenate([y, y[:, :1]], axis=1), {"train": slice(0, 12), "test": slice(12, 13)})
    found = performance(recipe, last.layout, last.parameters, [whole], np.zeros(1, int))
    assert found.means["train/loss"][0] == pytest.approx(((z - y) ** 2).sum(axis=-1).mean(), rel=1e-12)
    assert np.isfinite(found.means["test/loss"][0])


@pytest.mark.parametrize("batch_size", [1, 11])
def test_a_minibatch_of_one_row_cannot_be_normalized(batch_size):
    with pytest.raises(ValueError, match=f"batch_size is {batch_size}, which makes a minibatch of one of 12"):
        trained(MLP((3,), normalization="batch"), batch_size=batch_size)


def test_a_fused_pass_has_the_bits_of_its_layers():
    x, da = DRAW.standard_normal((R, B, I)), DRAW.standard_normal((R, B, WIDTH))
    layers = (Dense(WIDTH), Activation("relu"), Noise(Dropout(0.3), "hidden"))
    assert [type(layer) for layer in fused(layers)] == [Rectified]
    found = []
    for these in (layers, fused(layers)):
        layout = lay_out(Layers((*these, Dense())), I, O)
        layout = type(layout)(these, I, WIDTH)
        W = initial_parameters(layout, [0, 1], "float64") + 0.1
        gradient = np.empty_like(W)
        a, pullback = apply(layout, layout.views(W, layout.streams([0, 1])), x)
        dx = pullback(da.copy, layout.views(gradient))()
        found.append((a, dx, gradient))
    for plain, one_pass in zip(*found, strict=True):
        np.testing.assert_allclose(one_pass, plain, rtol=1e-13, atol=1e-15)


def test_noise_where_it_stands_in_a_list_draws_from_a_stream_of_its_own():
    """Noise of the recipe moves no draw of a layer's, nor the other way round."""
    plain = Layers((Dense(WIDTH), Activation("tanh"), Dense()))
    noisy = Layers((Noise(Gaussian(0.0)), Dense(WIDTH), Activation("tanh"), Dense()))
    for sites in (Sites(), Sites(hidden=Dropout(0.3), weights=Gaussian(0.1))):
        a, b = (trained_bits(network, sites) for network in (plain, noisy))
        assert (a == b).all()


def trained_bits(network, sites):
    x, y = (np.random.default_rng(1).standard_normal((1, 12, columns)) for columns in (I, O))
    recipe = Recipe(network=network, loss=SquaredError(), noise=sites, batch_size=4, epochs=2, dtype="float64")
    *_, last = train(recipe, Examples(x, y, np.array([0])), [0], {6})
    return last.parameters


def test_a_diagonal_networks_coefficients_are_products():
    layout = lay_out(Diagonal(depth=2, initial=0.5), I, 1)
    parameters = initial_parameters(layout, [0], "float64")
    weights = layout.weights(parameters)
    assert [w.shape for w in weights.arrays] == [(1, I, 1), (1, 1, I), (1, 1, I)]
    for w in weights.diagonals:
        w[...] = DRAW.standard_normal(w.shape)
    coefficients = weights.diagonals[0] * weights.diagonals[1] * weights.matrices[0].mT
    x = DRAW.standard_normal((1, B, I))
    z, _ = apply(layout, layout.views(parameters), x)
    assert z == pytest.approx((x * coefficients).sum(axis=-1, keepdims=True))


def test_biases_start_as_one_row_of_weights_would():
    """PyTorch's default: weights and biases from U(−1/√I, 1/√I)."""
    layout = lay_out(MLP((1000,), initialization=FanIn(), bias_initialization=FanIn()), 25, 1)
    _, b, *_ = layout.arrays(initial_parameters(layout, [0], "float64"))
    assert np.abs(b).max() <= 1 / 5
    assert b.std() == pytest.approx(1 / 5 / np.sqrt(3), rel=0.05)
    plain = lay_out(MLP((1000,), initialization=FanIn()), 25, 1)
    with_biases, without = (initial_parameters(one, [0], "float64") for one in (layout, plain))
    assert (layout.weights(with_biases).flat == plain.weights(without).flat).all()


def test_what_does_not_fit_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match="Residual gets 5 inputs and its layers make 3 outputs"):
        lay_out(Layers((Residual((Dense(3),)), Dense())), I, O)
    with pytest.raises(
        ValueError, match="the last layer of Layers makes 3 outputs, and the data need 7; end with a Dense"
    ):
        lay_out(Layers((Dense(3),)), I, O)
    with pytest.raises(ValueError, match=r"Dense\.units is 0; it must be a whole number"):
        Dense(0)
    with pytest.raises(ValueError, match=r"noise\.hidden is set, but the network has no hidden layer"):
        Recipe(network=Diagonal(), noise=Sites(hidden=Dropout(0.1)))


def test_a_residual_network_of_blocks_that_are_off_is_its_linear_part():
    layout = lay_out(ResidualMLP(4, 3), I, O)
    parameters = initial_parameters(layout, [0], "float64")
    first, *blocks, last = layout.weights(parameters).matrices
    for W in blocks:
        W[...] = 0  # φ(0) = 0 for relu
    x = DRAW.standard_normal((1, B, I))
    z, _ = apply(layout, layout.views(parameters), x)
    assert z == pytest.approx(x @ first @ last)


def test_streams_are_numbered_among_those_of_their_purpose():
    layout = lay_out(MLP((3, 4)), I, O, Sites(hidden=Dropout(0.1), weights=Gaussian(0.1)))
    keys = [(stream.key[1], stream.key[2]) for stream in layout.streams([0])]
    assert sorted(keys) == [("hidden", 0), ("hidden", 1), ("weights", 0), ("weights", 1), ("weights", 2)]
    assert isinstance(layout.streams([0])[0], Streams)


def test_a_classifier_of_any_layers_trains():
    draw = np.random.default_rng(1)
    network = Layers((Dense(8), LayerNorm(), Activation("relu"), Residual((Dense(8), Activation("relu"))), Dense()))
    x = draw.standard_normal((1, 60, I))
    y = np.eye(2)[(x[..., 0] * x[..., 1] > 0).astype(int)]
    recipe = Recipe(network=network, loss=SoftmaxCrossEntropy(), batch_size=10, epochs=100, dtype="float64")
    (last,) = train(recipe, Examples(x, y, np.array([0])), [0], {600})
    z, _ = apply(last.layout, last.layout.views(last.parameters), x)
    assert (z.argmax(-1) == y.argmax(-1)).mean() > 0.95
