"""What a stated smallest effect makes of a comparison, and that without one nothing is said of seeds."""

import numpy as np
import pytest

from reports.comparison import compare
from reports.of_networks import of_networks
from reports.power import power, sd_limit, seeds_needed
from reports.smallest_effect import effects, sd_of, smallest_effect_numbers, smallest_effect_rows
from reports.statistics import paired_difference
from tests.reports.test_comparison import CELLS, sweep_of


def stating(smallest_effect, **more):
    """none 0.30; l2 0.25, whose differences over eight seeds have an sd of about 0.0014."""
    sweep = sweep_of(CELLS)
    return sweep._replace(study=sweep.study | {"smallest_effect": smallest_effect} | more)


@pytest.mark.parametrize(("smallest_effect", "word"), [(0.001, "better"), (0.04, "better"), (0.06, "equivalent")])
def test_an_arm_has_the_word_of_its_interval_in_the_family(smallest_effect, word):
    sweep = stating(smallest_effect)
    (row,) = smallest_effect_rows(sweep, compare(sweep))
    assert (row[""], row["decision"], row["seeds"]) == ("l2", word, "8")


def test_power_and_seeds_are_the_tests_own_for_the_smallest_effect_with_the_sds_upper_limit():
    sweep = stating(0.001)
    comparison = compare(sweep)
    (found,) = effects(sweep, comparison)
    results = sweep.results.set_index(["cell", "seed"])["test/error"]
    differences = results["weak"] - results["none"]
    assert found.sd == pytest.approx(differences.std(ddof=1))
    limit = sd_limit(differences.std(ddof=1), 8)
    assert found.power == power(0.001 / limit, 8, 1)
    assert found.seeds == seeds_needed(0.001 / limit, 1) > 8
    numbers = smallest_effect_numbers(sweep, comparison)
    assert numbers.loc[0, ["arm", "minus", "seeds needed"]].tolist() == ["l2", "none", found.seeds]


def test_of_several_comparisons_each_needs_more_seeds():
    sweep = stating(0.002, choose=[])
    sweep = sweep._replace(results=sweep.results.assign(arm=sweep.results.cell))
    comparison = compare(sweep)
    assert comparison.tested == 2
    found = {entry.pair.arm: entry for entry in effects(sweep, comparison)}
    alone = seeds_needed(0.002 / found["weak"].limit, 1)
    assert found["weak"].seeds == seeds_needed(0.002 / found["weak"].limit, 2) > alone


def test_without_a_smallest_effect_nothing_is_said_of_seeds():
    sweep = stating(None)
    assert smallest_effect_rows(sweep, compare(sweep)) == []
    made = of_networks(sweep, lambda title, make: make())
    assert made.tables["smallest_effect"] == []
    assert "effect.csv" not in made.more_numbers


def test_differences_that_are_all_equal_ask_for_no_seeds():
    sweep = stating(0.01)
    level = sweep.results.cell.map({"none": 0.5, "weak": 0.25, "strong": 0.25})
    sweep = sweep._replace(results=sweep.results.assign(**{"test/error": level}))
    (row,) = smallest_effect_rows(sweep, compare(sweep))
    assert (row["power"], row["seeds for power 0.8"]) == ("–", "–")


def test_the_sd_is_read_from_the_interval_where_the_mean_is_0_too():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])  # squares 10, over 4
    assert sd_of(paired_difference(values, np.zeros(5))) == pytest.approx(2.5**0.5)
