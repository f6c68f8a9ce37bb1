"""How much of the spread is the finite test set: worked by hand, and against networks that differ by nothing else."""

import numpy as np
import pandas as pd
import pytest

from reports.components import components
from reports.finite_test_set import from_test_rows, of_table, shared


def hard(draw, rows):
    """How often networks are wrong on each row: most rows are easy, some are hard."""
    return draw.beta(0.3, 2.0, rows)


def test_shared_rows_are_jordans_formula():
    """Three networks, four rows: wrong 3, 0, 1, 2 times, p(1 − p) = 0, 0, 2/9, 2/9, so (4/9) · (3/2) / 4² = 1/24."""
    e = np.array([[1.0, 0, 1, 1], [1, 0, 0, 1], [1, 0, 0, 0]])
    assert shared(e) == pytest.approx(1 / 24)
    assert of_table(e, np.zeros(3, int)).within == pytest.approx(1 / 24)
    assert of_table(e, np.arange(3)).within == 0  # nobody to share with


def test_a_table_worked_by_hand():
    """Two networks, rows 0 1 and 1 2: errors 1 0 and 1 0, m = ½; the variance over rows is ½, over two rows ¼.

    Row 1 is in both: (0 − ½)(1 − ½) / 2² = −1/16 in common, which counts as 0. With errors 0 1 of the first it is +1/16: ¼ − 1/16.
    """
    table = pd.DataFrame({"seed": [0, 0, 1, 1], "row": [0, 1, 1, 2], "error": [1.0, 0.0, 1.0, 0.0]})
    assert from_test_rows(table, np.array([0, 0, 1, 1])) == (1 / 4, 0, 2)
    swapped = table.assign(error=[0.0, 1.0, 1.0, 0.0])
    assert from_test_rows(swapped, np.array([0, 0, 1, 1])) == (3 / 16, 0, 2)
    assert from_test_rows(swapped, np.array([0, 0, 1, 1]), redrawn=True) == (1 / 4, 0, 2)  # other data: other rows


def test_the_spread_of_networks_that_differ_by_chance_alone_is_all_of_the_test_set():
    """All err on a row with its own probability: v is their variance, with test rows in common or drawn anew from 500."""
    draw = np.random.default_rng(0)
    for own in (False, True):
        spread, told = [], []
        for _ in range(300):
            q = hard(draw, 500)
            e = (draw.random((10, 500)) < q).astype(float)
            if own:
                e[np.argsort(draw.random(e.shape), axis=1) >= 200] = np.nan
            spread.append(np.nanmean(e, axis=1).var(ddof=1))
            told.append(of_table(e, np.arange(10) if own else np.zeros(10, int)).variance)
        assert np.mean(told) == pytest.approx(np.mean(spread), rel=0.07), own
        assert np.std(told) < np.std(spread) / 2  # it is known far better than the spread itself


def test_what_splits_and_networks_of_one_split_owe_to_it_are_told_apart():
    """Each split draws 200 of 500 rows and learns some by chance; its networks err by chance on the others. Nothing else differs."""
    draw, within, between, told = np.random.default_rng(0), [], [], []
    for _ in range(100):
        q = hard(draw, 500)
        learned = draw.beta(0.5, 0.5 * (1 - q) / q, (6, 500))
        e = (draw.random((6, 5, 500)) < learned[:, None, :]).astype(float)
        e[np.broadcast_to((np.argsort(draw.random((6, 500))) >= 200)[:, None, :], e.shape)] = np.nan
        split, weights, both = (one.variance for effect, one in components(np.nanmean(e, axis=2)).items() if effect)
        found = of_table(e.reshape(30, 500), np.repeat(np.arange(6), 5))
        within.append(weights + both)
        between.append(split)
        told.append((found.variance - found.within, found.within))
    assert np.mean(told, axis=0) == pytest.approx([np.mean(between), np.mean(within)], rel=0.15)


def test_networks_that_really_differ_spread_more_than_the_test_set_makes_them():
    draw = np.random.default_rng(0)
    errors = np.linspace(0.05, 0.35, 7)
    e = (draw.random((7, 400)) < errors[:, None]).astype(float)
    found = of_table(e, np.zeros(7, int)).variance
    assert found < 0.1 * e.mean(axis=1).var(ddof=1)
