"""Log loss, balanced error and errors by class against scikit-learn, on unbalanced classes."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import balanced_accuracy_score, log_loss, recall_score

from backprop.losses import (
    BinaryCrossEntropy,
    Focal,
    Hinge,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredErrorOnClasses,
)
from backprop.measures.class_errors import BalancedError, ErrorByClass
from backprop.measures.log_loss import LogLoss
from backprop.metrics import Whole
from backprop.network import MLP
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)
K, n = 3, 41
LABELS = np.sort(DRAW.choice(K, size=n, p=[0.7, 0.2, 0.1]))
ROWS = {"train": slice(0, 17), "validation": slice(17, 40), "test": slice(0, 41)}


def seen_with(loss, z, labels=LABELS):
    """Networks that pass on their inputs: the scores z; the second network turns their signs."""
    recipe = Recipe(network=MLP(()), loss=loss, dtype="float64")
    y = loss.targets(np.eye(labels.max() + 1)[labels])
    same = np.concatenate([np.eye(z.shape[1]).ravel(), np.zeros(z.shape[1])])
    seen = observed(recipe, z, y, (0, 1), parameters=np.stack([same, -same])[:, None])
    return seen._replace(data=[Whole(z[None], y[None], ROWS)])


Z = 2 * DRAW.normal(size=(n, K))


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(0.3), Focal()], ids=repr)
def test_the_log_loss_of_softmax_is_scikit_learns(loss):
    found = measured(LogLoss(), seen_with(loss, Z))
    for r, sign in enumerate((1, -1)):
        for part, rows in ROWS.items():
            p = softmax(sign * Z[rows], axis=1)
            assert found[f"{part}/log_loss"][r] == pytest.approx(log_loss(LABELS[rows], p, labels=range(K)))


def test_that_of_sigmoids_is_of_their_shares_and_that_of_one_output_of_its_sigmoid():
    found = measured(LogLoss(), seen_with(SigmoidSquaredError(), Z))
    p = expit(Z) / expit(Z).sum(axis=1, keepdims=True)
    assert found["test/log_loss"][0] == pytest.approx(log_loss(LABELS, p, labels=range(K)))
    two = (LABELS > 0).astype(int)
    found = measured(LogLoss(), seen_with(BinaryCrossEntropy(), Z[:, :1], two))
    assert found["test/log_loss"][0] == pytest.approx(log_loss(two, expit(Z[:, 0])))


def test_what_is_held_impossible_and_comes_costs_all_its_nats():
    found = measured(LogLoss(), seen_with(SoftmaxCrossEntropy(), 1e4 * np.eye(K)[(LABELS + 1) % K]))
    assert found["test/log_loss"][0] == pytest.approx(1e4)


@pytest.mark.parametrize("loss", [Hinge(), SquaredErrorOnClasses()], ids=repr)
def test_losses_without_probabilities_have_no_log_loss(loss):
    with pytest.raises(ValueError, match=f"LogLoss needs probabilities of classes, and loss is {type(loss).__name__}"):
        LogLoss().names(subject_of(Recipe(network=MLP(()), loss=loss), 2, 3))


def test_errors_class_by_class_are_scikit_learns():
    """`balanced_accuracy_score` leaves out the classes that a part has no example of; so does the balanced error."""
    seen = seen_with(SoftmaxCrossEntropy(), Z)
    balanced, by_class = measured(BalancedError(), seen), measured(ErrorByClass(), seen)
    for r, sign in enumerate((1, -1)):
        for part, rows in ROWS.items():
            told, answered = LABELS[rows], (sign * Z[rows]).argmax(axis=1)
            recalls = recall_score(told, answered, labels=range(K), average=None, zero_division=np.nan)
            errors = [by_class[f"{part}/error_of_y{k}"][r] for k in range(K)]
            assert errors == pytest.approx(1 - recalls, nan_ok=True)
            present = np.unique(told)
            assert balanced[f"{part}/balanced_error"][r] == pytest.approx(1 - recalls[present].mean())
            if set(answered) <= set(present):  # else scikit-learn warns
                assert balanced[f"{part}/balanced_error"][r] == pytest.approx(
                    1 - balanced_accuracy_score(told, answered)
                )
    assert np.isnan(by_class["train/error_of_y2"]).all()  # sorted labels: the first rows lack the rarest class


def test_two_classes_by_one_output_have_two_errors():
    two = (LABELS > 0).astype(int)
    seen = seen_with(BinaryCrossEntropy(), Z[:, :1], two)
    seen = seen._replace(subject=seen.subject._replace(outputs=("no", "yes")))
    found = measured(ErrorByClass(), seen)
    assert found["test/error_of_no"][0] == pytest.approx((Z[two == 0, 0] > 0).mean())
    assert found["test/error_of_yes"][0] == pytest.approx((Z[two == 1, 0] <= 0).mean())


@pytest.mark.parametrize("measure", [LogLoss(), BalancedError(), ErrorByClass()], ids=repr)
def test_a_diverged_network_has_none_and_leaves_its_neighbour_alone(measure):
    seen = seen_with(SoftmaxCrossEntropy(), Z)
    before = measured(measure, seen)
    seen.parameters[0] = np.nan
    for name, value in measured(measure, seen).items():
        assert np.isnan(value[0])
        assert value[1] == pytest.approx(before[name][1], nan_ok=True)


@pytest.mark.parametrize("measure", [LogLoss(), BalancedError(), ErrorByClass()], ids=repr)
def test_values_have_no_classes(measure):
    with pytest.raises(ValueError, match="is of classes, and loss is SquaredError"):
        measure.names(subject_of(Recipe(network=MLP(()), loss=SquaredError()), 2, 1))
