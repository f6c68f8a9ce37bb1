"""What each seed would have chosen, by hand; and that the best of several tries is lower by chance, unless the baseline has as many."""

import numpy as np
import pandas as pd
import pytest

from reports.comparison import compare
from reports.figures.own_choice import own_choice
from reports.max_t import max_t
from reports.own_choice import by_arm, own_choice_rows, own_choices
from reports.tries import unequal_tries
from tests.reports.made import swept
from tests.reports.test_comparison import CELLS, sweep_of

VALIDATION = {  # error of each cell, a column a seed
    "none": [0.30, 0.30, 0.30, 0.30, 0.30, 0.30],
    "weak": [0.20, 0.20, 0.20, 0.20, 0.30, 0.30],
    "strong": [0.30, 0.30, 0.20, 0.20, 0.20, 0.20],
}
LOSS = {"none": [1.0] * 6, "weak": [0.5, 0.5, 0.5, 0.7, 0.5, 0.5], "strong": [0.5, 0.5, 0.5, 0.6, 0.5, 0.5]}
TEST = {
    "none": [0.50, 0.51, 0.52, 0.53, 0.54, 0.55],
    "weak": [0.40, 0.41, 0.42, 0.43, 0.44, 0.45],
    "strong": [0.30, 0.32, 0.31, 0.35, 0.30, 0.34],
}


def made(errors, losses, tests, *, choose=("penalty.strength",), halves=None, choose_on="all"):
    """A sweep of these cells: those called none… are the baseline's, the others' strengths are their names'."""
    cells, rows = [], []
    for n, cell in enumerate(errors):
        arm = "none" if cell.startswith("none") else cell if cell.startswith("l") else "l2"
        axes = {"regularizer": arm} | ({"penalty.strength": str(n)} if arm != "none" else {})
        axes |= {"stream": cell[4:]} if cell[4:].isdigit() and arm == "none" else {}
        cells.append({"name": cell, "axes": axes, "status": "FINISHED", "task": "classification"})
        for seed, test in enumerate(tests[cell]):
            row = {"cell": cell, "arm": arm, "seed": seed, "step": 1, "epoch": 1, "selected": True, "diverged_at": -1}
            row |= {"validation/error": errors[cell][seed], "validation/loss": losses[cell][seed], "test/error": test}
            row |= {"train/error": 0.0, "gap/error": test, "train/loss": 0.1}
            if halves:
                row |= {"validation_second_half/error": halves[cell][seed], "validation_second_half/loss": 1.0}
            rows.append(
                row | {f"axis/{axis}": axes.get(axis) for axis in ("regularizer", "penalty.strength", "stream")}
            )
    study = {
        "name": "made",
        "question": "?",
        "baseline": {"regularizer": "none"},
        "choose": list(choose),
        "choose_on": choose_on,
    }
    told = {"tags": {}, "params": {"data.task": "classification"}, "failed": []}
    axes = ["regularizer", "penalty.strength", *(["stream"] if "stream" in choose else [])]
    return swept(pd.DataFrame(rows), name="made now", study=study, axes=axes, cells=cells, **told)


def test_each_seed_takes_its_own_least_validation_error_ties_by_loss_then_by_order():
    """Seeds 0, 1 take weak; seed 2 ties in error and loss: weak, the first; seed 3 ties in error: strong, by loss; 4, 5 strong."""
    sweep = made(VALIDATION, LOSS, TEST)
    none, l2 = own_choices(sweep, compare(sweep))
    assert [(cell.cell, cell.seeds, cell.pooled) for cell in l2.tried] == [("weak", 3, False), ("strong", 3, True)]
    differences = np.array([0.40 - 0.50, 0.41 - 0.51, 0.42 - 0.52, 0.35 - 0.53, 0.30 - 0.54, 0.34 - 0.55])
    assert l2.own.mean == pytest.approx(differences.mean())
    (expected,) = max_t([differences])
    assert l2.own.together == pytest.approx(expected)
    assert l2.error == pytest.approx(np.mean([0.40, 0.41, 0.42, 0.35, 0.30, 0.34]))
    assert l2.pooled.mean == pytest.approx(np.mean(np.array(TEST["strong"]) - TEST["none"]))
    assert l2.pooled.together == compare(sweep).rows[1].pair.together  # that of the table
    assert none.own is None
    assert none.pooled is None


def test_the_table_says_how_many_tries_each_arm_had_and_how_often_each_value_was_chosen():
    sweep = made(VALIDATION, LOSS, TEST)
    none, l2 = own_choice_rows(sweep, compare(sweep))
    assert (none["tries"], none["difference, own choices"]) == ("1", "–")
    assert (l2["tries"], l2["chosen by all"], l2["chosen by each"]) == ("2", "2", "1 × 3, 2 × 3")
    assert l2["difference, own choices"].startswith("−15.50 [−")
    (note,) = unequal_tries(sweep, compare(sweep))
    assert note.startswith("Not all were chosen among as many cells: l2 had 2 tries, none 1. ")


