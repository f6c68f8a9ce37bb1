"""The sign-flip test against all flips by hand, and that many comparisons, or many seeds, need no more memory."""

import tracemalloc
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reports import sign_flips
from reports.sign_flips import EXACT, FLIPS, least_p, least_seeds, sign_flip_p
from reports.statistics import holm, paired_difference, paired_differences

SHARES = st.integers(-40, 40).map(lambda errors: errors / 750)  # differences of shares of 750 test rows: many ties


@settings(max_examples=60, deadline=None)
@given(st.lists(SHARES, min_size=2, max_size=7))
def test_p_is_the_share_of_all_flips_with_as_large_a_sum(differences):
    exact = [Fraction(round(750 * value), 750) for value in differences]  # so that equal sums are equal
    sums = [abs(sum(s * d for s, d in zip(signs, exact, strict=True))) for signs in product((1, -1), repeat=len(exact))]
    expected = sum(one >= abs(sum(exact)) for one in sums) / len(sums)
    assert sign_flip_p(np.array([differences])).item() == expected


@pytest.mark.parametrize("n", [2, 5, 9, EXACT])
def test_p_is_scipys_where_all_flips_are_tried(n):
    draw = np.random.default_rng(n)
    for differences in draw.normal(0.5, 1, (3, n)):
        exact = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=2**16)
        assert paired_difference(differences, np.zeros(n)).p == pytest.approx(exact.pvalue, abs=1e-12)


def test_random_flips_give_the_p_of_the_normal_limit():
    """40 differences of mean 0.3 and standard deviation 1: a z of about 1.9."""
    values = np.random.default_rng(0).standard_normal(40)
    values = 0.3 + (values - values.mean()) / values.std()
    z = values.sum() / np.sqrt((values**2).sum())  # a flipped sum has mean 0 and this variance
    assert sign_flip_p(values[None]).item() == pytest.approx(2 * stats.norm.sf(z), abs=0.005)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(SHARES | st.just(np.nan), min_size=6, max_size=6), min_size=1, max_size=5))
def test_a_comparison_does_not_depend_on_those_beside_it(several):
    alone = [paired_difference(one, np.zeros(6)) for one in several]
    assert np.array(paired_differences(several)) == pytest.approx(np.array(alone), nan_ok=True)


def test_neither_blocks_nor_company_change_random_flips(monkeypatch):
    values = np.random.default_rng(0).normal(0.4, 1, (3, EXACT + 1))
    whole = sign_flip_p(values)
    assert sign_flip_p(values[1:2]).item() == whole[1]
    monkeypatch.setattr(sign_flips, "BLOCK", 5000)
    assert sign_flip_p(values).tolist() == whole.tolist()


def test_many_seeds_and_many_comparisons_stay_within_a_hundred_megabytes():
    """All flips of 500 seeds at once would be 262 MB, of 3,000 comparisons over 12 seeds 49 MB a copy."""
    tracemalloc.start()
    sign_flip_p(np.ones((1, 500)))
    sign_flip_p(np.ones((3000, 12)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize("n", [4, 6, EXACT])
def test_equal_signs_reach_the_least_p(n):
    assert paired_difference(np.arange(1, n + 1), np.zeros(n)).p == least_p(n)


def test_more_seeds_than_can_be_tried_reach_what_the_random_flips_allow():
    assert paired_difference(np.arange(1, 60), np.zeros(59)).p == least_p(59) == 1 / (FLIPS + 1)


@pytest.mark.parametrize("comparisons", [1, 2, 3, 8, 300, 1638, 1639, 3000])
def test_the_seeds_that_reach_a_level_are_the_fewest(comparisons):
    n = least_seeds(comparisons)
    assert min(holm([least_p(n)] * comparisons)) < 0.05
    assert min(holm([least_p(n - 1)] * comparisons)) >= 0.05
