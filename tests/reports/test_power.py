"""The power that is foretold is the power that the test has; seeds are counted for what a study says matters."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from reports.max_t import max_t
from reports.power import LEAST, corrected, flips, power, sd_limit, seeds_needed, t_power


def found(effect, seeds, comparisons, trials, correlation=0.0):
    """How often the test itself, as the page has it, tells the first of so many comparisons."""
    draw, told = np.random.default_rng(5), 0
    for _ in range(trials):
        shared, own = draw.normal(size=seeds), draw.normal(size=(comparisons, seeds))
        differences = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
        differences[0] += effect
        told += max_t(differences)[0].low > 0
    return told / trials


def within(trials):
    """Four standard errors of both simulations, at a power of a half."""
    return 4 * (0.25 / trials + 0.25 / 2000) ** 0.5


@pytest.mark.parametrize(("effect", "seeds", "comparisons"), [(2.2, 6, 1), (2.2, 6, 8), (1.2, 8, 8), (1.2, 10, 3)])
def test_the_power_is_that_of_the_test_itself(effect, seeds, comparisons):
    trials = 400
    assert power(effect, seeds, comparisons) == pytest.approx(
        found(effect, seeds, comparisons, trials), abs=within(trials)
    )


@pytest.mark.slow
@pytest.mark.parametrize(("effect", "seeds", "comparisons"), [(1.2, 14, 8), (1.0, 16, 2), (1.0, 17, 8), (0.7, 24, 3)])
def test_the_power_of_more_seeds_is_that_of_the_test_itself(effect, seeds, comparisons):
    trials = 300
    assert power(effect, seeds, comparisons) == pytest.approx(
        found(effect, seeds, comparisons, trials), abs=within(trials)
    )


@pytest.mark.parametrize("comparisons", [1, 8, 40])
@pytest.mark.parametrize("effect", [0.6, 1.2])
def test_the_t_approximation_goes_on_where_the_simulation_ends(effect, comparisons):
    """At 16 seeds both are within the simulation's own error; at 6 the approximation promises up to .17 too much."""
    assert power(effect, 16, comparisons) == pytest.approx(t_power(effect, 16, corrected(comparisons)), abs=0.025)
    assert power(1.2, 6, 1) < t_power(1.2, 6, 0.05) - 0.1


@pytest.mark.slow
def test_comparisons_that_share_a_baseline_have_a_little_more_power_than_is_said():
    alone, correlated = power(1.2, 12, 40), found(1.2, 12, 40, 2000, correlation=0.5)
    assert alone < correlated < alone + 0.1


def test_five_seeds_tell_nothing_and_six_tell_what_is_clear():
    """Of five seeds 1 flip of 16 is .0625, of six 1 of 32 is .031."""
    assert power(100.0, 5) == 0.0
    assert power(100.0, LEAST) == 1.0
    assert power(100.0, LEAST, comparisons=8) > 0.995


def test_without_an_effect_a_difference_above_0_is_told_in_one_sweep_of_forty_at_most():
    for seeds in (6, 9, 13, 20):
        assert power(0.0, seeds) < 0.025 + 4 * (0.025 / 2000) ** 0.5


@pytest.mark.parametrize("seeds", [6, 12, 13, 16])
def test_the_first_flip_changes_nothing_and_all_are_signs(seeds):
    signs = flips(seeds, np.random.default_rng(0))
    assert (signs[0] == 1).all()
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert len(signs) == min(2 ** (seeds - 1), 2048)
    assert len(np.unique(signs, axis=0)) == len(signs) or seeds > 12


@pytest.mark.parametrize(
    ("effect", "n", "alpha"), [(0.3, 50, 0.05), (1.0, 17, 0.05 / 8), (10.0, 17, 0.005), (0.1, 900, 5e-6)]
)
def test_the_power_of_the_t_test_is_statsmodels(effect, n, alpha):
    expected = 1.0 if effect == 10 else TTestPower().power(effect, n, alpha)  # statsmodels has NaN there
    assert t_power(effect, n, alpha) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("effect", [0.2, 0.5, 0.8, 1.0, 1.3, 2.0, 50.0])
@pytest.mark.parametrize("comparisons", [1, 8])
def test_the_seeds_that_are_needed_are_the_fewest(effect, comparisons):
    n = seeds_needed(effect, comparisons)
    assert power(effect, n, comparisons) >= 0.8
    assert n == LEAST or power(effect, n - 1, comparisons) < 0.8


def test_seeds_for_a_very_small_effect_are_those_of_many_seeds():
    """n = ((z.975 + z.8) / d)² = (2.80159 / 0.01)² = 78,489."""
    assert seeds_needed(0.01) == 78_489


def test_no_effect_has_no_number_of_seeds():
    with pytest.raises(ValueError, match=r"the effect is 0\.0 standard deviations; it must be above 0"):
        seeds_needed(0.0)
    with pytest.raises(ValueError, match="above 0"):
        seeds_needed(float("nan"))


def test_the_upper_limit_of_an_sd_by_hand():
    """Ten values: χ²(.2, 9) = 5.3801, √(9 / 5.3801) = 1.2934."""
    assert sd_limit(2.0, 10) == pytest.approx(2 * 1.29339, abs=1e-4)


def test_four_of_five_true_sds_lie_below_the_limit():
    draw = np.random.default_rng(0)
    limits = [sd_limit(values.std(ddof=1), 5) for values in draw.normal(size=(4000, 5))]
    assert np.mean(np.array(limits) > 1) == pytest.approx(0.8, abs=4 * (0.16 / 4000) ** 0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("effect", "comparisons", "by_limit", "by_sd"), [(0.5, 1, 80, 44), (1, 1, 81, 45), (1, 8, 81, 46), (1.5, 8, 87, 56)]
)
def test_of_five_pilots_four_advise_seeds_that_suffice_and_by_the_sd_itself_two(effect, comparisons, by_limit, by_sd):
    """As the docstring of seeds_needed has it. More seeds are advised the larger the pilot's sd: so that one sd is the threshold."""
    needed = seeds_needed(effect, comparisons)
    enough = {limit: least_sd_that_advises(needed, effect, comparisons) / limit for limit in (sd_limit(1.0, 10), 1.0)}
    shares = [100 * stats.chi2.sf(9 * sd**2, 9) for sd in enough.values()]
    assert shares == pytest.approx([by_limit, by_sd], abs=1.5)


def least_sd_that_advises(needed, effect, comparisons):
    """By bisection: an sd, in true ones, planned with which so many seeds are advised."""
    low, high = 0.2, 1.5
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if seeds_needed(effect / middle, comparisons) >= needed else (middle, high)
    return high
