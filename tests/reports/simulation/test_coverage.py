"""Coverage of both intervals of a paired difference, in every regime, as the docstring of reports/new_data.py has it."""

from typing import NamedTuple

import pytest

import reports.new_data
from tests.reports.simulation.coverage import Share, new_data, same_data
from tests.reports.simulation.regimes import COUNTS, REGIMES

pytestmark = pytest.mark.slow
DATASETS, FEWER, SEEDS = 300, 20, 240
LEAST = 0.93


class Stated(NamedTuple):
    """What the docstring says of a regime with so many seeds."""

    same_data: float  # coverage of t over seeds of this data
    t_of_new_data: float  # of the same t interval, asked of new data
    new_data: float  # of V
    width: float  # of V, over the ideal


def stated(name: str) -> dict[int, Stated]:
    """The line of the docstring's table that begins with the regime's name."""
    lines = map(str.strip, (reports.new_data.__doc__ or "").splitlines())
    (line,) = (line for line in lines if line.startswith(name))
    numbers = [float(word) for word in line.removeprefix(name).replace("|", " ").split()]
    return {n: Stated(*numbers[4 * at : 4 * at + 4]) for at, n in enumerate(COUNTS)}


def agrees(measured: Share, said: float) -> bool:
    """Within four standard errors; one trial more or less is always allowed for."""
    return abs(measured.value - said) <= 4 * max(measured.error, 1 / DATASETS)


@pytest.mark.parametrize("name", REGIMES)
def test_t_over_seeds_covers_the_mean_of_all_seeds_of_the_data(name):
    """True coverage is .95, so that not every regime's less two standard errors is above .93 in a test's few trials: plus two is."""
    for n, found in same_data(REGIMES[name], COUNTS, FEWER, SEEDS).items():
        assert found.covered.value + 2 * found.covered.error >= LEAST
        assert agrees(found.covered, stated(name)[n].same_data)


@pytest.mark.parametrize("name", REGIMES)
def test_v_covers_the_mean_over_datasets_and_is_as_wide_as_stated(name):
    """Where the table's many datasets gave .97 or more, these few show it beyond two standard errors; elsewhere they agree."""
    for n, found in new_data(REGIMES[name], COUNTS, DATASETS).items():
        said = stated(name)[n]
        sure = -2 if said.new_data >= 0.97 else 2
        assert found.covered.value + sure * found.covered.error >= LEAST
        assert agrees(found.covered, said.new_data)
        assert agrees(found.t_covered, said.t_of_new_data)
        assert found.width / found.ideal == pytest.approx(said.width, rel=0.15)


def test_the_width_is_at_most_twice_the_ideal_in_the_default_study():
    found = new_data(REGIMES["networks, 150/150/750 of 1,797"], (10,), DATASETS)[10]
    assert found.width <= 2 * found.ideal


def test_without_common_test_rows_v_covers_too_little():
    found = new_data(REGIMES["ridge, 200/100 of 400, 50 own"], (30,), DATASETS)[30]
    assert found.without_rows.value + 2 * found.without_rows.error < LEAST


def test_without_common_training_rows_v_covers_too_little():
    found = new_data(REGIMES["ridge, 200/100 of 400, 800 own"], (30,), DATASETS)[30]
    assert found.without_training.value + 2 * found.without_training.error < LEAST
