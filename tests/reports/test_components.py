"""Components of variance: worked by hand, unbiased, and with intervals that cover."""

import numpy as np
import pytest

from reports.components import ALL, components, effects_of, mean_squares

DESIGNS = {  # levels; the sd of each effect: of split, weights, (order,) and how they depend on each other
    "11 × 11, as networks": ((11, 11), {(0,): 1.24, (1,): 0.27, (0, 1): 0.73}),
    "11 × 11, small": ((11, 11), {(0,): 0.3, (1,): 0.3, (0, 1): 1.0}),
    "11 × 11, none": ((11, 11), {(0,): 0.0, (1,): 0.0, (0, 1): 1.0}),
    "5 × 5, as networks": ((5, 5), {(0,): 1.24, (1,): 0.27, (0, 1): 0.73}),
    "11 × 11 × 3, as networks": (
        (11, 11, 3),
        {(0,): 1.24, (1,): 0.27, (2,): 0.0, (0, 1): 0.72, (0, 2): 0.0, (1, 2): 0.0, (0, 1, 2): 0.14},
    ),
}


def drawn(draw, levels, sds):
    """One design: the sum of independent Gaussian effects, each the same along the axes that it does not belong to."""
    y = np.zeros(levels)
    for effect, sd in sds.items():
        y += sd * draw.normal(size=[n if axis in effect else 1 for axis, n in enumerate(levels)])
    return y


def coverage(name, designs, seed=0):
    """Of every effect: how often its interval holds the true variance, and the mean width of that of the sd."""
    levels, sds = DESIGNS[name]
    draw = np.random.default_rng(seed)
    found = [components(drawn(draw, levels, sds)) for _ in range(designs)]
    return {
        effect: (
            np.mean([one[effect].low <= sd**2 <= one[effect].high for one in found]),
            np.mean([one[effect].high ** 0.5 - one[effect].low ** 0.5 for one in found]),
        )
        for effect, sd in sds.items()
    }


def test_a_table_of_three_by_two_worked_by_hand():
    """Rows 1 3, 4 8, 4 4, of mean 4: row means 2, 6, 4 and column means 3, 5.

    M_A = 2 (4 + 4 + 0) / 2 = 8, M_B = 3 (1 + 1) / 1 = 6. What is left: 0 0, −1 1, 1 −1, so M_AB = 4 / 2 = 2;
    σ²_A = (8 − 2) / 2 = 3, σ²_B = (6 − 2) / 3 = 4/3, σ²_AB = 2.
    """
    y = np.array([[1.0, 3.0], [4.0, 8.0], [4.0, 4.0]])
    squares = mean_squares(y)
    assert [(squares[e].value, squares[e].freedom) for e in effects_of(2)] == [(8, 2), (6, 1), (2, 2)]
    found = components(y)
    assert [found[e].variance for e in effects_of(2)] == pytest.approx([3, 4 / 3, 2])
    assert found[ALL].variance == pytest.approx(19 / 3)
    assert [found[e].share for e in effects_of(2)] == pytest.approx([9 / 19, 4 / 19, 6 / 19])


def test_a_component_without_a_sign_of_it_is_negative_counts_as_zero_and_has_an_upper_limit():
    """Rows and columns of mean 0: M_A = M_B = 0 and M_AB = 4, so that σ²_A = σ²_B = −2."""
    found = components(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    assert [found[e].variance for e in effects_of(2)] == pytest.approx([-2, -2, 4])
    assert (found[0,].low, found[0,].share, found[0, 1].share) == (0, 0, 1)
    assert found[ALL].variance == pytest.approx(4)
    noisy = components(np.random.default_rng(1).normal(size=(5, 5)))
    assert 0 == noisy[0,].low < noisy[0,].high < np.inf


def test_networks_that_are_all_alike_have_no_spread_and_no_shares():
    found = components(np.full((3, 2), 0.25))
    assert all((one.variance, one.low, one.high) == (0, 0, 0) and np.isnan(one.share) for one in found.values())


def test_the_sums_of_squares_of_all_effects_are_that_of_the_table():
    y = np.random.default_rng(0).normal(size=(5, 3, 2))
    sums = sum(one.value * one.freedom for one in mean_squares(y).values())
    assert sums == pytest.approx(((y - y.mean()) ** 2).sum())


def test_components_of_three_sources_are_unbiased():
    """The mean over 400 designs of 5 × 4 × 3 lies within four standard errors of what they were drawn with."""
    draw, sds = np.random.default_rng(0), dict(zip(effects_of(3), (1.0, 0.8, 0.5, 0.7, 0.0, 0.3, 0.6), strict=True))
    found = [components(drawn(draw, (5, 4, 3), sds)) for _ in range(400)]
    for effect, sd in sds.items():
        values = np.array([one[effect].variance for one in found])
        assert abs(values.mean() - sd**2) < 4 * values.std(ddof=1) / 20, effect


def test_units_do_not_matter():
    """Errors as shares or in percent, from whatever level: shares are the same, ends a factor of 10⁴ apart."""
    y = np.random.default_rng(0).normal(size=(5, 3))
    ours, theirs = components(y), components(100 * y + 7)
    for effect, one in ours.items():
        assert theirs[effect][:3] == pytest.approx([10_000 * value for value in one[:3]], rel=1e-9, abs=1e-9)
        assert theirs[effect][3:] == pytest.approx(one[3:], rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_cover_what_the_designs_were_drawn_with(name):
    """At least .95 less two Monte Carlo standard errors (.7 % of 1,000), and exactly so where the effect is there: no more than .97."""
    for effect, (covered, _) in coverage(name, 1000).items():
        assert covered > 0.95 - 2 * 0.0069, effect
        assert covered < 0.97 or DESIGNS[name][1][effect] < 0.5, effect


if __name__ == "__main__":  # the table of the docstring
    for name in DESIGNS:
        cells = [f"{c:.3f} / {w:.2f}" for c, w in coverage(name, 5000).values()]
        print(f"| {name} | " + " | ".join(cells) + " |")
