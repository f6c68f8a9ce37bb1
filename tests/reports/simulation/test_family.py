"""Error rates and power of max-T beside Holm's, as the docstring of reports/max_t.py has them."""

import numpy as np
import pytest

import reports.sign_flips
from reports.max_t import max_t
from tests.reports.simulation.family import gaussian, skew, told, without

TRIALS = 2000
ERROR = (0.05 * 0.95 / TRIALS) ** 0.5


@pytest.fixture
def fewer_flips(monkeypatch):
    """4,096 random flips instead of 65,536, beyond 16 seeds: as exact at 5 %, and 16 times as fast."""
    monkeypatch.setattr(reports.sign_flips, "FLIPS", 2**12)


def any_of(found):
    """The share of families in which something is told."""
    return found.any(axis=1).mean()


@pytest.mark.slow
@pytest.mark.parametrize("comparisons", [2, 5, 10])
@pytest.mark.parametrize(("seeds", "rate"), [(6, 1 / 32), (8, 6 / 128), (10, 25 / 512)])
def test_a_family_without_differences_is_told_one_no_more_often_than_flips_allow(seeds, rate, comparisons):
    """Flips as they are have just this rate, the largest number below 5 %, of 2^(n − 1), and centred ones take some of it away."""
    found = told(gaussian([0.0] * comparisons, seeds), TRIALS)
    error = (rate * (1 - rate) / TRIALS) ** 0.5
    assert 0.65 * rate - 3 * error < any_of(found.max_t) < rate + 3 * error
    assert (found.interval == found.max_t).all()
    assert (any_of(found.holm) == 0) == (comparisons * 2.0 ** (1 - seeds) >= 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("comparisons", [2, 10])
def test_random_flips_keep_the_rate_too(comparisons, fewer_flips):
    found = told(gaussian([0.0] * comparisons, 20), TRIALS // 4)
    assert 0.03 - 7 * ERROR < any_of(found.max_t) < 0.05 + 7 * ERROR


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seeds", "single_step", "step_down", "by_holm"), [(8, 0.43, 0.61, 0.0), (10, 0.63, 0.82, 0.73)]
)
def test_power_at_eight_arms_beside_holm(seeds, single_step, step_down, by_holm):
    found = told(gaussian([1.2] * 8, seeds), TRIALS)
    shares = [found.max_t.mean(), found.step_down.mean(), found.holm.mean()]
    assert shares == pytest.approx([single_step, step_down, by_holm], abs=0.03)
    assert (found.step_down >= found.max_t).all()


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [8, 10])
def test_beside_four_arms_that_differ_none_of_four_others_is_told_too_often(seeds):
    found = told(gaussian([1.2] * 4 + [0.0] * 4, seeds), TRIALS)
    assert any_of(found.max_t[:, 4:]) <= any_of(found.step_down[:, 4:]) <= 0.05 + 3 * ERROR
    assert any_of(found.step_down[:, 4:]) >= 0.03 - 3 * ERROR


@pytest.mark.slow
@pytest.mark.parametrize(("comparisons", "rate"), [(1, 0.15), (8, 0.35)])
def test_very_skew_differences_are_told_too_often(comparisons, rate):
    """Flips are exact for symmetric differences; a mean of 0 is not enough."""
    assert any_of(told(skew(comparisons, 10), TRIALS).max_t) == pytest.approx(rate, abs=0.04)


@pytest.mark.slow
def test_the_rate_is_kept_where_a_comparison_lost_seeds():
    found = told(without(gaussian([0.0] * 5, 10), missing=2), TRIALS // 4)
    assert 0.03 - 7 * ERROR < any_of(found.max_t) < 0.05 + 7 * ERROR
    assert (found.interval == found.max_t).all()


@pytest.mark.slow
def test_a_comparison_that_lost_most_seeds_takes_no_power_from_the_others():
    whole, lost = (told(draw, TRIALS // 8).max_t for draw in (EIGHT, without(EIGHT, missing=7)))
    assert lost[:, 1:].mean() > whole[:, 1:].mean() - 0.03
    assert not lost[:, 0].any()


EIGHT = gaussian([1.2] * 8, 10)


def test_arms_that_are_the_baseline_or_one_another_cost_nothing():
    """Max-T sees that they say nothing new; Holm would ask three times as much."""
    x = EIGHT(np.random.default_rng(0))[:2]
    alone = max_t(x)
    together = max_t([*x, *x, np.zeros(10), np.zeros(10)])
    assert [one.p for one in together] == [*(one.p for one in alone)] * 2 + [1.0, 1.0]
    assert [one.high for one in together[:2]] == pytest.approx([one.high for one in alone])


def test_a_comparison_in_another_unit_changes_nothing():
    """|t| is compared, not the difference: a loss in nats stands beside one in bits."""
    x = EIGHT(np.random.default_rng(1))
    scaled = x * 10.0 ** np.arange(8)[:, None]
    assert [one.p for one in max_t(scaled)] == [one.p for one in max_t(x)]
