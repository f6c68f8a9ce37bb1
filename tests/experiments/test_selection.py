import numpy as np
import pytest

from experiments.study.selection import BestValidation, Last, Oracle
from experiments.training.tasks import evaluation_steps

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
    steps = evaluation_steps(total, count)
    assert steps[0] == 0
    assert steps[-1] == total
    assert len(steps) <= count
    gaps = np.diff(steps)
    assert gaps[0] == gaps.min()
