"""Expectation and variance of the noise sources, and the independence of their streams."""

from itertools import pairwise

import numpy as np
import pytest

from backprop import kernels
from backprop.arrays import per_replica
from backprop.fusion import Rectified
from backprop.initializations import Glorot, He, Normal, Uniform, Zeros
from backprop.layers import Activation, Dense
from backprop.layers import Noise as NoiseLayer
from backprop.losses import SquaredError
from backprop.network import MLP, lay_out, with_noise
from backprop.noise import Dropout, Gaussian, MultiplicativeGaussian, Noise
from backprop.randomness import Streams, generator
from backprop.stacking import stack
from backprop.training import Examples, Recipe, train

SHAPE = (1, 500, 400)
N = SHAPE[1] * SHAPE[2]


def z_score(sample_mean, mean, sd):
    return abs(sample_mean - mean) / (sd / np.sqrt(N))


def test_gaussian_noise_has_mean_zero_and_its_scale():
    noisy, _ = Gaussian(0.3)(np.full(SHAPE, 2.0), Streams([0], "hidden"))
    assert z_score(noisy.mean(), 2.0, 0.3) < 4
    assert noisy.std() == pytest.approx(0.3, rel=4 / np.sqrt(2 * N))


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_has_the_variance_of_its_rate(rate):
    """ã = a m / (1 − q): mean a, variance a² q / (1 − q)."""
    dropped, _ = Dropout(rate)(np.full(SHAPE, 2.0), Streams([0], "hidden"))
    sd = 2 * np.sqrt(rate / (1 - rate))
    assert z_score(dropped.mean(), 2.0, max(sd, 1e-12)) < 4
    assert dropped.std() == pytest.approx(sd, rel=0.02, abs=1e-12)
    assert abs((dropped == 0).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / N) + 1e-12


def test_a_rate_next_to_one_drops_nearly_all_and_never_nothing():
    """It is realised as 65,535 of 65,536: a threshold of 65,536 would wrap to 0."""
    dropout = Dropout(0.9999999)
    assert dropout.threshold.tolist() == [65535]
    assert dropout.factor.tolist() == [65536.0]


def test_dropout_rates_may_differ_between_replicas_that_share_a_seed():
    rates = per_replica([0.2, 0.6], "float32")
    a = np.ones((2, 300, 300), "float32")
    dropped, _ = Dropout(rates)(a, Streams([5, 5], "hidden"))
    assert dropped.dtype == np.float32
    assert (dropped == 0).mean(axis=(1, 2)) == pytest.approx([0.2, 0.6], abs=0.01)
    assert ((dropped[1] == 0) >= (dropped[0] == 0)).all()  # the same draws: what 0.2 drops, 0.6 drops too


def test_streams_of_different_purposes_seeds_and_layers_differ():
    def first(*key):
        return generator(*key).standard_normal(4).tolist()

    streams = [first(0, "inputs"), first(1, "inputs"), first(0, "hidden"), first(0, "hidden", 1)]
    assert len({tuple(s) for s in streams}) == 4
    assert first(0, "hidden", 1) == streams[3]


def test_replicas_that_share_a_seed_share_their_draws():
    draws = Streams([3, 1, 3], "hidden").normal(2, 2, np.dtype("float64"))
    alone = Streams([3], "hidden").normal(2, 2, np.dtype("float64"))
    assert (draws[0] == draws[2]).all()
    assert (draws[0] == alone[0]).all()
    assert (draws[0] != draws[1]).any()


@pytest.mark.parametrize("seeds", [[3, 1], [1, 3], [1, 1, 3], [3, 3, 1], [5]])
def test_a_replicas_draws_are_its_seeds_in_whatever_order_seeds_come(seeds):
    draws = Streams(seeds, "batch").permutation(11)
    for seed, own in zip(seeds, draws, strict=True):
        assert (own == Streams([seed], "batch").permutation(11)[0]).all()


def test_no_random_word_is_used_twice_or_left_out():
    """An order of 7 things takes 6 words, 15 times 16 bits take 4."""
    words = Streams([3, 1], "batch").bits(12)
    streams = Streams([3, 1], "batch")
    order, bits, rest = streams.permutation(7), streams.random_bits(3, 5), streams.bits(2)
    assert sorted(order[0].tolist()) == list(range(7))
    assert (bits == words[:, 6:10].copy().view(np.uint16)[:, :15].reshape(2, 3, 5)).all()
    assert (rest == words[:, 10:]).all()
    first = np.empty((2, 12), np.uint64)
    kernels.random_words(*streams.words_from, 0, first)
    assert (words == first).all()


