"""What a cell records of its data, so that checks can tell: classes, copies, and rows that should not judge."""

from dataclasses import replace

import numpy as np
import pytest

from backprop.training import Recipe
from experiments.data import copies as copying
from experiments.data.copies import contents, copies
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import diabetes, iris, two_moons, wine
from experiments.data.datasets.dataset import one_hot
from experiments.data.marked_splits import Time
from experiments.data.splits import Holdout
from experiments.study.about_data import about_data
from experiments.study.experiment import Experiment, natural_loss
from experiments.study.selection import BestValidation, Oracle


def about(data, split=None, **more):
    recipe = Recipe(loss=natural_loss(data), batch_size=None)
    return about_data(Experiment(data, recipe, split or Holdout(40, 20, 20), seeds=3, **more))


def test_the_rows_of_the_smallest_and_of_the_largest_class_are_counted():
    assert about(wine())["classes"] == {"count": 3, "least": 48, "most": 71}
    assert "classes" not in about(diabetes())


def of_rows(x, labels):
    return replace(wine(), x=np.array(x, float), y=one_hot(np.array(labels)), own_test=None, classes=())


def test_a_copy_has_the_same_features_and_the_same_target():
    """Rows 3, 4 and 5 are tested: a copy of row 0, its features with another class, and one of row 1 written with −0."""
    data = of_rows([[1, 2], [0, 1], [5, 5], [1, 2], [1, 2], [-0.0, 1]], [0, 1, 1, 0, 1, 1])
    assert copies(data, np.array([0, 1, 2]), np.array([3, 4, 5])) == 2
    assert copies(data, np.array([2]), np.array([3, 4, 5])) == 0
    assert copies(data, np.array([0, 3]), np.array([3])) == 0  # the row itself is an overlap, not a copy
    number = contents(data)
    assert number[0] == number[3]
    assert number[1] == number[5]
    assert len(set(number.tolist())) == 4


def test_in_very_large_data_copies_are_not_looked_for(monkeypatch):
    data = of_rows([[1, 2], [1, 2], [3, 4]], [0, 0, 1])
    assert copies(data, np.array([0]), np.array([1])) == 1
    monkeypatch.setattr(copying, "MOST", 2)
    assert copies(data, np.array([0]), np.array([1])) == 0


def test_rows_are_hashed_a_few_at_a_time_with_the_same_result(monkeypatch):
    whole = contents.__wrapped__(iris())
    monkeypatch.setattr(copying, "HASHED_AT_ONCE", 4 * 7)
    assert (contents.__wrapped__(iris()) == whole).all()
    assert len(np.unique(whole)) == 149  # two flowers of iris have the same measures


def test_a_cell_says_how_many_test_rows_are_copies():
    assert "copies" not in about(wine())
    twice = replace(wine(), x=np.tile(wine().x, (2, 1)), y=np.tile(wine().y, (2, 1)), own_test=None)
    assert about(twice, Holdout(178, 20, 100))["copies"] > 30


def test_a_class_without_test_rows_is_counted():
    """Time tests on the last rows: of the three classes, sorted by day, the last alone."""
    late = replace(of_rows(np.arange(60)[:, None], [0, 1, 2] * 10 + [2] * 30), marks={"day": np.arange(60)})
    assert about(late, Time("day", 20, 20, 20))["untested_classes"] == 2
    assert "untested_classes" not in about(late, Time("day", 40, 0, 0))
    assert "untested_classes" not in about(late, Holdout(20, 20, 20))


def test_a_cell_says_whether_test_rows_choose_its_step():
    assert about(wine(), selection=Oracle())["step_by_test"] is True
    assert "step_by_test" not in about(wine(), selection=BestValidation())


@pytest.mark.parametrize(
    ("noise", "corrupted"),
    [
        (None, None),
        (LabelNoise(0.2), None),
        (LabelNoise(0.2, parts=("train", "validation", "test")), ["validation", "test"]),
        (LabelNoise(0.0, parts="test"), None),
    ],
)
def test_a_cell_says_which_labels_that_judge_are_corrupted(noise, corrupted):
    assert about(wine(), corruption=noise).get("corrupted") == corrupted


def test_of_data_that_are_redrawn_every_seed_is_looked_at():
    assert "copies" not in about(two_moons(redraw=True))
    assert about(two_moons(redraw=True))["classes"]["count"] == 2
