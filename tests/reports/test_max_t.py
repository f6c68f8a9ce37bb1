"""Max-T against all flips tried one by one, and that p and the interval cannot disagree."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.max_t import max_t
from reports.statistics import paired_differences

SHARES = st.integers(-40, 40).map(lambda errors: errors / 750)


def t(values):
    return abs(values.mean()) / (values.std(ddof=1) / np.sqrt(len(values)))


def test_p_and_quantile_are_the_larger_of_all_flips_as_they_are_and_of_all_centred():
    x = np.random.default_rng(0).normal(0.8, 1, (3, 7))
    flips = np.array(list(product((1, -1), repeat=7)))
    as_they_are = np.array([[t(signs * row) for row in x] for signs in flips]).max(axis=1)
    centred = np.array([[t(signs * (row - row.mean())) for row in x] for signs in flips]).max(axis=1)
    ours = np.array([t(row) for row in x])
    together = max_t(x)
    p = [max((largest >= own - 1e-9).mean() for largest in (as_they_are, centred)) for own in ours]
    assert [one.p for one in together] == pytest.approx(p)
    place = int(np.ceil(0.05 * len(flips))) - 1  # flips come in pairs of opposite signs
    quantile = max(np.sort(largest)[::-1][place] for largest in (as_they_are, centred))
    half = quantile * x.std(axis=1, ddof=1) / np.sqrt(7)
    assert [one.quantile for one in together] == pytest.approx([quantile] * 3)
    assert [one.high for one in together] == pytest.approx(list(x.mean(axis=1) + half))


@pytest.mark.slow
def test_the_simultaneous_interval_covers_arms_that_differ_by_much():
    """Eight arms, each 3 sd off: flips of differences as they are would make them all alike, and cover .88 of such families."""
    draw, families, covered = np.random.default_rng(0), 400, 0
    for _ in range(families):
        noise = (draw.normal(size=(8, 10)) + draw.normal(size=(1, 10))) * 0.5**0.5
        covered += all(one.low <= 3 <= one.high for one in max_t(3 + noise))
    assert covered / families > 0.95 - 3 * np.sqrt(0.95 * 0.05 / families)


def test_the_step_down_p_takes_away_what_is_found_already():
    x = np.random.default_rng(1).normal(1.0, 1, (3, 7))
    flips = np.array(list(product((1, -1), repeat=7)))
    of_flips = np.array([[t(signs * row) for row in x] for signs in flips])
    order = np.argsort([-t(row) for row in x])
    p, least = np.empty(3), 0.0
    for place, arm in enumerate(order):
        remaining = of_flips[:, order[place:]].max(axis=1)
        p[arm] = least = max(least, (remaining >= t(x[arm]) - 1e-9).mean())
    assert [one.step_down for one in max_t(x)] == pytest.approx(list(p))


@pytest.mark.parametrize("n", [6, 16, 20])
def test_one_comparison_has_about_the_p_of_the_sign_flip_test(n):
    x = np.random.default_rng(n).normal(0.5, 1, (1, n))
    exact = paired_differences(x)[0].p
    assert max_t(x)[0].step_down == pytest.approx(exact)
    assert exact <= max_t(x)[0].p < 1.2 * exact  # centred differences have a little more of large t


@pytest.mark.parametrize(
    "row",
    [
        [1.443, 2.038, 0.928, 0.547, 1.165, 1.076, 1.275, 1.423, 1.395, 1.454],
        [1.126, 0.04, 1.172, 0.79, 1.584, 0.762, 1.809, 0.204, 0.364, 0.899],
        [0.96, 1.256, 2.054, 1.371, 0.029, 0.556, 1.374, 1.154, 1.212, 1.415],
    ],
)
def test_the_unflipped_signs_count_however_their_sum_is_added_up(row):
    """Sums that differ in the 16th digit fell on either side of a rounding in the 12th, and p was 0."""
    together = max_t([row])[0]
    assert (together.p, together.step_down) == (2**-9, 2**-9)


TABLES = st.integers(5, 8).flatmap(
    lambda n: st.lists(st.lists(SHARES | st.just(np.nan), min_size=n, max_size=n), min_size=1, max_size=4)
)


@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_p_is_below_5_percent_exactly_where_the_interval_excludes_0(table):
    for one, row in zip(max_t(table), np.array(table), strict=True):
        if np.isfinite(row).sum() < 2:
            assert np.isnan(one).all()
        else:
            assert (one.p < 0.05) == (one.low > 0 or one.high < 0)
            assert one.step_down <= one.p
            assert one.low <= np.nanmean(row) + 1e-12


def test_below_six_seeds_the_interval_is_endless():
    five, six = np.arange(1.0, 6), np.arange(1.0, 7)
    assert max_t([five])[0].high == np.inf
    assert max_t([five])[0].p == 1 / 16
    assert max_t([six])[0].low > 0


def test_a_comparison_that_lost_seeds_does_not_outdo_the_others():
    """Three equal signs come by chance in a quarter of the flips, and would be an endless t each time."""
    x = np.random.default_rng(0).normal(1.2, 1, (3, 10))
    x[0, 3:] = np.nan
    lost, *others = max_t(x)
    alone = max_t(x[1:])
    assert lost.high == np.inf
    assert [one.p for one in others] == pytest.approx([one.p for one in alone])


def test_equal_and_absent_differences():
    equal, none, other = max_t([[-0.5] * 8, [0.0] * 8, [0.1, 0.2, 0.3, -0.1, 0.2, 0.5, -0.3, 0.1]])
    assert (equal.low, equal.high, equal.p) == (-0.5, -0.5, 2**-7)
    assert (none.low, none.high, none.p) == (0.0, 0.0, 1.0)
    assert other.p < 1
    assert max_t(np.empty((0, 5))) == []
