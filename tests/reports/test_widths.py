"""How wide intervals are with fewer seeds and with more: the page's own at n, and in between what a formula by hand says."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reports.comparison import compare
from reports.figures.every_difference import every_difference
from reports.figures.width import interval_width
from reports.tally import tally
from reports.widths import numbers, what_lasts, widths
from tests.reports.test_comparison import CELLS, SEEDS, sweep_of

FAR = {**CELLS, "other": ({"regularizer": "l1"}, 0.2, 0.24)}


@pytest.fixture
def made():
    sweep = sweep_of(FAR)
    return sweep, compare(sweep)


def of_all(sweep, comparison):
    return widths(sweep, comparison, [row.arm for row in comparison.rows])


def at(data, interval, seeds, *, expected=False, arm="l2"):
    rows = data[(data.arm == arm) & (data.interval == interval) & (data.seeds == seeds) & (data.expected == expected)]
    return rows.half.item()


def test_with_all_seeds_the_widths_are_those_of_the_page(made):
    data = of_all(*made)
    for pair in made[1].pairs:
        half = [(ends.high - ends.low) / 2 for ends in (pair.difference, pair.together)]
        for expected in (False, True):
            found = [at(data, kind, len(SEEDS), expected=expected, arm=pair.arm) for kind in ("alone", "together")]
            assert found == pytest.approx(half)


def test_with_fewer_seeds_they_are_those_of_the_first_seeds_alone(made):
    fewer = made[0]._replace(results=made[0].results[made[0].results.seed < 6])
    first = of_all(fewer, compare(fewer))
    data = of_all(*made)
    for kind in ("alone", "together"):
        assert at(data, kind, 6) == pytest.approx(at(first, kind, 6))
    assert data[data.interval == "together"].seeds.min() == 6
    assert data[data.interval == "alone"].seeds.min() == 2


def test_with_four_times_the_seeds_an_interval_is_to_be_half_as_wide_but_for_t(made):
    """t(.975, 31) / t(.975, 7) · √(8/32) = 2.0395 / 2.3646 / 2."""
    data = of_all(*made)
    shrunk = at(data, "alone", 32, expected=True) / at(data, "alone", 8)
    assert shrunk == pytest.approx(2.03951 / 2.36462 / 2, rel=1e-5)


def test_on_new_data_the_width_ends_where_common_rows_keep_it(made):
    """S²/n a third of V at n: the rest stays, and with k seeds V is S²/k and the rest."""
    sweep, comparison = made
    pair = comparison.pairs[0]
    n, sd = pair.difference.n, np.sqrt(pair.difference.n) * (pair.difference.high - pair.difference.low) / 2 / 2.364624
    half = 2.364624 * (3 * sd**2 / n) ** 0.5
    wider = pair._replace(
        new_data=pair.new_data._replace(low=pair.difference.mean - half, high=pair.difference.mean + half)
    )
    assert what_lasts(wider, sd) == pytest.approx(2 * sd**2 / n, rel=1e-5)
    data = of_all(sweep, comparison._replace(pairs=[wider, *comparison.pairs[1:]]))
    q = [stats.t.isf((1 - 0.95**0.5) / 2, k - 1) for k in (32, 8)]
    variance = (sd**2 / 32 + 2 * sd**2 / 8) / (3 * sd**2 / 8)
    shrunk = at(data, "new data", 32, expected=True, arm=pair.arm) / at(data, "new data", 8, arm=pair.arm)
    assert shrunk == pytest.approx(q[0] / q[1] * variance**0.5, rel=1e-5)


def test_without_an_interval_on_new_data_there_is_no_line_for_it(made):
    assert set(of_all(*made).interval) == {"alone", "together"}  # these sweeps keep no errors of rows


@pytest.mark.parametrize("n", [2, 7, 1000])
def test_the_seeds_that_there_are_are_among_those_foretold(n):
    assert {2, n, 4 * n} <= set(numbers(n))
    assert len(numbers(n)) <= 26


def test_a_sweep_of_one_arm_has_neither_figure():
    sweep = sweep_of({"none": CELLS["none"]})
    assert interval_width(sweep, compare(sweep)) is None
    assert every_difference(sweep, compare(sweep)) is None


def test_the_line_of_the_smallest_effect_is_drawn_where_one_is_stated(made):
    sweep, comparison = made
    plain = interval_width(sweep, comparison)
    stated = interval_width(sweep._replace(study=sweep.study | {"smallest_effect": 0.02}), comparison)
    assert "Grey line" in stated.caption
    assert "Grey line" not in plain.caption
    values = [row.get("half") for rows in stated.chart.to_dict()["datasets"].values() for row in rows]
    assert 2.0 in values  # in percent


def test_every_seeds_difference_is_drawn_with_its_tally(made):
    sweep, _ = made
    results = sweep.results.set_index(["cell", "seed"])["test/error"].copy()
    shifts = [-1, -1, -1, -1, -1, -1, 0, 1]  # points
    for seed, shift in zip(SEEDS, shifts, strict=True):
        results["weak", seed] = results["none", seed] + shift / 100
    values = [results[place] for place in zip(sweep.results.cell, sweep.results.seed, strict=True)]
    sweep = sweep._replace(results=sweep.results.assign(**{"test/error": values}))
    figure = every_difference(sweep, compare(sweep))
    assert figure.data[figure.data.arm.str.startswith("l2")].difference.tolist() == pytest.approx(shifts)
    texts = [row["seeds"] for rows in figure.chart.to_dict()["datasets"].values() for row in rows if "seeds" in row]
    assert texts[0] == "6 lower, 1 tie, 1 higher"


def test_of_many_seeds_the_figure_has_quantiles(made):
    sweep, _ = made
    many = pd.concat([sweep.results.assign(seed=sweep.results.seed + 8 * k) for k in range(20)])
    figure = every_difference(sweep._replace(results=many), compare(sweep))
    assert "a quantile of all seeds" in figure.caption
    assert len(figure.data) == 2 * 160
    assert max(len(rows) for rows in figure.chart.to_dict()["datasets"].values()) == 2 * 101


def test_a_tally_counts_no_seed_that_has_no_difference():
    assert tally([np.nan, np.nan]) == (0, 0, 0)
