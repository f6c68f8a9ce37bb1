"""What a loss may be told, and what each is where the answer is known: by hand, in closed form, from scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import brier_score_loss, hinge_loss, log_loss

from backprop.losses import (
    LINKS,
    BinaryCrossEntropy,
    ConfidencePenalty,
    Focal,
    Hinge,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SquaredErrorOnClasses,
)

R, B, K = 2, 11, 5
DRAW = np.random.default_rng(0)
OF_CLASSES = [
    *(SoftmaxCrossEntropy(), SoftmaxCrossEntropy(smoothing=0.1), SquaredErrorOnClasses(), SigmoidSquaredError()),
    *(Hinge(), Focal(0.0), Focal(0.5), Focal(2.0), ConfidencePenalty(0.3)),
]


def some_outputs():
    """Outputs (R, B, K) and labels (R, B) that have every class."""
    return 2 * DRAW.standard_normal((R, B, K)), np.stack([DRAW.permutation(np.arange(B) % K) for _ in range(R)])


def by_hand(loss, z, label):
    """J of one example, its gradient, and what is reported of it."""
    z, y = np.array([[z]], float), np.eye(len(z))[[[label]]]
    J, pullback = loss(z, y)
    return J.item(), pullback().ravel(), loss.cost(z, y).item(), loss.error(z, y).item()


def test_labels_that_are_smoothed_away_teach_nothing():
    """At 1 every target is 1/K, whatever the label; just below it they still differ."""
    with pytest.raises(ValueError, match=r"SoftmaxCrossEntropy.smoothing is 1; it must be a number in \[0, 1\)"):
        SoftmaxCrossEntropy(smoothing=1)
    SoftmaxCrossEntropy(smoothing=0.99)


def test_squared_error_on_classes_is_the_distance_from_the_one_hot_row():
    J, gradient, cost, error = by_hand(SquaredErrorOnClasses(), [3.0, -1.0, 0.0], 1)
    assert J == cost == 3**2 + (-1 - 1) ** 2
    assert gradient.tolist() == [6, -4, 0]  # 2 (z − y)
    assert error == 1
    assert by_hand(SquaredErrorOnClasses(), [0.0, 0.2, 0.1], 1)[3] == 0


def test_sigmoid_outputs_with_squared_error_by_hand():
    """σ(0) = ½ and σ(log 3) = ¾, so that J = (½)² + (¾ − 1)² and the gradients are 2 · ½ · ¼ and 2 · (−¼) · ¾ · ¼."""
    J, gradient, cost, error = by_hand(SigmoidSquaredError(), [0.0, np.log(3)], 1)
    assert J == cost == pytest.approx(1 / 4 + 1 / 16)
    assert gradient == pytest.approx([1 / 4, -3 / 32])
    assert error == 0


def test_the_sigmoid_squared_error_is_each_classes_brier_score_summed():
    z, labels = some_outputs()
    J, _ = SigmoidSquaredError()(z, np.eye(K)[labels])
    for r in range(R):
        brier = [brier_score_loss(labels[r] == k, expit(z[r, :, k])) for k in range(K)]
        assert J[r].item() == pytest.approx(sum(brier), rel=1e-12)


def test_hinge_by_hand():
    """The class leads by 0.5 where 1 is wanted; the strongest other class gets the gradient, and the third none."""
    J, gradient, cost, error = by_hand(Hinge(), [1.5, 1.0, -2.0], 0)
    assert (J, cost, error) == (0.5, 0.5, 0)
    assert gradient.tolist() == [-1, 1, 0]
    J, gradient, *_ = by_hand(Hinge(), [1.0, 2.5, 2.5], 0)
    assert J == 2.5
    assert gradient.tolist() == [-1, 1, 0]  # of two that are largest, the first
    J, gradient, *_ = by_hand(Hinge(), [2.0, 1.0, -2.0], 0)  # at the corner
    assert J == 0
    assert gradient.tolist() == [0, 0, 0]


def test_hinge_is_scikit_learns():
    z, labels = some_outputs()
    J, _ = Hinge()(z, np.eye(K)[labels])
    assert J.ravel() == pytest.approx([hinge_loss(labels[r], z[r], labels=np.arange(K)) for r in range(R)], rel=1e-12)


def test_hinge_of_two_classes_is_the_ordinary_one_of_the_difference():
    z, labels = DRAW.standard_normal((1, B, 2)), np.arange(B) % 2
    t, d = 2 * labels - 1, z[0, :, 1] - z[0, :, 0]
    cost = Hinge().cost(z, np.eye(2)[labels][None]).ravel()
    assert cost == pytest.approx(np.maximum(0, 1 - t * d))
    assert cost.mean() == pytest.approx(hinge_loss(t, d))


def test_hinge_says_that_outputs_are_no_numbers():
    """A diverged network has a loss that is not finite; a comparison with NaN must not make it 0."""
    z, y = np.full((1, 1, 3), np.nan), np.eye(3)[[[0]]]
    assert np.isnan(Hinge()(z, y)[0])
    assert np.isnan(Hinge().cost(z, y))


def test_focal_by_hand():
    """Two equal outputs: p = ½, J = (½)² log 2, and ∂p/∂z = p (1 − p) = ¼ for the class's own output, −¼ for the other."""
    J, gradient, cost, _ = by_hand(Focal(2.0), [0.7, 0.7], 0)
    assert pytest.approx(np.log(2) / 4) == J
    slope = -2 * 0.5 * np.log(2) - 0.25 / 0.5  # d/dp of −(1 − p)² log p is 2 (1 − p) log p − (1 − p)² / p
    assert gradient == pytest.approx([slope / 4, -slope / 4])
    assert cost == pytest.approx(np.log(2))  # reported is the cross-entropy


