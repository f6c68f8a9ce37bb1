"""Class weights: by hand, against scikit-learn, and in stacks whose replicas see other counts."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from backprop.hessian import hessian_vector
from backprop.initializations import Zeros
from backprop.losses import (
    BinaryCrossEntropy,
    ConfidencePenalty,
    Focal,
    Hinge,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredErrorOnClasses,
    balanced,
)
from backprop.network import MLP
from backprop.optimizers import Momentum
from backprop.penalties import L2
from backprop.sets import sets
from backprop.training import Examples, Recipe, objective_gradient, train

DRAW = np.random.default_rng(0)
KINDS = [
    *(SoftmaxCrossEntropy, SquaredErrorOnClasses, SigmoidSquaredError, Hinge, Focal, ConfidencePenalty),
    BinaryCrossEntropy,
]
RARE, COMMON = np.array([0] * 7 + [1] * 23 + [2] * 31), np.array([0] * 29 + [1] * 13 + [2] * 19)
ONE, OTHER = np.eye(3)[RARE], np.eye(3)[COMMON]
X = np.stack([DRAW.standard_normal((61, 2)) + labels[:, None] * [1, -0.5] for labels in (RARE, COMMON)])


def by_scikit_learn(labels):
    return compute_class_weight("balanced", classes=np.arange(3), y=labels)


def final(recipe, data, seeds):
    *_, last = train(recipe, data, seeds, {recipe.epochs * recipe.steps_per_epoch(data.x.shape[1])})
    return last.parameters


def test_each_example_counts_by_the_weight_of_its_class():
    """Costs log 3, log 3 and log 3 with weights 1, 1 and 4, a mean over three examples: 6 log 3 / 3."""
    y = np.eye(3)[[[0, 1, 2]]]
    J, pullback = SoftmaxCrossEntropy(class_weights=[1, 1, 4])(np.zeros((1, 3, 3)), y)
    assert J.item() == pytest.approx(2 * np.log(3))
    assert pullback()[0, 2] == pytest.approx(4 * np.array([1, 1, -2]) / 9)
    assert pullback()[0, 0] == pytest.approx(np.array([-2, 1, 1]) / 9)


def test_the_weights_of_two_classes_with_one_output_are_those_of_two_outputs():
    z, labels = DRAW.standard_normal((1, 11, 1)), np.eye(2)[DRAW.integers(2, size=11)]
    one, two = BinaryCrossEntropy([0.5, 3]), SoftmaxCrossEntropy(class_weights=[0.5, 3])
    J, pullback = one(z, one.targets(labels)[None])
    expected, expected_pullback = two(np.concatenate([0 * z, z], axis=-1), labels[None])
    assert pytest.approx(expected) == J
    assert pullback() == pytest.approx(expected_pullback()[..., 1:])


@pytest.mark.parametrize("held", ["an array", "sets of rows"])
def test_balanced_weights_are_scikit_learns_for_each_replicas_own_examples(held):
    y, of = np.stack([ONE, OTHER]), np.array([1, 0, 1])
    if held == "sets of rows":
        y = sets(np.concatenate([ONE, OTHER]), [np.arange(61), np.arange(61, 122)], [None, None], "float32")
    weights = balanced(SoftmaxCrossEntropy(class_weights="balanced"), y, of).class_weights
    assert weights.shape == (3, 1, 3)
    assert weights.dtype == y.dtype
    for r, labels in enumerate((COMMON, RARE, COMMON)):
        assert weights[r, 0] == pytest.approx(by_scikit_learn(labels), rel=1e-6)
        assert weights[r, 0][labels].mean() == pytest.approx(1)


def test_a_class_without_training_examples_takes_no_part_in_the_balance():
    y = np.eye(3)[[0, 0, 0, 2]]
    weights = balanced(Hinge("balanced"), y[None], np.array([0])).class_weights
    assert weights.ravel() == pytest.approx([4 / (2 * 3), 0, 4 / (2 * 1)])


@pytest.mark.parametrize("loss", [SquaredError(), SoftmaxCrossEntropy(), Hinge([1, 2, 3])], ids=repr)
def test_a_loss_that_asks_for_no_balance_is_left_as_it_is(loss):
    assert balanced(loss, ONE[None], np.array([0])) is loss


def test_a_replica_is_balanced_by_its_own_seeds_examples_alone_and_in_a_stack():
    y = np.stack([ONE, OTHER])
    recipe = Recipe(
        network=MLP((5,)),
        loss=Focal(1.0, "balanced"),
        optimizer=Momentum(0.05),
        batch_size=7,
        epochs=3,
        dtype="float64",
    )
    together = final(recipe, Examples(X, y, np.array([0, 1])), [0, 1])
    for r in range(2):
        alone = final(recipe, Examples(X[r : r + 1], y[r : r + 1], np.array([0])), [r])
        assert together[r] == pytest.approx(alone[0], rel=1e-12)
    swapped = final(recipe, Examples(X, y[::-1].copy(), np.array([0, 1])), [0, 1])
    assert np.abs(swapped - together).max() > 1e-3


@pytest.mark.parametrize("weights", ["balanced", [0.2, 1, 3]], ids=str)
def test_a_weighted_linear_classifier_is_scikit_learns_logistic_regression(weights):
    """(1/n) Σ w c + ½ λ ‖W‖² has the minimum of C Σ w c + ½ ‖W‖² with C = 1 / (n λ); intercepts are equal up to a common one."""
    recipe = Recipe(
        network=MLP((), initialization=Zeros()),
        loss=SoftmaxCrossEntropy(class_weights=weights),
        optimizer=Momentum(0.2, 0.9),
        penalty=L2(0.05),
        batch_size=None,
        epochs=2000,
        dtype="float64",
    )
    *_, last = train(recipe, Examples(X[:1], ONE[None], np.array([0])), [0], {2000})
    W, b = last.layout.arrays(last.parameters)
    given = weights if isinstance(weights, str) else dict(enumerate(weights))
    theirs = LogisticRegression(C=1 / (61 * 0.05), class_weight=given, tol=1e-10, max_iter=10_000).fit(X[0], RARE)
    assert pytest.approx(theirs.coef_, abs=1e-6) == W[0].T
    assert b.ravel() - b.mean() == pytest.approx(theirs.intercept_ - theirs.intercept_.mean(), abs=1e-6)
    plain = LogisticRegression(C=1 / (61 * 0.05), tol=1e-10, max_iter=10_000).fit(X[0], RARE)
    assert np.abs(plain.coef_ - theirs.coef_).max() > 0.01


def test_curvature_sees_the_weights():
    recipe = Recipe(network=MLP((5,), "tanh"), loss=SigmoidSquaredError([1, 2, 5]), dtype="float64")
    W, v = DRAW.standard_normal((2, 1, 1, 2 * 5 + 5 * 3 + 5 + 3))

    def gradient(W):
        return objective_gradient(recipe, recipe.layout(2, 3), X[:1], ONE[None], W)

    numeric = (gradient(W + 1e-6 * v) - gradient(W - 1e-6 * v)) / 2e-6
    assert hessian_vector(gradient, W, v) == pytest.approx(numeric, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_weights_that_fit_nothing_are_refused_with_the_way_out(kind):
    name = kind.__name__
    for wrong in ("balance", [], [1], [1, -2], [0, 0], [1, "2"], [1, float("nan")], [1, float("inf")], 3, None, True):
        with pytest.raises(ValueError, match=rf"{name}\.class_weights is .+; it must be none, balanced, or a list"):
            kind(class_weights=wrong)
    with pytest.raises(ValueError, match=r"class_weights is \[1, -2\]"):
        kind(class_weights=np.array([1, -2]))
    assert kind(class_weights=np.array([1.0, 2.0])).class_weights == (1.0, 2.0)
    classes = 2 if kind is BinaryCrossEntropy else 3
    kind(class_weights=[0] + [1] * (classes - 1)).targets(np.eye(classes))
    message = rf"{name}\.class_weights has 4 numbers, but these data have {classes} classes; give one number a class"
    with pytest.raises(ValueError, match=message):
        kind(class_weights=[1, 2, 3, 4]).targets(np.eye(classes))
    with pytest.raises(ValueError, match="has not seen the training examples"):
        kind(class_weights="balanced")(np.zeros((1, 2, classes)), np.eye(classes)[None, :2])
