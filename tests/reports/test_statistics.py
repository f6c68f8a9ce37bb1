import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reports.statistics import (
    holm,
    mean_interval,
    paired_difference,
)


def test_the_t_interval_by_hand():
    """1, 2, 3: mean 2, sd 1, t(0.975, 2) = 4.3027, half-length 4.3027 / √3."""
    interval = mean_interval([1.0, 2.0, 3.0])
    assert interval.sd == 1.0  # ddof 1
    assert interval.high - interval.mean == pytest.approx(4.302652729911275 / np.sqrt(3))


def test_one_value_has_no_interval_and_a_diverged_seed_is_not_averaged():
    assert np.isnan(mean_interval([1.0]).low)
    assert mean_interval([1.0, np.nan, 3.0, np.inf])[0] == 2.0
    assert mean_interval([1.0, np.nan, 3.0]).n == 2
    assert mean_interval([np.nan]).n == 0


def test_t_intervals_cover_95_percent_of_gaussian_means():
    draw = np.random.default_rng(0)
    trials = 2000
    covered = sum(i.low <= 0 <= i.high for i in (mean_interval(draw.standard_normal(5)) for _ in range(trials)))
    assert abs(covered / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials)


def test_a_paired_difference_sees_what_unpaired_spread_hides():
    split = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])  # what seeds share
    ours, theirs = split - 0.01, split + np.array([0, 1e-3] * 5)
    difference = paired_difference(ours, theirs)
    assert difference.mean == pytest.approx(-0.0105)
    assert difference.high < 0
    assert difference.p == pytest.approx(2 / 2**10)  # all signs equal: 2 of 1,024 flips are as extreme
    assert stats.ttest_ind(ours, theirs).pvalue > 0.9


def test_the_sign_flip_test_by_hand():
    """Differences 1, 2, 3: of 8 flips, the two with equal signs have |mean| ≥ 2."""
    assert paired_difference([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]).p == pytest.approx(2 / 8)


def test_holm_by_hand():
    """0.01 · 3, 0.02 · 2, 0.04 · 1, made monotone; a NaN does not count."""
    assert holm([0.04, 0.01, np.nan, 0.02]) == pytest.approx([0.04, 0.03, np.nan, 0.04], nan_ok=True)


@pytest.mark.slow  # statsmodels collects garbage each time
@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(np.nan), max_size=8))
def test_corrections_are_those_of_statsmodels_and_leave_their_argument(p_values):
    given = np.array(p_values)
    corrected = holm(given)
    assert given.tolist() == pytest.approx(p_values, nan_ok=True)
    finite = given[np.isfinite(given)]
    if len(finite):
        assert np.array(corrected)[np.isfinite(given)] == pytest.approx(multipletests(finite, method="holm")[1])
    assert all(new >= old - 1e-15 for new, old in zip(corrected, p_values, strict=True) if np.isfinite(old))
    assert [np.isnan(new) for new in corrected] == [np.isnan(old) for old in p_values]


@pytest.mark.slow
def test_where_nothing_differs_a_family_rarely_claims_a_difference():
    draw = np.random.default_rng(1)
    families, claimed = 200, 0
    for _ in range(families):
        baseline = draw.standard_normal(10)
        p = [paired_difference(draw.standard_normal(10), baseline).p for _ in range(4)]
        claimed += min(holm(p)) < 0.05
    assert claimed / families < 0.05 + 4 * np.sqrt(0.05 * 0.95 / families)