@pytest.mark.parametrize("plain", [Focal(0.0), ConfidencePenalty(0.0)], ids=lambda loss: type(loss).__name__)
def test_without_their_number_focal_and_confidence_penalty_are_cross_entropy(plain):
    z, labels = some_outputs()
    y = np.eye(K)[labels]
    (J, pullback), (expected, expected_pullback) = plain(z, y), SoftmaxCrossEntropy()(z, y)
    assert pytest.approx(expected, rel=1e-12) == J
    assert pullback() == pytest.approx(expected_pullback(), rel=1e-10)


def test_focal_and_confidence_penalty_are_their_formulas_and_report_scikit_learns_log_loss():
    z, labels = some_outputs()
    y = np.eye(K)[labels]
    p, log_p = softmax(z, axis=-1), log_softmax(z, axis=-1)
    own = (p * y).sum(axis=-1)
    entropy = -(p * log_p).sum(axis=-1)
    J, _ = Focal(1.7)(z, y)
    assert J.ravel() == pytest.approx((-((1 - own) ** 1.7) * np.log(own)).mean(axis=-1))
    J, pullback = ConfidencePenalty(0.3)(z, y)
    assert J.ravel() == pytest.approx((-np.log(own) - 0.3 * entropy).mean(axis=-1))
    assert pullback() == pytest.approx((p - y - 0.3 * p * (-log_p - entropy[..., None])) / B)
    for loss in (Focal(1.7), ConfidencePenalty(0.3), SoftmaxCrossEntropy()):
        reported = loss.cost(z, y).mean(axis=(-2, -1))
        assert reported == pytest.approx([log_loss(labels[r], p[r], labels=np.arange(K)) for r in range(R)])


def test_a_replicas_number_is_its_own():
    z, labels = some_outputs()
    y, numbers = np.eye(K)[labels], np.array([0.4, 2.0]).reshape(R, 1, 1)
    for kind in (Focal, ConfidencePenalty):
        J, pullback = kind(numbers)(z, y)
        for r in range(R):
            alone, alone_pullback = kind(numbers[r].item())(z[r : r + 1], y[r : r + 1])
            assert J[r] == pytest.approx(alone[0], rel=1e-12)
            assert pullback()[r] == pytest.approx(alone_pullback()[0], rel=1e-12)


