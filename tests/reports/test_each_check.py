"""Each check finds what it says, and nothing of what is like it: cases on both sides of every threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.checks.every import look_at_failures
from reports.checks.evidence import compared
from reports.checks.few_rows import least_variance
from reports.comparison import compare
from tests.reports.test_comparison import CELLS, few_seeds, sweep_of
from tests.reports.test_notes import said_of

SWEEP = sweep_of(CELLS)  # none; l2 at 0.1 (chosen) and 0.2


def told(sweep=SWEEP, **of_cells):
    """The sweep, whose cells have all recorded this."""
    return sweep._replace(cells=[{**cell, **of_cells} for cell in sweep.cells])


def with_results(sweep, **columns):
    return sweep._replace(results=sweep.results.assign(**columns))


def differing(d, n=8):
    """Two arms over n seeds whose differences of test error are these."""
    sweep = few_seeds(sweep_of({name: CELLS[name] for name in ("none", "weak")}, choose=()), n)
    errors = np.where(sweep.results.cell == "weak", np.take(np.asarray(d), sweep.results.seed), 0.0)
    return with_results(sweep, **{"test/error": errors})


@pytest.mark.parametrize(("least", "most", "found"), [(10, 30, True), (10, 29, False), (50, 50, False)])
def test_classes_are_unbalanced_from_three_to_one_on(least, most, found):
    sweep = told(classes={"count": 2, "least": least, "most": most})
    assert bool(said_of("L004", sweep)) == found
    shown = sweep._replace(study={**sweep.study, "measures": ["test/balanced_error"]})
    assert said_of("L004", shown) == []
    assert said_of("L004", told(classes={})) == said_of("L004", SWEEP) == []


def test_unbalanced_classes_are_told_with_their_numbers_and_of_several_data_with_the_arms():
    sweep = told(classes={"count": 3, "least": 10, "most": 1000})
    (said,) = said_of("L004", sweep)
    assert (
        said
        == "Of 3 classes the largest has 1,000 rows and the smallest 10: the error tells mostly of the large ones (L004)."
    )
    sweep.cells[0]["classes"] = {"count": 3, "least": 1, "most": 9}
    assert [said.split(":")[0] for said in said_of("L004", sweep)] == ["none", "l2"]


def test_an_arm_that_is_no_better_than_the_majority_is_named_and_if_all_are_all():
    def at(error):
        return said_of("L005", with_results(SWEEP, **{"reference/majority_error": error}))

    means = {row.arm: row.test_error.mean for row in compare(SWEEP).rows}  # about 0.30 and 0.25
    assert at(means["none"] + 0.001) == []
    assert at(means["l2"] + 0.001) == ["No less test error than the majority class: none (L005)."]
    assert at(means["l2"] - 0.001) == ["No arm has less test error than the majority class (L005)."]


def test_a_linear_model_is_told_of_only_where_it_beats_every_arm():
    def at(error):
        return said_of("L019", with_results(SWEEP, **{"reference/linear_error": error}))

    best = min(row.test_error.mean for row in compare(SWEEP).rows)
    assert at(best + 0.001) == []
    assert at(best - 0.001) == ["No arm has less test error than the linear model (L019)."]
    assert said_of("L005", with_results(SWEEP, **{"reference/linear_error": best - 0.001})) == []


def test_test_rows_that_train_are_told_of():
    assert said_of("L009", told(overlap=3, sizes={"test": 20})) == [
        "3 of 20 test rows are for training or validation too (split.overlap): errors on them say nothing of new data (L009)."
    ]
    assert said_of("L009", told(overlap=0, sizes={"test": 20})) == []


@pytest.mark.parametrize(("test", "found"), [(100, True), (101, False)])
def test_copies_are_told_of_from_a_percent_of_the_test_rows_on(test, found):
    assert bool(said_of("L021", told(copies=1, sizes={"test": test}))) == found
    assert said_of("L021", told(sizes={"test": test})) == []


def test_a_class_that_no_test_row_has_is_told_of():
    assert said_of("L022", told(untested_classes=1)) == [
        "none, l2: 1 of the classes has no test row in some seeds (L022)."
    ]
    assert said_of("L022", told(untested_classes=0)) == []


def test_a_step_that_test_rows_choose_is_told_of_whichever_arm_does_it():
    sweep = told()
    sweep.cells[1]["step_by_test"] = True
    assert said_of("L012", sweep) == [
        "l2: the step that counts was chosen on the test set (selection=oracle): these errors are optimistic (L012)."
    ]
    by_setting = SWEEP._replace(params={**SWEEP.params, "selection": "oracle"})
    assert said_of("L012", by_setting)[0].startswith("The step that counts was chosen on the test set")
    assert said_of("L012", SWEEP) == []


def test_wrong_labels_where_they_judge_are_told_of():
    sweep = told(corrupted=["validation", "test"])
    assert said_of("L023", sweep) == [
        "Labels of validation and test rows are corrupted on purpose (corruption.parts): errors there count right answers as "
        "wrong (L023)."
    ]
    sweep.cells[0]["corrupted"] = []
    assert said_of("L023", sweep)[0].startswith("l2: labels of validation and test rows")
    assert said_of("L023", told(corrupted=[])) == []


def failed(*places):
    return [{"name": str(place), "axes": place, "status": "FAILED"} for place in places]


def test_an_arm_that_lost_candidates_is_told_of_with_their_number():
    lost = SWEEP._replace(failed=failed({"regularizer": "l2", "penalty.strength": "0.4"}))
    assert said_of("L014", lost) == ["l2 was chosen among 2 of 3 cells: 1 failed (L014)."]
    assert said_of("L014", SWEEP) == []


def test_an_arm_of_which_nothing_is_left_is_told_of():
    places = [{"regularizer": "l1", "penalty.strength": strength} for strength in ("0.1", "0.2")]
    (said,) = said_of("L014", SWEEP._replace(failed=failed(*places)))
    assert said == "In no table, figure or average, since all their cells failed: l1 (L014)."


def test_the_arm_that_stands_in_for_the_baseline_is_not_said_to_be_compared_with_itself():
    cells = {name: ({"regularizer": name}, 0.3, 0.3) for name in ("l2", "l1")}
    sweep = sweep_of(cells, choose=(), baseline={"regularizer": "none"})
    said = said_of("L014", sweep._replace(failed=failed({"regularizer": "none"})))
    assert said[-1] == "Compared with l2, since their own baseline failed: l1 (L014)."


def test_arms_whose_own_baseline_failed_are_told_of():
    def at(regularizer, strength):
        return {"regularizer": regularizer, "penalty.strength": strength}

    cells = {f"{r} {s}": (at(r, s), 0.3, 0.3) for r, s in (("none", "1"), ("l2", "1"), ("l2", "2"))}
    sweep = sweep_of(cells, choose=())
    said = said_of("L014", sweep._replace(failed=failed(at("none", "2"))))
    assert said[1:] == ["Compared with none strength=1, since their own baseline failed: l2 strength=2 (L014)."]
    other = said_of("L014", sweep._replace(failed=failed(at("l1", "1"))))
    assert [said.split(",")[0] for said in other] == ["In no table"]  # the baseline of l2 at 2 never was there


def test_a_baseline_that_failed_is_not_called_missing():
    sweep = sweep_of({name: CELLS[name] for name in ("weak", "strong")})
    assert "is not in this sweep; l2 stands in" in said_of("L011", sweep)[0]
    lost = sweep._replace(failed=failed({"regularizer": "none"}))
    assert said_of("L011", lost) == ["The study's baseline, regularizer=none, failed; l2 stands in for it (L011)."]


def test_of_calculations_the_cells_that_failed_are_counted():
    assert look_at_failures(SWEEP._replace(failed=failed({"a": "1"}))).warnings == [
        "1 of 4 cells failed: every statistic over the grid is over the others (L014)."
    ]
    assert look_at_failures(SWEEP) == ([], [])


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (
            1,
            [
                "With 1 seed nothing can be decided, however large the difference (there is no p): it takes 6 seeds (L015)."
            ],
        ),
        (
            5,
            [
                "With 5 seeds nothing can be decided, however large the difference (the least p is 0.0625): it takes 6 seeds (L015)."
            ],
        ),
        (6, []),
    ],
)
def test_six_seeds_are_the_least_that_tell_a_difference(n, said):
    assert said_of("L015", few_seeds(SWEEP, n)) == said


def test_the_arm_of_too_few_seeds_is_named_beside_others_that_have_enough():
    cells = {**CELLS, "l1": ({"regularizer": "l1"}, 0.3, 0.1)}
    gone = {(cell, seed) for cell in ("weak", "strong") for seed in range(4)}
    assert said_of("L015", sweep_of(cells, diverged=gone))[0].startswith("l2: with 4 seeds nothing can be decided")


def test_numbers_of_tries_are_told_where_they_differ():
    assert said_of("L016", SWEEP) == [
        "Unequal numbers of tries on validation data, and the best of more looks better by chance: 1 for none; 2 for l2 (L016)."
    ]
    as_many = {**CELLS, "again": ({"regularizer": "none", "penalty.strength": "0.1"}, 0.3, 0.3)}
    assert said_of("L016", sweep_of(as_many)) == []
    assert said_of("L016", sweep_of(CELLS, choose=())) == []


SYMMETRIC = [-4.0, -3, -2, -1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("d", "found"),
    [(SYMMETRIC, False), ([0.0] * 7 + [1.0], True), ([0.0] * 8, False), ([0.1] * 8, False), (np.exp(SYMMETRIC), True)],
)
def test_differences_of_which_one_makes_the_mean_are_told_of(d, found):
    assert bool(said_of("L017", differing(d))) == found


def test_skewness_is_told_with_its_number_and_not_of_fewer_than_eight_seeds():
    (said,) = said_of("L017", differing([0.0] * 7 + [-1.0]))
    assert said.startswith("l2 strength=0.1: the differences of 8 seeds are skew (−2.3)")
    assert said_of("L017", differing([0.0] * 6 + [-1.0], n=7)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("n", "arms"), [(10, 1), (30, 8)])
def test_of_gaussian_differences_one_table_in_a_hundred_is_called_skew(n, arms):
    from scipy.stats import skewtest

    from reports.checks.skewness import LEVEL

    draw = np.random.default_rng(0)
    p = skewtest(draw.normal(size=(20_000, arms, n)), axis=-1).pvalue
    assert 0.006 < (p < LEVEL / arms).any(axis=1).mean() < 0.014


def test_test_rows_that_make_half_of_the_variance_are_told_of():
    """t = 11, d = ± 1/2: (1/2 − 1/4) / 10 = 0.025; s² = 8/7 · 1/4 = 0.29 is more than 0.05. t = 2: 0.25, and s² is less than 0.5."""
    d = [0.5, -0.5] * 4
    assert said_of("L018", told(differing(d), sizes={"test": 11})) == []
    (said,) = said_of("L018", told(differing(d), sizes={"test": 2}))
    assert said == (
        "l2 strength=0.1: the difference varies over 8 seeds by 53 points (sd); 2 test rows, of which one is 50 points, alone make it vary "
        "by at least 50 (L018)."
    )
    assert said_of("L018", told(differing([0.1] * 8), sizes={"test": 2})) == []
    assert said_of("L018", differing(d)) == []  # how many there are is not known
    values = told(differing(d), sizes={"test": 2})._replace(params={"data.task": "regression"})
    assert said_of("L018", values) == []


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=2, max_size=30))
def test_no_test_rows_vary_less_than_that(d_i):
    """Whatever rows two networks disagree on: the variance of the mean of d_i is at least what |d| alone says."""
    d_i = np.array(d_i, float)
    assert least_variance(d_i.mean(keepdims=True), len(d_i)) <= d_i.var(ddof=1) / len(d_i) + 1e-15


def test_without_validation_or_test_rows_it_is_said():
    without = SWEEP._replace(curves=SWEEP.curves.drop(columns="validation/loss"))
    assert said_of("L013", without)[0].startswith("There are no validation rows")
    assert said_of("L013", SWEEP) == []
    sweep = told()
    sweep.cells[0]["sizes"] = {"test": 0}
    assert said_of("L020", sweep) == ["Without test rows, and so without a test error: none (L020)."]


def test_a_comparison_over_fewer_seeds_than_its_averages_is_told_of():
    def kept(sweep):
        own = (sweep.results.cell != "none") | (sweep.results.seed < 6)
        other = (sweep.results.cell == "none") | (sweep.results.seed > 1)
        return sweep._replace(results=sweep.results[own & other])

    assert said_of("L024", kept(SWEEP)) == [
        "Compared over fewer seeds than their averages are over: l2 (4 of 6) (L024)."
    ]
    assert said_of("L024", SWEEP) == said_of("L024", few_seeds(SWEEP, 5)) == []
    lost = sweep_of(CELLS, choose=(), diverged={("none", 1)})  # the baseline has as few
    assert said_of("L024", lost) == []


def test_a_strangers_record_with_other_things_under_these_names_costs_no_answer():
    strange = {
        "classes": 3,
        "copies": "many",
        "untested_classes": [],
        "corrupted": "test",
        "step_by_test": "yes",
        "overlap": None,
    }
    comparison = compare(told(**strange, sizes={"test": "x"}))
    assert comparison.warnings == []
    assert len(comparison.rows) == 2


def test_where_all_pairs_are_compared_each_is_looked_at_under_the_names_of_both():
    cells = {**CELLS, "l1": ({"regularizer": "l1"}, 0.3, 0.1)}
    sweep = few_seeds(sweep_of(cells), 5)
    sweep = sweep._replace(study={**sweep.study, "compare": "pairs"})
    found = compared(sweep, compare(sweep))
    assert sorted(one.name for one in found) == ["l1", "l1 − l2", "l2"]
    assert {len(one.differences) for one in found} == {5}
    (of_both,) = (one.differences for one in found if one.name == "l1 − l2")
    (l1,), (l2,) = ([one.differences for one in found if one.name == name] for name in ("l1", "l2"))
    np.testing.assert_allclose(of_both, l1 - l2, atol=1e-15)
    assert said_of("L015", sweep)[0].startswith("With 5 seeds nothing can be decided")
