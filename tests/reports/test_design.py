"""A factorial design: effects by hand and by least squares, and what is said where a cell is missing."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from reports.comparison import compare
from reports.design import coded, contrasts, design, effects
from reports.effects import effect_rows, effects_in_sentences
from reports.figures.effects import effects as interval_plot
from reports.figures.effects import interactions
from reports.figures.figure import specification
from tests.reports.made import swept

SWITCHES = ("penalty.strength", "noise.hidden.rate", "loss.smoothing")
VALUES = {"penalty.strength": ("0", "0.01"), "noise.hidden.rate": ("0", "0.5"), "loss.smoothing": ("0", "0.2")}


def of_errors(errors, switches, failed=(), order=None, **study):
    """A sweep of a full grid; `errors` has an axis of two per switch, off and on, and one of seeds."""
    rows, cells, lost = [], [], []
    places = list(product((0, 1), repeat=len(switches)))
    for place in [places[n] for n in order] if order else places:
        own = {axis: VALUES[axis][is_on] for axis, is_on in zip(switches, place, strict=True)}
        name = " ".join(f"{axis.split('.')[-1]}={value}" for axis, value in own.items())
        cell = {"run_id": name, "name": name, "axes": own, "status": "FINISHED", "data": "d", "task": "classification"}
        (lost if place in failed else cells).append(cell)
        for seed, error in enumerate(errors[place] if place not in failed else ()):
            row = {"seed": seed, "step": 1, "epoch": 1.0, "selected": True, "cell": name, "arm": name}
            row |= {f"{part}/{of}": error for part in ("train", "validation", "test") for of in ("error", "loss")}
            rows.append(row | {"gap/error": 0.0, "diverged_at": -1})
    asked = {"name": "made", "question": "Is it so?", "baseline": {}, "choose": [], "design": list(switches), **study}
    told = {"tags": {}, "params": {"data.task": "classification"}, "failed": lost}
    return swept(pd.DataFrame(rows), name="made now", study=asked, axes=list(switches), cells=cells, **told)


def means(sweep):
    return {effect.name: effect.pair.difference.mean for effect in design(sweep).effects}


def test_effects_of_two_switches_by_hand():
    """Errors .10 with both off, .06 with the penalty, .07 with dropout, .05 with both.

    Penalty: (.06 + .05)/2 − (.10 + .07)/2 = .055 − .085 = −.03; dropout: (.07 + .05)/2 − (.10 + .06)/2 = .06 − .08 = −.02;
    both: ½ (.05 − .06 − .07 + .10) = +.01. With dropout on, the penalty does .05 − .07 = −.02 = −.03 + .01; off, −.04 = −.03 − .01.
    """
    errors = np.array([[0.10, 0.07], [0.06, 0.05]])[..., None] + np.array([0.0, 0.01, 0.02])
    assert means(of_errors(errors, SWITCHES[:2])) == pytest.approx(
        {"strength": -0.03, "rate": -0.02, "strength × rate": 0.01}
    )


def test_effects_of_three_switches_by_hand():
    """Errors in points, off and on: with the third off 10 8 (first on: 7 6), with it on 9 9 (first on: 5 4); second along each pair.

    First: (7 + 6 + 5 + 4)/4 − (10 + 8 + 9 + 9)/4 = 5.5 − 9 = −3.5; second: (8 + 9 + 6 + 4)/4 − (10 + 9 + 7 + 5)/4 = 6.75 − 7.75 = −1;
    third: (9 + 9 + 5 + 4)/4 − (10 + 8 + 7 + 6)/4 = 6.75 − 7.75 = −1. First × second: at the third off ½ (6 − 7 − 8 + 10) = ½, on
    ½ (4 − 5 − 9 + 9) = −½: on average 0. First × third: at the second off ½ (5 − 7 − 9 + 10) = −½, on ½ (4 − 6 − 9 + 8) = −1½: −1.
    Second × third: at the first off ½ (9 − 8 − 9 + 10) = 1, on ½ (4 − 6 − 5 + 7) = 0: ½.
    """
    points = {
        (0, 0, 0): 10,
        (0, 1, 0): 8,
        (1, 0, 0): 7,
        (1, 1, 0): 6,
        (0, 0, 1): 9,
        (0, 1, 1): 9,
        (1, 0, 1): 5,
        (1, 1, 1): 4,
    }
    errors = np.array([points[place] for place in product((0, 1), repeat=3)]).reshape(2, 2, 2, 1) / 100
    found = means(of_errors(errors + np.array([0.0, 0.003]), SWITCHES))
    by_hand = {"strength": -3.5, "rate": -1, "smoothing": -1}
    by_hand |= {"strength × rate": 0, "strength × smoothing": -1, "rate × smoothing": 0.5}
    assert found == pytest.approx({name: value / 100 for name, value in by_hand.items()}, abs=1e-12)


@pytest.mark.parametrize("k", [2, 3])
def test_effects_are_least_squares_coefficients_at_plus_and_minus_a_half(k):
    """statsmodels, one seed at a time: a column of ±½ for every switch, and for every two the half of the product of their signs."""
    from statsmodels.api import OLS

    places = list(product((-1.0, 1.0), repeat=k))
    errors = np.random.default_rng(0).normal(0.1, 0.02, (2**k, 5))
    sets, signs = contrasts(np.array(places))
    columns = [np.prod([np.array(places)[:, j] for j in which], axis=0) / 2 for which in sets]
    design_matrix = np.column_stack([np.ones(2**k), *columns])
    for seed, ours in enumerate(effects(signs, errors).T):
        assert ours == pytest.approx(OLS(errors[:, seed], design_matrix).fit().params[1:])


def test_off_is_the_first_value_of_the_grid_whatever_the_order_of_cells():
    errors = np.random.default_rng(1).normal(0.1, 0.02, (2, 2, 6))
    straight = of_errors(errors, SWITCHES[:2])
    assert means(of_errors(errors, SWITCHES[:2], order=[0, 2, 3, 1])) == pytest.approx(means(straight))
    turned = means(of_errors(errors, SWITCHES[:2], order=[3, 2, 1, 0]))  # on before off: 0.01,0 on the command line
    assert turned["strength"] == pytest.approx(-means(straight)["strength"])
    assert turned["strength × rate"] == pytest.approx(means(straight)["strength × rate"])
    assert coded(design(straight).switches, straight.cells).tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]


def test_all_effects_are_one_family():
    """p in the family is not below that of an effect alone, and above it where the effect is small; the interval excludes 0 as p does."""
    errors = np.random.default_rng(2).normal(0.1, 0.01, (2, 2, 2, 9))
    errors[1] -= 0.03
    for effect in design(of_errors(errors, SWITCHES)).effects:
        together = effect.pair.together
        assert together.p >= effect.pair.difference.p
        assert (together.p < 0.05) == (together.low > 0 or together.high < 0)
    pairs = [effect.pair for effect in design(of_errors(errors, SWITCHES)).effects]
    assert pairs[0].together.p < 0.05
    assert sum(pair.together.p > 1.2 * pair.difference.p for pair in pairs) >= 3


def test_a_seed_that_a_cell_lacks_counts_in_no_effect():
    errors = np.random.default_rng(3).normal(0.1, 0.01, (2, 2, 7))
    whole = means(of_errors(errors[..., :6], SWITCHES[:2]))
    errors[1, 0, 6] = np.nan
    sweep = of_errors(errors, SWITCHES[:2])
    assert means(sweep) == pytest.approx(whole)
    assert {effect.pair.difference.n for effect in design(sweep).effects} == {6}
    assert "over the 6 seeds that finished in all cells" in effects_in_sentences(sweep, compare(sweep))[0]


def test_where_a_cell_failed_or_is_not_there_it_is_said_and_no_number_given():
    errors = np.random.default_rng(4).normal(0.1, 0.01, (2, 2, 6))
    failed = of_errors(errors, SWITCHES[:2], failed=[(1, 0)])
    assert design(failed).effects == []
    assert "there is no result of strength=0.01 rate=0" in effects_in_sentences(failed, compare(failed))[0]
    assert interval_plot(failed, compare(failed)) is None
    assert effect_rows(failed, compare(failed)) == []
    missing = failed._replace(failed=[])
    assert "none at strength=0.01 rate=0.0" in design(missing).why
    others = of_errors(errors, SWITCHES[:2])
    assert (
        "loss.smoothing has not two values" in design(others._replace(study=others.study | {"design": [*SWITCHES]})).why
    )
    apart = [cell | {"data": str(n)} for n, cell in enumerate(others.cells)]
    assert "seeds do not pair them" in design(others._replace(cells=apart)).why


def test_a_study_without_a_design_has_no_word_of_it():
    sweep = of_errors(np.full((2, 2, 6), 0.1), SWITCHES[:2], design=[])
    assert (effects_in_sentences(sweep, compare(sweep)), effect_rows(sweep, compare(sweep))) == ([], [])


def test_sentence_table_and_figures_say_the_same():
    errors = np.random.default_rng(5).normal(0.1, 0.001, (2, 2, 10))
    errors[1] -= 0.02
    errors[1, 1] += 0.01
    sweep = of_errors(errors, SWITCHES[:2])
    comparison = compare(sweep)
    (said,) = effects_in_sentences(sweep, comparison)
    assert "3 effects tested together: lower test error: strength (−1.5" in said
    assert "higher test error than effects that add up: strength × rate (+0.5" in said
    rows = effect_rows(sweep, comparison)
    assert [row["effect"] for row in rows] == ["strength", "rate", "strength × rate"]
    assert [row["off → on"] for row in rows] == ["0 → 0.01", "0 → 0.5", "0 → 0.01, 0 → 0.5"]
    figure = interval_plot(sweep, comparison)
    assert figure.data["mean"].tolist() == pytest.approx([100 * value for value in means(sweep).values()])
    assert list(figure.data["p"]) == [effect.pair.together.p for effect in design(sweep).effects]
    two = interactions(sweep, comparison)
    assert two.data["test/error"].tolist() == pytest.approx(100 * errors.mean(axis=-1).ravel())
    assert all(specification(one) for one in (figure, two))


def test_with_few_seeds_nothing_is_decided_and_no_end_is_infinite():
    sweep = of_errors(np.random.default_rng(6).normal(0.1, 0.001, (2, 2, 3)), SWITCHES[:2])
    comparison = compare(sweep)
    assert np.isnan(interval_plot(sweep, comparison).data[["low", "high"]].to_numpy(float)).all()
    assert "undecided: " in effects_in_sentences(sweep, comparison)[0]
    assert "inf" not in str(effect_rows(sweep, comparison))