@pytest.mark.parametrize("loss", OF_CLASSES, ids=repr)
def test_outputs_of_ten_thousand_do_not_overflow(loss):
    """Right, wrong and undecided by far, in float32; the limits are those of the formula, and no step of it warns."""
    z = np.array([[[1e4, -1e4, 0], [-1e4, 1e4, 0], [1e4, 1e4, -1e4], [0, 0, 0]]], np.float32)
    y = np.eye(3, dtype=np.float32)[[[0, 0, 1, 2]]]
    for one in (loss, loss.reported):
        J, pullback = one(z, y)
        exact, exact_pullback = one(z.astype(float), y.astype(float))
        assert (J.dtype, pullback().dtype) == ("float32", "float32")
        assert pytest.approx(exact, rel=1e-6) == J
        assert pullback() == pytest.approx(exact_pullback(), rel=1e-6, abs=1e-7)
        assert np.isfinite(pullback()).all()
    assert np.isfinite(loss.cost(z, y)).all()


def test_focal_is_exact_where_one_minus_p_is_lost_to_rounding():
    """With q = 1 − p = e⁻²⁵, below float32's spacing at 1, −log p is q, J is q^(1 + γ), and its slope (1 + γ) q^(1 + γ)."""
    z, y = np.array([[[25.0, 0.0]]], np.float32), np.array([[[1.0, 0.0]]], np.float32)
    for focusing in (0.5, 2.0):
        J, pullback = Focal(focusing)(z, y)
        exact = np.exp(-25.0 * (1 + focusing))
        assert J.item() == pytest.approx(exact, rel=1e-5, abs=0)
        assert pullback()[0, 0, 1] == pytest.approx((1 + focusing) * exact, rel=1e-5, abs=0)
        assert abs(pullback()[0, 0, 0]) <= (1 + focusing) * exact  # p − 1 is 0 to rounding


@pytest.mark.parametrize("loss", [*OF_CLASSES, BinaryCrossEntropy()], ids=repr)
def test_a_complex_step_along_the_outputs_is_the_slope(loss):
    """Im J(z + iεd) / ε = ∂J/∂z · d: complex outputs pass through, and their real parts decide comparisons."""
    z, labels = some_outputs()
    y = np.eye(K)[labels] if not isinstance(loss, BinaryCrossEntropy) else (labels[..., None] > 1) * 1.0
    z = z[..., : y.shape[-1]]
    d = DRAW.standard_normal(z.shape)
    J, pullback = loss(z + 1e-20j * d, y)
    assert J.imag.ravel() / 1e-20 == pytest.approx((loss(z, y)[1]() * d).sum(axis=(-2, -1)), rel=1e-10)
    assert pullback().real == pytest.approx(loss(z, y)[1](), rel=1e-12)


@pytest.mark.parametrize("link", ["softmax", "sigmoid"])
def test_probabilities_sum_to_one_and_rank_the_classes_as_the_outputs_do(link):
    z = DRAW.standard_normal((B, K))
    p = LINKS[link](z)
    by_hand = np.exp(z) if link == "softmax" else expit(z)
    assert p == pytest.approx(by_hand / by_hand.sum(axis=-1, keepdims=True), rel=1e-12)
    assert (p.argsort(axis=-1) == z.argsort(axis=-1)).all()
    far = LINKS[link](np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4]]))
    assert far[1] == pytest.approx(np.full(3, 1 / 3))  # all sigmoids are 0 to rounding, and alike
    assert far[0] == pytest.approx([1, 0, 0] if link == "softmax" else [2 / 3, 0, 1 / 3])  # 1, 0, ½


def test_scores_are_no_probabilities():
    assert np.isnan(LINKS["none"](np.zeros((2, 3)))).all()


@pytest.mark.parametrize("classes", [1, 3])
def test_one_output_is_for_two_classes(classes):
    with pytest.raises(ValueError, match=f"which is for two classes; these data have {classes}"):
        BinaryCrossEntropy().targets(np.ones((5, classes)))
    assert BinaryCrossEntropy().targets(np.array([[1.0, 0], [0, 1]])).tolist() == [[0], [1]]


def test_an_example_is_wrong_on_either_side_of_zero():
    z, y = np.array([[[2.0], [2.0], [-2.0], [-2.0]]]), np.array([[[1.0], [0.0], [1.0], [0.0]]])
    assert BinaryCrossEntropy().error(z, y).ravel().tolist() == [0, 1, 1, 0]
    assert BinaryCrossEntropy().error(np.zeros((1, 2, 1)), y[:, :2]).ravel().tolist() == [1, 0]  # 0 is the first class
