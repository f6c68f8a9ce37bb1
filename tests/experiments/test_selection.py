import numpy as np
import pytest

from experiments.study.evaluate_at import Even, Geometric, Listed
from experiments.study.selection import BestValidation, Last, Oracle

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
