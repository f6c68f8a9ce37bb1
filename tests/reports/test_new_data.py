"""The interval on new data by hand, and its limits."""

import numpy as np
import pytest

from reports.new_data import independent, interval
from reports.statistics import t_quantile

NAN = np.nan


def test_two_seeds_on_the_same_rows_by_hand():
    """Seed 1 has differences 0, 2, 0, 2 on four rows, seed 2 has 0, 2, 0, 6: means 1 and 2, m = 1.5, S² = ½.

    C = Σ_{s≠u} Σ_i / (2 · 1 · 16) = 2 (2.25 + 0.25 + 2.25 + 2.25) / 32 = 7/16. The rows' variances are 4/3 and 8, over 4 rows ⅓ and 2:
    v = 7/6 − 7/16 = 35/48 > S², so that nothing is left for training rows: U = 0, and V = v/2 + 7/16.
    """
    found = interval(np.array([[0.0, 2, 0, 2], [0, 2, 0, 6]]), shared=0.5, train=4)
    assert found.mean == 1.5
    assert (found.seeds, found.test_rows, found.train_rows) == pytest.approx((35 / 96, 7 / 16, 0))
    assert found.high - found.mean == pytest.approx(t_quantile(0.975, 1) * (35 / 96 + 7 / 16) ** 0.5)


def test_common_training_rows_by_hand():
    """Means −3 and 3 on rows of no spread in a seed: S² = 18. Test rows have none in common: C = 0, v = 0, U = f/(1 − f) · 18."""
    d = np.array([[-3.0, -3, NAN, NAN], [NAN, NAN, 3, 3]])
    found = interval(d, shared=0.25, train=2)
    assert (found.seeds, found.test_rows, found.train_rows) == pytest.approx((9, 0, 6))
    assert found.high == pytest.approx(t_quantile(0.975, 1) * 15**0.5)
    capped = interval(d, shared=0.25, train=10)  # S² (1/n + t/train) = 18 · 0.7
    assert capped.high == pytest.approx(t_quantile(0.975, 1) * 12.6**0.5)


def test_a_test_set_that_seeds_share_is_not_capped():
    """Each seed alike, 100 rows of 0 and of 10: all spread is that of rows. S² = 0, C = Σ (d − m)² / t² = 200 · 25 / 200²."""
    found = interval(np.tile([0.0, 10], (2, 100)), shared=0.5, train=1000)
    assert (found.seeds, found.test_rows, found.train_rows) == pytest.approx((0, 0.125, 0), abs=1e-3)
    assert found.high - found.mean == pytest.approx(t_quantile(0.975, 1) * 0.125**0.5, rel=1e-2)


def test_where_all_seeds_train_on_the_same_rows_there_is_none():
    found = interval(np.eye(3), shared=1.0, train=10)
    assert np.isnan(found.low)
    assert found.why == "all seeds train on the same rows"
    assert interval(np.array([[0.1, 0.2], [NAN, NAN]]), 0.0, 10).why == "it needs two seeds"


def test_without_common_rows_it_is_the_t_interval():
    draw = np.random.default_rng(0)
    means = draw.normal(size=6)
    own = np.full((6, 12), NAN)
    for seed in range(6):
        own[seed, 2 * seed : 2 * seed + 2] = means[seed]
    assert interval(own, shared=0.0, train=1)[:3] == pytest.approx(independent(means)[:3])
