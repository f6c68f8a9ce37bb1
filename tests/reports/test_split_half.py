"""The bias of choosing a step on test rows: known where every step is alike, none where there is nothing to choose."""

from itertools import combinations

import numpy as np
import pytest

from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.training import Recipe
from experiments import notebook
from experiments.data.datasets import diabetes, wine
from experiments.recording.row_table import row_table
from experiments.study.experiment import Experiment
from experiments.study.rows import Rows, empty, put
from reports.answer import ledger_rows
from reports.optimism import BY_ERROR, ledger
from reports.split_half import bias, by_seed, first_halves, selection_bias


def test_it_is_the_mean_over_halvings_of_what_the_other_half_says():
    errors = np.random.default_rng(0).random((8, 3))

    def flattered(half):
        own, other = errors[list(half)].mean(axis=0), np.delete(errors, half, axis=0).mean(axis=0)
        return own.min() - other[own.argmin()]

    every = np.mean([flattered(half) for half in combinations(range(8), 4)])
    assert bias(errors) == pytest.approx(every, abs=0.02)


def test_of_steps_that_are_alike_it_has_the_size_that_chance_gives():
    """Two steps, each wrong on each of t rows with probability ½: the lesser of two means of t/2 rows lies √(2 · ¼ / (t/2)) / √(2π) low."""
    t, draw = 100, np.random.default_rng(0)
    found = [bias(draw.integers(0, 2, (t, 2)).astype(float)) for _ in range(600)]
    assert np.mean(found) == pytest.approx(
        -np.sqrt(2 * 0.25 / (t / 2)) / np.sqrt(2 * np.pi), abs=4 * np.std(found) / np.sqrt(600)
    )


def test_of_one_step_far_better_than_the_others_there_is_none():
    assert bias(np.tile([1.0, 0.0, 1.0], (100, 1))) == 0


def test_every_halving_has_half_of_the_rows_and_no_two_are_alike():
    halves = first_halves(20)
    assert (halves.sum(axis=1) == 10).all()
    assert len(np.unique(halves, axis=0)) == len(halves) == 100
    assert (first_halves(7).sum(axis=1) == 3).all()


def test_a_step_that_has_diverged_is_never_best():
    errors = np.stack([np.full(10, np.nan), np.arange(10.0), np.full(10, 4.5)], axis=1)
    assert bias(errors) == pytest.approx(bias(errors[:, 1:]))
    assert np.isnan(bias(errors[:, :1]))


def test_only_test_rows_count_each_seed_by_itself():
    draw = np.random.default_rng(0)
    wrong = draw.integers(0, 2, (24, 3))  # of two seeds with five validation rows and seven test rows
    errors = empty(24, 3, "classification")
    for place in range(3):
        put(errors, place, wrong[:, place])
    seed, part = np.repeat([4, 9], 12).astype("u4"), np.tile([0] * 5 + [1] * 7, 2).astype(np.int8)
    rows = Rows(seed, part, np.arange(24, dtype="u4"), ("0", "5", "selected/last"), "selected/last", errors, {})
    found = by_seed(row_table(rows), ["0", "5"])
    assert found.to_dict() == {4: bias(wrong[5:12, :2].astype(float)), 9: bias(wrong[17:24, :2].astype(float))}


@pytest.fixture(scope="module")
def classes():
    return notebook.run({"net": Experiment(wine(), Recipe(MLP((3,)), epochs=5), seeds=3)})


def test_the_ledger_has_the_bias_beside_the_rules(classes):
    (entry,) = ledger(classes.sweep, classes.comparison)
    assert entry.split_half.mean == pytest.approx(selection_bias(classes.sweep, "net").mean())
    assert entry.split_half.mean <= 0
    by_hand = [
        curve.loc[curve["validation/error"].idxmin(), "test/error"] for _, curve in classes.curves.groupby("seed")
    ]
    assert entry.by_rule[BY_ERROR].mean == pytest.approx(np.mean(by_hand))
    assert entry.against_error.mean == pytest.approx(entry.by_rule["oracle"].mean - np.mean(by_hand))
    assert entry.against_reported.mean == pytest.approx(entry.by_rule["oracle"].mean - entry.reported.mean)


def test_of_values_it_is_not_known_unless_errors_of_rows_are_kept_at_every_evaluation():
    cell = Experiment(diabetes(), Recipe(MLP((3,)), SquaredError(), epochs=3), seeds=2)
    plain, kept = (notebook.run({"net": cell}, keep=keep) for keep in ("weights", "rows"))
    assert ledger_rows(plain.sweep, plain.comparison)[0]["bias alone"] == "–"
    assert ledger_rows(kept.sweep, kept.comparison)[0]["bias alone"] != "–"
