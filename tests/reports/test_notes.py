"""What is noted of a sweep beside its comparison: values on the edge of those tried, training cut short."""

import numpy as np
import pandas as pd
import pytest

from reports.comparison import by_seed, compare
from tests.reports.test_comparison import CELLS, SEEDS, sweep_of


def strengths(*validation):
    """A sweep of an arm with strengths 0.1, 0.2, …, with these validation errors."""
    cells = {
        f"l2 {n}": ({"regularizer": "l2", "penalty.strength": f"0.{n}"}, error, 0.2)
        for n, error in enumerate(validation, 1)
    }
    return sweep_of({"none": CELLS["none"]} | cells)


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ((0.1, 0.2, 0.2), ["l2: the penalty.strength chosen, 0.1, is the least of those tried."]),
        ((0.2, 0.2, 0.1), ["l2: the penalty.strength chosen, 0.3, is the largest of those tried."]),
        ((0.2, 0.1, 0.2), []),
        ((0.1,), []),  # one value is no grid
    ],
)
def test_a_number_on_the_edge_of_its_grid_is_noted_with_the_edge(validation, said):
    assert compare(strengths(*validation)).notes == said


def trained(losses, seeds=SEEDS):
    """CELLS with these validation losses, one an evaluation: of cell none in these seeds, level everywhere else."""
    sweep = sweep_of(CELLS, choose=())
    rows = []
    for step, loss in enumerate(losses):
        own = (sweep.results.cell == "none") & sweep.results.seed.isin(seeds)
        rows.append(sweep.results.assign(**{"step": step, "validation/loss": np.where(own, loss, 1.0)}))
    return sweep._replace(curves=pd.concat(rows[::-1], ignore_index=True))  # in whatever order


def improving(sweep):
    return [note for note in compare(sweep).notes if note.startswith("Still improving")]


SAID = ["Still improving at the last step, by two percent and more of validation loss: none."]


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((4.0, 3.0, 2.0), SAID),
        ((1.0, 1.0, 0.97), SAID),  # three percent
        ((1.0, 1.0, 0.99), []),  # one percent
        ((2.0, 2.0, 1.97), []),  # 0.03, but 1.5 percent
        ((1.0, 2.0, 1.5), []),  # it falls, but has been lower
        ((1.0, 2.0, 1.0), []),  # it has been as low
        ((4.0, 2.0, 3.0), []),  # it rises, but has been higher
        ((4.0, 2.0), []),  # the start and the end say nothing about the end
    ],
)
def test_training_still_improves_where_the_last_loss_is_the_least_by_two_percent(losses, said):
    assert improving(trained(losses)) == said


def test_training_still_improves_where_it_does_in_most_seeds():
    assert improving(trained((4.0, 3.0, 2.0), range(4))) == []  # four of eight
    assert improving(trained((4.0, 3.0, 2.0), range(5))) == SAID


def test_it_is_no_matter_how_training_ends_where_another_step_counts_or_nothing_is_validated():
    sweep = trained((4.0, 3.0, 2.0))
    assert improving(sweep._replace(params={**sweep.params, "selection": "last"})) == SAID
    assert improving(sweep._replace(params={**sweep.params, "selection": "best_validation"})) == []
    assert improving(sweep._replace(curves=sweep.curves.drop(columns="validation/loss"))) == []


def test_what_is_not_finite_is_missing_by_seed():
    rows = pd.DataFrame({"cell": list("aaab"), "seed": [0, 1, 2, 1], "m": [np.inf, -np.inf, 1.0, 2.0]})
    table = by_seed(rows, ["b", "a"], "m")
    np.testing.assert_array_equal(table.to_numpy(), [[np.nan, 2, np.nan], [np.nan, np.nan, 1]])


def test_an_arm_without_a_seed_in_common_is_no_comparison_to_correct_for():
    """Of two differences one has no pair: the other's least p is 2/2⁸, not twice that."""
    gone = {(cell, seed) for cell in ("weak", "strong") for seed in SEEDS}
    sweep = sweep_of({**CELLS, "l1": ({"regularizer": "l1"}, 0.3, 0.1)}, diverged=gone)
    comparison = compare(sweep)
    of_arm = {row.arm: row.pair.together for row in comparison.rows if row.pair}
    assert comparison.tested == 1
    assert np.isnan(of_arm["l2"]).all()
    assert of_arm["l1"].p == 2 / 2**8
    assert "l2: all 8 seeds diverged." in comparison.warnings


def test_an_arm_whose_seeds_are_not_the_baselines_is_said_to_be_compared_with_nothing():
    gone = {("none", seed) for seed in range(4)} | {("weak", seed) for seed in range(4, 8)}
    said = "Not compared with their baseline, since no seed finished in both: l2 strength=0.1."
    assert said in compare(sweep_of(CELLS, choose=(), diverged=gone)).warnings


def test_seeds_that_repeat_each_other_are_warned_of():
    """A split that is one for all seeds, and vary=[split]: each difference has as many copies as there are seeds, and a small p."""
    sweep = sweep_of(CELLS, choose=())
    assert not any("All seeds" in warning for warning in compare(sweep).warnings)
    first = sweep.results.groupby("cell")[["test/error", "gap/error"]].transform("first")
    kept = sweep.results["cell"] == "weak"
    copies = sweep.results.assign(**{name: first[name].where(~kept, sweep.results[name]) for name in first})
    (warning,) = (said for said in compare(sweep._replace(results=copies)).warnings if "All seeds" in said)
    assert warning.endswith("(vary=[split,init,order] varies all): none, l2 strength=0.2.")
