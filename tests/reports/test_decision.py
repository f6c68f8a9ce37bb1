"""Better, worse, equivalent, undecided: each by intervals that deserve it, and wrong no more often than is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.decision import decide
from reports.max_t import max_t
from reports.statistics import mean_interval


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-3.0, -1.5, "better"),
        (-3.0, -0.5, "better"),  # how much of it matters is open, not its sign
        (0.5, 3.0, "worse"),
        (-0.5, 0.9, "equivalent"),
        (-0.9, -0.5, "equivalent"),  # less error, by less than what matters
        (-0.5, 1.0, "undecided"),  # a difference of 1 matters
        (-1.0, 0.0, "undecided"),
        (-0.1, 3.0, "undecided"),
        (-9.0, 9.0, "undecided"),
        (-np.inf, np.inf, "undecided"),
        (np.nan, np.nan, "undecided"),
    ],
)
def test_the_word_for_an_interval_where_1_matters(low, high, word):
    assert decide(low, high, 1.0) == word


@given(st.floats(-9, 9), st.floats(0, 9), st.floats(0.01, 9))
def test_better_is_the_mirror_of_worse(low, width, smallest_effect):
    mirrored = {"better": "worse", "worse": "better"}
    word = decide(low, low + width, smallest_effect)
    assert decide(-low - width, -low, smallest_effect) == mirrored.get(word, word)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mean", "smallest_effect", "wrong", "percent"),
    [(0.0, 0.5, {"better", "worse"}, 4.7), (1.5, 1.5, {"equivalent"}, 2.3), (3.0, 3.0, {"equivalent"}, 2.3)],
)
def test_sweeps_have_a_wrong_word_as_often_as_the_docstring_says(mean, smallest_effect, wrong, percent):
    draw, sweeps = np.random.default_rng(0), 1000
    told = sum(bool(wrong & words(family(draw, mean), smallest_effect)) for _ in range(sweeps))
    assert told / sweeps == pytest.approx(percent / 100, abs=4 * (0.05 * 0.95 / sweeps) ** 0.5)


@pytest.mark.slow
def test_each_arms_own_90_percent_interval_would_call_some_arm_equivalent_in_a_fifth_of_sweeps():
    draw, sweeps = np.random.default_rng(0), 1000
    told = 0
    for _ in range(sweeps):
        own = [mean_interval(one, 0.90) for one in family(draw, 1.5)]
        told += any(decide(one.low, one.high, 1.5) == "equivalent" for one in own)
    assert told / sweeps == pytest.approx(0.22, abs=0.06)


def family(draw, mean):
    """Eight arms that share a baseline, ten seeds."""
    return mean + (draw.normal(size=10) + draw.normal(size=(8, 10))) / 2**0.5


def words(differences, smallest_effect):
    return {decide(one.low, one.high, smallest_effect) for one in max_t(differences)}
