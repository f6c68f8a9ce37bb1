from dataclasses import replace

import numpy as np
import pytest

from backprop.losses import SquaredError
from backprop.measures.norms import Norms
from backprop.measures.scaled_loss import ScaledLoss
from backprop.training import Recipe
from experiments.data import datasets
from experiments.data.splits import Holdout
from experiments.study.evaluate_at import Even, Geometric, Listed
from experiments.study.experiment import Experiment
from experiments.study.selection import BestValidation, Last, Oracle
from experiments.training.evaluation import run
from experiments.training.tasks import tasks
from tests.backprop.measures.seen import subject_of

CURVES = {
    "validation/loss": np.array([[3.0, 3.0], [1.0, 2.0], [1.0, np.nan]]),
    "validation/error": np.array([[0.3, 0.1], [0.2, 0.2], [0.1, 0.3]]),
    "test/error": np.array([[0.3, 0.3], [0.1, 0.2], [0.2, 0.1]]),
}


def test_each_rule_takes_its_step_for_every_seed():
    assert Last()(CURVES).tolist() == [2, 2]
    assert BestValidation()(CURVES).tolist() == [1, 1]  # the first of several; never a NaN
    assert BestValidation(by="error")(CURVES).tolist() == [2, 0]
    assert Oracle()(CURVES).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("by", "rows", "name"),
    [
        ("scaled_loss", "all", "validation/scaled_loss"),
        ("loss", "first_half", "validation_first_half/loss"),
        ("error", "second_half", "validation_second_half/error"),
        ("scaled_loss", "second_half", "validation_second_half/scaled_loss"),
    ],
)
def test_a_rule_goes_by_its_own_curve_alone_and_has_it_measured(by, rows, name):
    rule = BestValidation(by, rows)
    subject = subject_of(Recipe(), 2, 3)
    assert name in {measured for measure in rule.measures for measured in measure.names(subject)}
    assert rule(CURVES | {name: np.array([[3.0, 0.0], [2.0, 4.0], [1.0, 5.0]])}).tolist() == [2, 0]


def test_an_experiment_measures_what_its_rule_needs_once():
    asked = [Norms(), ScaledLoss(when="end")]
    plain = Experiment(datasets.wine(), Recipe(epochs=1), seeds=2, measures=asked)
    ruled = replace(plain, selection=BestValidation("scaled_loss", "first_half"))
    assert "validation_first_half/loss" not in plain.metrics()
    assert len(set(ruled.metrics())) == len(ruled.metrics())
    assert {"weights/l2", "validation_first_half/scaled_loss", "validation_second_half/error"} <= set(ruled.metrics())
    (task,) = tasks([replace(ruled, seeds=1)])
    (curves,) = run(task)
    assert "validation_first_half/scaled_loss" in curves.metrics


def test_what_a_rule_cannot_go_by_is_refused_before_training():
    values = Experiment(
        datasets.diabetes(), Recipe(loss=SquaredError()), seeds=1, selection=BestValidation("scaled_loss")
    )
    with pytest.raises(ValueError, match=r"ScaledLoss is of classes, .*selection\.by=loss"):
        values.check_data()
    one_row = Experiment(
        datasets.wine(), seeds=1, split=Holdout(50, 1, 20), selection=BestValidation(rows="first_half")
    )
    with pytest.raises(ValueError, match=r"one validation row, which has no halves; .*selection\.rows=all"):
        one_row.check_data()


@pytest.mark.parametrize(("total", "count"), [(1, 2), (1, 25), (10, 5), (1000, 25), (800, 20)])
def test_evaluations_are_dense_early_sparse_late_and_always_at_both_ends(total, count):
    steps = Geometric(count)(total, 1)
    assert steps[0] == 0
    assert steps[-1] == total
    assert len(steps) <= count
    gaps = np.diff(steps)
    assert gaps[0] == gaps.min()


@pytest.mark.parametrize(
    ("rule", "total", "per_epoch", "steps"),
    [
        (Even(), 9, 3, [0, 3, 6, 9]),
        (Even(every=2), 9, 3, [0, 6, 9]),
        (Even(every=0.5), 8, 4, [0, 2, 4, 6, 8]),
        (Even(every=4, unit="steps"), 9, 3, [0, 4, 8, 9]),
        (Even(every=100), 9, 3, [0, 9]),
        (Listed((1, 3)), 9, 3, [0, 3, 9]),
        (Listed([0, 7], "steps"), 9, 3, [0, 7, 9]),
    ],
)
def test_papers_measure_every_so_many_epochs_or_at_listed_steps_and_always_at_both_ends(rule, total, per_epoch, steps):
    assert rule(total, per_epoch) == steps


def test_steps_that_do_not_fit_a_training_are_refused_with_the_way_out():
    with pytest.raises(
        ValueError, match=r"lists 4 epochs, but training ends after 3; leave out what is later, or train"
    ):
        Listed((1, 4))(9, 3)
    with pytest.raises(
        ValueError, match=r"every is 1 steps, which makes 20,000 evaluations .* make evaluate_at.every larger"
    ):
        Even(unit="steps")(20_000, 3)
    for wrong in ([], [-1], [True], ["x"], [float("nan")]):
        with pytest.raises(ValueError, match=r"evaluate_at.at is .*; it must list 1 to 10,000 numbers of epochs"):
            Listed(wrong)
