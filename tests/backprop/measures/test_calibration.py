"""Calibration: bins worked by hand; the floor and the errors without bias held against labels drawn from the probabilities."""

import numpy as np
import pytest
from scipy import stats

from backprop.measures.calibration import (
    Bins,
    calibration_error,
    calibration_floor,
    in_bins,
    mean_deviation,
    overconfidence,
    squared_calibration_error,
)

P = np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4]])
Y = np.array([[1.0, 0], [0, 1.0], [1.0, 0]])
EXAMPLES = 750  # those of the default study's test part
CONFIDENCES = {  # of networks: hardly ever unsure, sometimes, often, always the same
    "sure": (30, 0.3),
    "nearly sure": (8, 0.6),
    "unsure": (3, 2),
    "torn": (200, 133),
}


def test_bins_by_hand():
    """0.8 · 15 = 12 and 0.6 · 15 = 9: two examples in bin 12, one of them right, and one in bin 9, which is right."""
    bins = in_bins(P, Y)
    assert bins.examples[[9, 12]].tolist() == [1, 2]
    assert bins.correct[[9, 12]].tolist() == [1, 1]
    assert bins.confidence[[9, 12]] == pytest.approx([0.6, 1.6])
    assert [sums.sum() for sums in bins] == pytest.approx([3, 2, 2 - 2.2])


def test_a_confidence_of_one_is_in_the_last_bin():
    assert in_bins(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])).examples[-1] == 1


def test_the_errors_of_calibration_by_hand():
    """|1 − 1.6| + |1 − 0.6| = 1 of 3 examples; 2.2 − 2 of 3; of the bin of two (½ − 0.8)² − ½ · ½ / 1, the single example left out."""
    bins = in_bins(P, Y)
    assert calibration_error(bins) == pytest.approx((0.6 + 0.4) / 3)
    assert overconfidence(bins) == pytest.approx(0.2 / 3)
    assert squared_calibration_error(bins) == pytest.approx(0.09 - 0.25)


def test_the_floor_by_hand():
    """E|X − 1.6| = 0.04 · 1.6 + 0.32 · 0.6 + 0.64 · 0.4 = 0.512 of two examples at 0.8; 2 · 0.6 · 0.4 = 0.48 of one at 0.6."""
    assert calibration_floor(in_bins(P, Y)) == pytest.approx((0.512 + 0.48) / 3)


def test_networks_without_probabilities_have_no_calibration_and_spoil_no_neighbour():
    bins = Bins(*map(np.stack, zip(in_bins(P, Y), in_bins(P * np.nan, Y), strict=True)))
    for of_bins in (calibration_error, overconfidence, calibration_floor, squared_calibration_error):
        assert np.isnan(of_bins(bins)).tolist() == [False, True]


@pytest.mark.parametrize("n", [1, 2, 7, 100])
@pytest.mark.parametrize("p", [0.0, 1e-4, 0.3, 0.5, 0.999, 1.0])
def test_de_moivres_formula_is_the_sum_over_all_outcomes(n, p):
    k = np.arange(n + 1)
    summed = (stats.binom.pmf(k, n, p) * np.abs(k - n * p)).sum()
    assert mean_deviation(np.array([float(n)]), np.array([p]))[0] == pytest.approx(summed, rel=1e-9, abs=1e-9)


def drawn(kind, draws, excess=0.0):
    """Bins of `draws` sets of test labels, which are right with their probability less the `excess`."""
    draw = np.random.default_rng(0)
    sure = 0.1 + 0.9 * draw.beta(*CONFIDENCES[kind], EXAMPLES)
    p = np.column_stack([sure, *[(1 - sure) / 9] * 9])
    right = draw.random((draws, EXAMPLES)) < np.clip(sure - excess, 0, 1)
    labels = np.eye(10)[np.where(right, 0, 1)]
    return Bins(*map(np.stack, zip(*(in_bins(p, y) for y in labels), strict=True)))


@pytest.mark.parametrize("kind", CONFIDENCES)
def test_the_floor_is_the_calibration_error_that_calibrated_networks_have_on_average(kind):
    """2,000 draws tell their mean to 1 %; confidences that differ within a bin make the formula up to 3.4 % too large."""
    bins = drawn(kind, 2000)
    ratio = calibration_floor(bins).mean() / calibration_error(bins).mean()
    assert 0.98 < ratio < 1.05


@pytest.mark.parametrize("kind", CONFIDENCES)
def test_of_calibrated_networks_the_signed_and_the_squared_error_are_0_on_average(kind):
    """Within four standard errors of 2,000 draws; the calibration error itself is not, by a hundred."""
    bins = drawn(kind, 2000)
    for of_bins, is_0 in ((overconfidence, True), (squared_calibration_error, True), (calibration_error, False)):
        found = of_bins(bins)
        assert (abs(found.mean()) < 4 * found.std(ddof=1) / 2000**0.5) == is_0


def test_of_networks_that_are_5_points_too_sure_both_say_so():
    bins = drawn("nearly sure", 500, excess=0.05)
    assert overconfidence(bins).mean() == pytest.approx(0.05, abs=0.002)
    assert squared_calibration_error(bins).mean() == pytest.approx(0.05**2, rel=0.1)
    assert (overconfidence(bins) > 0).all()
