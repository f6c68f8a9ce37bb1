"""Arithmetic by hand, visible, one number at a time."""

import numpy as np
import pytest

from backprop.arrays import per_replica
from backprop.constraints import MaxNorm
from backprop.layout import Weights
from backprop.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError, softmax_cross_entropy, squared_error
from backprop.network import MLP, lay_out
from backprop.operations import affine, relu, sigmoid
from backprop.penalties import L1, L2, ElasticNet
from tests.backprop.made import row_of_weights, weights_of


def column(*rows):
    return np.array(rows, float).reshape(1, -1, 1)


def row(*columns):
    return np.array(columns, float).reshape(1, 1, -1)


def test_the_chapters_numbers_r_5_gives_10_and_2rx():
    x, w, b, y = (row(v) for v in (3.0, 2.0, 1.0, 2.0))  # ŷ = 3·2 + 1 = 7, r = 7 − 2 = 5
    z, to_inputs = affine(x, w, b)
    J, to_z = squared_error(z, y)
    dz = to_z()
    dx, dw, db = to_inputs(dz)
    assert J.item() == 25
    assert dz.item() == 10  # ∂J/∂r = 2r
    assert dw.item() == 30  # 2rx
    assert db.item() == 10
    assert dx.item() == 20  # 2rw


def test_the_bias_gradient_adds_over_instances():
    _, pullback = affine(column(1, 2, 3), row(1), row(0))
    _, dW, db = pullback(column(1, 1, 1))
    assert db.tolist() == [[[3]]]
    assert dW.tolist() == [[[6]]]


def test_squared_error_is_the_mean_over_examples_of_the_sum_over_outputs_without_a_half():
    z, y = np.zeros((1, 2, 3)), np.ones((1, 2, 3))
    J, pullback = SquaredError()(z, y)
    assert J.item() == 3  # (3 + 3) / 2
    assert (pullback() == -1).all()  # 2r / B = −2 / 2


def test_softmax_cross_entropy_of_equal_outputs_is_log_k_and_huge_outputs_do_not_overflow():
    y = np.array([[[1.0, 0, 0, 0]]])
    J, pullback = softmax_cross_entropy(np.zeros((1, 1, 4)), y)
    assert J.item() == pytest.approx(np.log(4))
    assert pullback().tolist() == [[[-0.75, 0.25, 0.25, 0.25]]]
    J, _ = softmax_cross_entropy(np.array([[[0.0, 1e4, 0, 0]]]), y)
    assert J.item() == 1e4


def test_label_smoothing_moves_the_targets_and_not_what_is_reported():
    z, y = np.array([[[1.0, 0, 0, 0]]]), np.array([[[1.0, 0, 0, 0]]])
    smooth, plain = SoftmaxCrossEntropy(smoothing=0.2), SoftmaxCrossEntropy()
    p = np.exp(z) / np.exp(z).sum()
    J, pullback = smooth(z, y)
    assert pullback() == pytest.approx(p - [0.85, 0.05, 0.05, 0.05])
    assert J.item() == pytest.approx(-(np.log(p) * [0.85, 0.05, 0.05, 0.05]).sum())
    assert smooth.cost(z, y).item() == plain.cost(z, y).item() == pytest.approx(-np.log(p[0, 0, 0]))


def test_binary_cross_entropy_is_softmax_of_two_outputs():
    z, labels = np.array([[[2.0], [-1.0], [800.0]]]), np.eye(2)[[1, 0, 0]]
    loss = BinaryCrossEntropy()
    y = loss.targets(labels)[None]
    two = SoftmaxCrossEntropy().cost(np.concatenate([np.zeros_like(z), z], axis=-1), labels[None])
    assert loss.cost(z, y) == pytest.approx(two)
    assert loss.cost(z, y).ravel().tolist() == pytest.approx([np.log1p(np.exp(-2)), np.log1p(np.exp(-1)), 800])
    assert loss.error(z, y).ravel().tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="these data have 3"):
        loss.targets(np.eye(3))


