from dataclasses import replace

import numpy as np
import pytest

from experiments.datasets import Dataset, breast_cancer, diabetes, digits, linear_system
from experiments.splits import Holdout, Scaling, divide, stratified_order


@pytest.mark.parametrize("dataset", [digits(), breast_cancer(), diabetes()], ids=lambda d: d.name)
@pytest.mark.parametrize("seed", [0, 1])
def test_parts_do_not_overlap_and_keep_the_classes_in_proportion(dataset, seed):
    parts = Holdout(train=90, validation=60, test=200)(dataset, seed)
    rows = np.concatenate(parts)
    assert [len(part) for part in parts] == [90, 60, 200]
    assert len(set(rows.tolist())) == 350
    if dataset.task == "classification":
        share = dataset.y.mean(axis=0)
        for part in parts:
            assert np.abs(dataset.y[part].sum(axis=0) - share * len(part)).max() <= 1


def test_smaller_training_sets_are_nested_and_the_other_parts_do_not_move():
    small, large = (Holdout(train=n, validation=50, test=100)(digits(), 3) for n in (30, 200))
    assert set(small.train) < set(large.train)
    assert (small.test == large.test).all()
    assert (small.validation == large.validation).all()


def test_seeds_divide_differently_and_the_same_seed_the_same():
    rows = np.arange(1797)
    first, again, other = (stratified_order(digits(), seed, rows) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_every_example_is_as_likely_to_train_as_any_other():
    tiny = Dataset("tiny", np.zeros((12, 1)), np.eye(2)[[0] * 4 + [1] * 8], "classification", "")
    chosen = np.zeros(12)
    for seed in range(3000):
        chosen[Holdout(train=3, validation=3, test=3)(tiny, seed).train] += 1
    expected = 3000 * 3 / 12
    assert np.abs(chosen - expected).max() < 5 * np.sqrt(expected)


def test_the_scaler_has_seen_training_rows_only():
    data = digits()
    rows = Holdout(train=50, validation=50, test=100)(data, 0)
    division = divide(data, Holdout(train=50, validation=50, test=100), None, Scaling(), 0, "float64")
    by_hand = (data.x[rows.test] - data.x[rows.train].mean(axis=0)) / np.where(
        data.x[rows.train].std(axis=0) > 0, data.x[rows.train].std(axis=0), 1
    )
    assert by_hand == pytest.approx(division.parts["test"].x)
    assert division.parts["train"].x.mean(axis=0) == pytest.approx(0, abs=1e-12)


def test_errors_of_a_regression_come_back_in_the_targets_own_unit():
    data = diabetes()
    division = divide(data, Holdout(), None, Scaling(), 0, "float64")
    train = data.y[Holdout()(data, 0).train]
    assert division.error_scale == pytest.approx(train.var())
    assert divide(data, Holdout(), None, Scaling(targets="none"), 0, "float64").error_scale == 1


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"train": 5000}, "digits has 1797"),
        ({"train": 0}, "split.train is 0"),
        ({"test": 1.0}, "split.test is 1.0"),
        ({"validation": "many"}, "split.validation is 'many'"),
        ({"train": True}, "split.train is True"),
        ({"train": 4}, "miss one of digits's 10 classes"),
        ({"test": 0.0001}, "less than one of 1797 examples"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(sizes, message):
    with pytest.raises(ValueError, match=message):
        Holdout(**sizes)(digits(), 0)


def test_the_fingerprint_tells_data_apart_and_nothing_else():
    assert digits().fingerprint == replace(digits(), name="other").fingerprint
    assert digits().fingerprint != diabetes().fingerprint
    assert linear_system(seed=0).fingerprint != linear_system(seed=1).fingerprint
    assert linear_system(seed=0).fingerprint == linear_system(seed=0).fingerprint


def test_the_linear_system_has_the_noise_it_says():
    data = linear_system(examples=20_000, inputs=5, noise=0.7)
    w, *_ = np.linalg.lstsq(data.x, data.y, rcond=None)
    assert (data.y - data.x @ w).var() == pytest.approx(0.49, rel=0.05)
