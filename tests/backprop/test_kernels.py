"""Every kernel against the textbook's line in plain numpy, or, for random words, against published ones."""

import os
import subprocess
import sys

import numpy as np
import pytest
from filelock import FileLock

from backprop import kernels
from backprop.fusion import Rectified
from backprop.layers import Dense, Owned
from backprop.losses import softmax_cross_entropy
from backprop.noise import Dropout
from backprop.operations import affine, relu
from backprop.randomness import Streams, generator

R, B, I, O, P = 2, 3, 5, 7, 11  # noqa: E741
draw = np.random.default_rng(0)
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])


def normal(*shape, dtype="float64"):
    array = draw.standard_normal(shape)
    return (array + 0.1j * draw.standard_normal(shape) if dtype == "complex128" else array).astype(dtype)


def same(ours, textbook):
    assert np.shape(ours) == np.shape(textbook)
    np.testing.assert_allclose(ours, textbook, rtol=2e-6 if ours.dtype == np.float32 else 1e-13)


@DTYPES
def test_a_bias_is_added_to_every_row(dtype):
    z, b = normal(R, B, O, dtype=dtype), normal(R, 1, O, dtype=dtype)
    expected = z + b
    kernels.add_bias(z, b)
    same(z, expected)


@DTYPES
def test_columns_are_summed(dtype):
    dz, sums = normal(R, B, O, dtype=dtype), np.empty((R, 1, O), dtype)
    kernels.column_sums(dz, 0.5, sums)
    same(sums, 0.5 * dz.sum(axis=-2, keepdims=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relu_with_its_affine_map_is_affine_then_relu(dtype):
    x, W, b = normal(R, B, I, dtype=dtype), normal(R, I, O, dtype=dtype), normal(R, 1, O, dtype=dtype)
    da = normal(R, B, O, dtype=dtype)
    z, to_affine = affine(x, W, b)
    a, to_z = relu(z)
    expected = to_affine(to_z(da))
    fused, pullback = Rectified(Dense())(x, Owned((W, b)))
    same(fused, a)
    for ours, textbook in zip(gradients(pullback, da, W, b), expected, strict=True):
        same(ours, textbook)


def gradients(pullback, da, W, b):
    """∂J/∂x, ∂J/∂W, ∂J/∂b; what the pullback is given stays as it was."""
    before, own = da.copy(), Owned((np.empty_like(W), np.empty_like(b)))
    dx = pullback(da.copy, own)()
    np.testing.assert_array_equal(da, before)
    return dx, *own.arrays


@pytest.mark.parametrize("shared_over", ["nothing", "batch"])
@pytest.mark.parametrize("rate", [0.3, np.array([0.2, 0.6]).reshape(2, 1, 1)], ids=["one rate", "two rates"])
def test_relu_with_dropout_is_affine_then_relu_then_dropout(rate, shared_over):
    x, W, b, da = normal(R, B, I), normal(R, I, O), normal(R, 1, O), normal(R, B, O)
    dropout = Dropout(rate, shared_over)
    z, to_affine = affine(x, W, b)
    h, to_z = relu(z)
    a, to_h = dropout(h, Streams([3, 4], "hidden"))
    expected = to_affine(to_z(to_h(da)))
    streams = (Streams([3, 4], "weights"), Streams([3, 4], "hidden"))
    fused, pullback = Rectified(Dense(), dropout)(x, Owned((W, b), streams))
    np.testing.assert_array_equal(fused, a)
    for ours, textbook in zip(gradients(pullback, da, W, b), expected, strict=True):
        same(ours, textbook)


def test_relu_passes_infinities_and_nan_on_as_numpy_does():
    x, W = np.array([[[np.inf], [-np.inf], [np.nan], [-1.0]]]), np.ones((1, 1, 1))
    a, _ = Rectified(Dense())(x, Owned((W, np.zeros((1, 1, 1)))))
    np.testing.assert_array_equal(a, np.maximum(x, 0))


@DTYPES
def test_softmax_cross_entropy_is_the_textbooks(dtype):
    z, y = normal(R, B, O, dtype=dtype), np.eye(O)[draw.integers(0, O, (R, B))].astype(z_dtype(dtype))
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    cost, pullback = softmax_cross_entropy(z, y)
    np.testing.assert_allclose(
        cost, -(y * np.log(p)).sum(axis=-1, keepdims=True), rtol=1e-5 if dtype == "float32" else 1e-12
    )
    np.testing.assert_allclose(pullback(), (p - y) / B, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-8)


def z_dtype(dtype):
    return "float64" if dtype == "complex128" else dtype


def test_random_words_are_splitmix64s():
    """Its first words for the seed 1234567, as published with the reference implementation's ports."""
    words = np.empty((1, 5), np.uint64)
    kernels.random_words(np.array([1234567], np.uint64), np.array([0x9E3779B97F4A7C15], np.uint64), 0, words)
    assert words[0].tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_random_words_do_not_depend_on_how_many_are_drawn_at_once():
    whole, parts = Streams([3, 5], "hidden"), Streams([3, 5], "hidden")
    np.testing.assert_array_equal(whole.bits(7), np.concatenate([parts.bits(3), parts.bits(4)], axis=1))


def test_random_words_are_uniform_and_their_streams_uncorrelated():
    words = Streams(range(8), "hidden").random_bits(100, 500).reshape(8, -1) / 65536
    assert np.abs(words.mean(axis=-1) - 0.5).max() < 5 * np.sqrt(1 / 12 / 50_000)
    correlations = np.corrcoef(words)[np.triu_indices(8, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(50_000)


def test_a_shuffle_is_fisher_and_yates():
    words = Streams([0, 1], "batch").bits(O - 1)
    order = np.empty((2, O), int)
    kernels.shuffle(words, order)
    for s in range(2):
        expected = list(range(O))
        for i in range(1, O):
            j = (int(words[s, i - 1]) >> 32) * (i + 1) >> 32
            expected[i], expected[j] = expected[j], expected[i]
        assert order[s].tolist() == expected


def test_every_order_is_equally_likely():
    orders = np.concatenate([Streams([seed], "batch").permutation(3) for seed in range(6000)])
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5  # χ² with 5 degrees of freedom, p = 0.001


def test_rows_are_gathered():
    x, y, of = normal(2, P, I), normal(2, P, O), np.array([1, 0, 1])
    rows = draw.integers(0, P, (3, B))
    own_x, own_y = np.empty((3, B, I)), np.empty((3, B, O))
    kernels.gather(x, y, rows, of, own_x, own_y)
    np.testing.assert_array_equal(own_x, x[of[:, None], rows])
    np.testing.assert_array_equal(own_y, y[of[:, None], rows])


@pytest.mark.parametrize("held", ["float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaled", [True, False])
def test_rows_of_one_array_are_gathered_and_scaled_as_in_float64(held, dtype, scaled):
    x, of = (1e3 + normal(P, I)).astype(held), np.array([1, 0, 1])
    mean, factor = (1e3 + normal(2, I), 1 + normal(2, I) ** 2) if scaled else (None, None)
    chosen, rows = draw.permuted(np.tile(np.arange(P), (2, 1)), axis=1)[:, :7], draw.integers(0, 7, (3, B))
    own = np.empty((3, B, I), dtype)
    kernels.gather_scaled(x, chosen, mean, factor, rows, of, own)
    expected = x[chosen[of[:, None], rows]].astype(float)
    if scaled:
        expected = (expected - mean[of, None]) * factor[of, None]
    np.testing.assert_array_equal(own, expected.astype(dtype))


@pytest.mark.parametrize("shared_over", ["nothing", "batch"])
def test_dropout_is_the_product_with_a_mask(shared_over):
    a, streams = normal(3, B, O), Streams([4, 4, 6], "hidden")
    rate = np.array([0.25, 0.5, 0.5]).reshape(3, 1, 1)
    noisy, pullback = Dropout(rate, shared_over)(a, streams)
    words = Streams([4, 4, 6], "hidden").random_bits(B if shared_over == "nothing" else 1, O)[[0, 0, 1]]
    mask = (words >= 65536 * rate) / (1 - rate)
    np.testing.assert_array_equal(noisy, a * mask)
    np.testing.assert_array_equal(pullback(a), a * mask)


@DTYPES
def test_scaled_arrays_are_added_to_the_leading_columns(dtype):
    g, W, scale = normal(R, 1, P, dtype=dtype), normal(R, 1, P, dtype=dtype), normal(R)
    expected = g.copy()
    expected[..., :7] += scale[:, None, None] * W[..., :7]
    kernels.add_scaled(g, scale, W, 7)
    same(g, expected.astype(dtype))


def test_a_soft_threshold_takes_t_off_every_size():
    W, t = normal(R, 1, P), np.array([0.3, 0.7])
    expected = W.copy()
    expected[..., :7] = (np.sign(W) * np.maximum(np.abs(W) - t[:, None, None], 0))[..., :7]
    kernels.soft_threshold(W, t, 7)
    np.testing.assert_allclose(W, expected, atol=1e-15)


def test_momentum_and_adam_step_as_their_formulas():
    W, v, s, g = (np.abs(normal(R, 1, P)) for _ in range(4))
    m, eta = np.array([0.5, 0.9]), np.array([0.1, 0.2])
    mu, rate = m[:, None, None], eta[:, None, None]
    stepped = mu * v + g, W - rate * (mu * v + g)
    ours = [a.copy() for a in (W, v)]
    kernels.momentum_step(*ours, g, m, eta)
    same(ours[1], stepped[0])
    same(ours[0], stepped[1])

    ones = np.ones(R)
    ours = [a.copy() for a in (W, v, s)]
    kernels.adam_step(*ours, g, m, m, eta, 2 * ones, 1e-3 * ones)
    first, second = mu * v + (1 - mu) * g, mu * s + (1 - mu) * g * g
    for array, textbook in zip(ours, (W - rate * first / (np.sqrt(2 * second) + 1e-3), first, second), strict=True):
        same(array, textbook)


def test_columns_are_limited_to_a_radius():
    W, radius = normal(R, I, O), np.array([1.5, 2.5])
    norm = np.linalg.norm(W, axis=1, keepdims=True)
    expected = W * np.minimum(1, radius[:, None, None] / norm)
    assert (norm < radius[:, None, None]).any()
    assert (norm > radius[:, None, None]).any()
    kernels.limit_columns(W, radius)
    same(W, expected)


def test_weights_are_summed_up_layer_by_layer():
    layers = [normal(R, I, O), normal(R, O, B)]
    layers[0][0, 0, 0] = 0
    sums = np.zeros((4, R))
    for W in layers:
        kernels.weight_sums(W, sums)
    for r in range(R):
        flat = np.concatenate([W[r].ravel() for W in layers])
        largest = max((W[r] ** 2).sum(axis=0).max() for W in layers)
        assert sums[:, r] == pytest.approx([(flat**2).sum(), np.abs(flat).sum(), (flat == 0).sum(), largest])


def test_an_example_is_misclassified_where_the_first_largest_output_is_not_its_class():
    z = np.array([[[1.0, 2.0, 0.0], [3.0, 3.0, 0.0], [0.0, 1.0, 2.0]]])
    y = np.array([[[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    error = np.empty((1, 3, 1))
    kernels.misclassified(z, y, error)
    assert error.ravel().tolist() == [0, 1, 0] == (z.argmax(-1) != y.argmax(-1)).astype(float).ravel().tolist()


def test_generators_of_different_purposes_differ():
    assert generator(0, "init").random() != generator(0, "batch").random()


COMPILES = """
import numpy as np
from backprop import kernels
z = np.zeros((2, 3, 5))
kernels.add_bias(z, np.ones((2, 1, 5)))
assert (z == 1).all()
"""


@pytest.mark.slow
def test_one_process_at_a_time_adds_compiled_code_to_the_disk(tmp_path):
    """Else two can take one number for what they add, and a third runs code made for arrays of another type."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", COMPILES], env=environment, timeout=120).returncode == 0
    (lock,) = tmp_path.rglob("kernels.lock")
    for compiled in tmp_path.rglob("*.nb?"):
        compiled.unlink()
    with FileLock(lock):
        process = subprocess.Popen([sys.executable, "-c", COMPILES], env=environment)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=8)
        assert not list(tmp_path.rglob("*.nb?"))
    assert process.wait(timeout=120) == 0
    assert list(tmp_path.rglob("*.nbc"))