def test_relu_passes_no_gradient_where_its_output_is_zero():
    a, pullback = relu(row(-1, 0, 2))
    assert a.tolist() == [[[0, 0, 2]]]
    assert pullback(row(1, 1, 1)).tolist() == [[[0, 0, 1]]]


def test_sigmoid_does_not_overflow():
    a, _ = sigmoid(row(-1e4, 0, 1e4))
    assert a.tolist() == [[[0, 0.5, 1]]]


def gradient(penalty, W):
    """Of the weights W, in an array of parameters that has one bias, 7, as well."""
    parameters = np.append(W, [[[7.0]]], axis=-1)
    g = np.zeros_like(parameters)
    penalty.add_gradient(Weights(g, W.shape[-1], (), ()), Weights(parameters, W.shape[-1], (), ()))
    return g


def proximal(penalty, W, c):
    parameters = np.append(W, [[[7.0]]], axis=-1)
    penalty.proximal(Weights(parameters, W.shape[-1], (), ()), c)
    assert parameters[0, 0, -1] == 7
    return parameters[..., :-1]


def test_penalties_by_hand():
    W = row(3, -4)
    assert L2(0.5).value(row_of_weights(W)).item() == 0.5 * 0.5 * 25
    assert gradient(L2(0.5), W).tolist() == [[[1.5, -2, 0]]]
    assert L1(0.5).value(row_of_weights(W)).item() == 0.5 * 7
    assert gradient(L1(0.5), W).tolist() == [[[0.5, -0.5, 0]]]
    assert ElasticNet(0.5, 0.2).value(row_of_weights(W)).item() == pytest.approx(0.5 * (0.2 * 7 + 0.8 * 0.5 * 25))


def test_the_proximal_step_of_l1_reaches_exact_zeros_and_the_subgradient_does_not():
    W = row(0.3, -0.05, 0.1, -0.1)
    assert proximal(L1(1.0), W, 0.1).tolist() == [[[pytest.approx(0.2), 0, 0, 0]]]
    stepped = W - 0.1 * gradient(L1(1.0), W)[..., :-1]
    assert stepped.ravel() == pytest.approx([0.2, 0.05, 0, 0])  # −0.05 has jumped across zero


def test_the_proximal_step_of_elastic_net_thresholds_before_it_shrinks():
    (value,) = proximal(ElasticNet(1.0, 0.5), row(1.0), 0.2).ravel()
    assert value == pytest.approx((1 - 0.2 * 0.5) / (1 + 0.2 * 0.5))


def test_max_norm_bounds_each_units_incoming_weights_and_leaves_the_others():
    W = np.array([[[3.0, 0.3], [4.0, 0.4]]])  # unit 0 has norm 5, unit 1 has norm 0.5
    weights = weights_of(W)
    (W,) = weights.matrices
    MaxNorm(radius=1.0).project(weights)
    assert W[0] == pytest.approx(np.array([[0.6, 0.3], [0.8, 0.4]]))
    before = W.copy()
    MaxNorm(radius=1.0).project(weights)
    assert before == pytest.approx(W, abs=1e-15)


def test_max_norm_of_a_stack_uses_each_replicas_own_radius():
    weights = weights_of(np.full((2, 4, 3), 1.0))  # each unit has norm 2
    MaxNorm(radius=per_replica([1.0, 4.0], "float64")).project(weights)
    assert np.sqrt((weights.matrices[0] ** 2).sum(axis=1)).tolist() == [[1, 1, 1], [2, 2, 2]]


def test_views_share_the_parameters_memory_weights_first():
    parameters = np.arange(17.0).reshape(1, 1, 17)
    layout = lay_out(MLP((3,)), 2, 2)
    (W0, b0), (W1, b1) = (own.arrays for own in layout.views(parameters))
    assert W0.tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert W1.tolist() == [[[6, 7], [8, 9], [10, 11]]]
    assert b0.tolist() == [[[12, 13, 14]]]
    assert b1.tolist() == [[[15, 16]]]
    W1[...] = -1
    assert (parameters[..., 6:12] == -1).all()