def test_the_family_is_that_of_the_table():
    """With every arm against every other there are three comparisons, of which the one with the baseline is told less surely."""
    sweep = made(
        VALIDATION | {"l1": [0.1] * 6}, LOSS | {"l1": [1.0] * 6}, TEST | {"l1": [0.48, 0.5, 0.47, 0.52, 0.5, 0.56]}
    )
    pairs = sweep._replace(study=sweep.study | {"compare": "pairs"})
    alone, beside = (own_choices(one, compare(one)) for one in (sweep, pairs))
    assert [one.own.mean for one in alone[1:]] == [one.own.mean for one in beside[1:]]
    assert len(compare(pairs).pairs) == 3
    errors = {one.arm: chosen.error for one, chosen in zip(beside, by_arm(pairs).values(), strict=True)}
    family = max_t([errors[pair.arm] - errors[pair.other] for pair in compare(pairs).pairs])
    assert [one.own.together for one in beside[1:]] == family[:2]


def test_a_baseline_with_streams_chooses_as_other_arms_do():
    """Seeds 0–2 take the first stream, the others the second."""
    errors = {"none0": [0.1, 0.1, 0.1, 0.2, 0.2, 0.2], "none1": [0.2, 0.2, 0.2, 0.1, 0.1, 0.1]} | VALIDATION
    del errors["none"]
    tests = {"none0": [0.6] * 6, "none1": [0.5] * 6} | TEST
    sweep = made(errors, dict.fromkeys(errors, [1.0] * 6), tests, choose=("penalty.strength", "stream"))
    none, l2 = own_choices(sweep, compare(sweep))
    assert [(cell.value, cell.seeds) for cell in none.tried] == [("0", 3), ("1", 3)]
    assert none.error == pytest.approx(0.55)
    assert l2.own.mean == pytest.approx(l2.error - 0.55)
    assert unequal_tries(sweep, compare(sweep)) == []
    assert compare(sweep).notes == [] or not any("stream" in note for note in compare(sweep).notes)


def test_a_strength_is_chosen_on_the_half_that_the_study_names():
    halves = {"none": [0.3] * 6, "weak": [0.1] * 6, "strong": [0.2] * 6}  # the other way round than on all rows
    both = [made(VALIDATION, LOSS, TEST, halves=halves, choose_on=rows) for rows in ("all", "second_half")]
    assert [compare(sweep).rows[1].cell for sweep in both] == ["strong", "weak"]
    (_, l2) = own_choices(both[1], compare(both[1]))
    assert [(cell.cell, cell.seeds, cell.pooled) for cell in l2.tried] == [("weak", 6, True), ("strong", 0, False)]


def test_a_seed_that_diverged_is_chosen_by_nobody_who_has_another():
    errors = VALIDATION | {"strong": [np.nan, *VALIDATION["strong"][1:]], "weak": [np.nan, *VALIDATION["weak"][1:]]}
    lost = {name: [np.nan, *values[1:]] if name != "none" else values for name, values in TEST.items()}
    sweep = made(errors, LOSS, lost)
    (_, l2) = own_choices(sweep, compare(sweep))
    assert sum(cell.seeds for cell in l2.tried) == 5
    assert l2.own.mean == pytest.approx(np.mean([0.41 - 0.51, 0.42 - 0.52, 0.35 - 0.53, 0.30 - 0.54, 0.34 - 0.55]))


def test_there_is_no_table_and_no_figure_where_nothing_is_chosen():
    sweep = sweep_of(CELLS, choose=())
    assert own_choices(sweep, compare(sweep)) == []
    assert own_choice(sweep, compare(sweep)) is None


@pytest.mark.parametrize(("tries", "low", "high"), [(1, -0.021, -0.009), (4, -0.004, 0.004)])
def test_where_nothing_differs_four_tries_look_better_than_one_and_not_better_than_four(tries, low, high):
    """Errors of 400 seeds, all cells alike: quality that validation sees (sd .02) and noise of its rows (sd .02).

    The best of four is 1.029 sd of validation error better there, E[max of four N(0, 1)], and half of that variance is quality:
    1.029 · .02 / √2 = .0146.
    """
    draw = np.random.default_rng(0)
    cells = [*(f"none{n}" for n in range(tries)), *"abcd"]
    quality = dict(zip(cells, draw.normal(0.3, 0.02, (len(cells), 400)), strict=True))
    errors = {cell: own + draw.normal(0, 0.02, 400) for cell, own in quality.items()}
    sweep = made(errors, errors, quality, choose=("penalty.strength", "stream"))
    (_, l2) = own_choices(sweep, compare(sweep))
    assert low < l2.own.mean < high