def test_multiplicative_noise_has_mean_one_and_its_scale():
    noisy, _ = MultiplicativeGaussian(0.4)(np.full(SHAPE, 2.0), Streams([0], "hidden"))
    assert z_score(noisy.mean(), 2.0, 0.8) < 4
    assert noisy.std() == pytest.approx(0.8, rel=4 / np.sqrt(2 * N))


@pytest.mark.parametrize(
    "source", [Gaussian(0.4, "batch"), MultiplicativeGaussian(0.4, "batch"), Dropout(0.4, "batch")]
)
def test_noise_per_batch_is_one_draw_for_all_rows(source):
    noisy, _ = source(np.ones((1, 5, 20_000)), Streams([0], "hidden"))
    assert (noisy == noisy[:, :1]).all()
    assert noisy.mean() == pytest.approx(1, abs=0.03)
    assert noisy.std() > 0.3


def test_a_list_gives_each_layer_its_own_number():
    layers = with_noise(MLP((5, 7)).layers, Noise(hidden=Dropout((0.1, 0.8))))
    assert [layer.source.rate for layer in layers if isinstance(layer, NoiseLayer)] == [0.1, 0.8]
    after = [before for before, layer in pairwise(layers) if isinstance(layer, NoiseLayer)]
    assert [type(layer) for layer in after] == [Activation, Activation]


def test_each_site_and_layer_draws_from_the_stream_of_its_name_and_number():
    """Seen at a network whose every array is 1: what a layer makes of noise alone is the draw of its stream."""
    source, a = Gaussian(0.3), np.zeros((1, 2, 3))
    layout = lay_out(MLP((3, 3)), 3, 3, Noise(source, source, source))
    owned = layout.views(np.zeros((1, 1, layout.count())), layout.streams([5]))
    numbers = {"inputs": 0, "hidden": 0, "weights": 0}
    for layer, own in zip(layout.layers, owned, strict=True):
        site = (
            layer.stream if isinstance(layer, NoiseLayer) else "weights" if isinstance(layer, Dense | Rectified) else ""
        )
        if site:
            drawn = source(a, Streams([5], site, numbers[site]))[0]
            assert (source(a, own.streams[0])[0] == drawn).all()
            numbers[site] += 1
    assert numbers == {"inputs": 1, "hidden": 2, "weights": 3}


def test_a_list_of_one_number_is_for_the_one_layer_of_inputs_and_gradients():
    lists = Noise(inputs=Gaussian((0.3,)), gradients=Gaussian((0.3,)))
    plain = Noise(inputs=Gaussian(0.3), gradients=Gaussian(0.3))
    x, y = np.ones((1, 4, 3)), np.zeros((1, 4, 2))
    ends = []
    for noise in (lists, plain):
        recipe = stack([Recipe(loss=SquaredError(), noise=noise, epochs=2, batch_size=2)] * 2, "float32")
        *_, last = train(recipe, Examples(x, y, np.zeros(2, int)), [0, 1], {4})
        ends.append(last.parameters)
    assert (ends[0] == ends[1]).all()
    with pytest.raises(ValueError, match="lists 2 numbers, but noise acts at 1 layers"):
        Recipe(noise=Noise(gradients=Gaussian((0.3, 0.4))))


def test_noise_that_fits_no_layer_is_refused():
    with pytest.raises(ValueError, match="lists 2 numbers, but noise acts at 1 layers"):
        with_noise(MLP((5,)).layers, Noise(hidden=Dropout((0.1, 0.8))))
    with pytest.raises(ValueError, match="the network has no hidden layer"):
        with_noise(MLP(()).layers, Noise(hidden=Dropout(0.1)))
    with pytest.raises(ValueError, match=r"noise\.weights\.shared_over is batch"):
        Noise(weights=Gaussian(0.1, "batch"))


@pytest.mark.parametrize(
    ("initialization", "sd"),
    [
        (He(), np.sqrt(2 / 300)),
        (Glorot(), np.sqrt(2 / 700)),
        (Normal(0.3), 0.3),
        (Uniform(0.3), 0.3 / np.sqrt(3)),
        (Zeros(), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_initial_weights_have_the_spread_they_say(initialization, sd):
    W = initialization(300, 400, Streams([0, 1], "init"))
    assert W.shape == (2, 300, 400)
    assert W.std() == pytest.approx(sd, rel=0.01)
    assert abs(W.mean()) < 4 * sd / np.sqrt(W.size) + 1e-15
    if isinstance(initialization, Uniform):
        assert np.abs(W).max() <= 0.3
