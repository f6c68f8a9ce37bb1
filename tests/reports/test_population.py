"""What an answer is true of: from a notebook's sweep to the sentence, the table and the figures."""

import numpy as np
import pandas as pd
import pytest

from backprop.penalties import L2
from backprop.training import Recipe
from experiments.data.datasets import wine
from experiments.data.splits import Holdout, KFold
from experiments.notebook import Experiment, run
from experiments.study.about_data import about_data
from reports.answer import certainty_rows, table_rows
from reports.comparison import by_seed, compare
from reports.figures.differences import forest
from reports.figures.pairs import matrix
from reports.new_data import interval
from reports.population import by_row, on_new_data
from reports.schema import IN_COMMON
from reports.sentence import sentence


@pytest.fixture(scope="module")
def results():
    cells = {
        f"λ={s:g}": Experiment(wine(), Recipe(penalty=L2(s), epochs=3, batch_size=20), Holdout(20, 9, 60), seeds=7)
        for s in (0, 0.1, 2)
    }
    return run(cells)


def test_the_share_of_training_rows_in_common_is_that_of_the_draws():
    one = Experiment(wine(), Recipe(epochs=1, batch_size=20), Holdout(20, 9, 60), seeds=40)
    assert about_data(one)[IN_COMMON] == pytest.approx(20 / 178, abs=0.01)
    folds = Experiment(wine(), Recipe(epochs=1, batch_size=20), KFold(5, validation=0), seeds=5)
    assert about_data(folds)[IN_COMMON] == pytest.approx(3 / 4, abs=0.01)  # of four fifths, three are another fold's
    still = Experiment(wine(), Recipe(epochs=1, batch_size=20), Holdout(20, 9, 60), seeds=4, vary=["init"])
    assert about_data(still)[IN_COMMON] == 1.0


def test_an_interval_on_new_data_is_never_inside_the_one_over_seeds(results):
    for pair in results.comparison.pairs:
        assert not pair.new_data.why
        assert pair.beyond.low <= pair.together.low < pair.together.high <= pair.beyond.high


def test_where_all_seeds_train_on_the_same_rows_the_sentence_says_so():
    cells = {
        f"λ={s:g}": Experiment(
            wine(), Recipe(penalty=L2(s), epochs=2, batch_size=20), Holdout(20, 9, 60), seeds=6, vary=["init"]
        )
        for s in (0, 2)
    }
    answer = run(cells).answer
    assert "What holds on new data of this kind is not known: all seeds train on the same rows." in answer


def test_errors_of_rows_that_are_not_those_recorded_are_not_used(results):
    moved = results.frame.assign(**{"test/error": results.frame["test/error"] * np.arange(1, 22) / 21})
    (one, _) = compare(results.sweep._replace(results=moved)).pairs
    assert one.new_data.why == "the kept errors of test rows are not those of the recorded test errors"
    assert np.isnan(one.beyond).all()


def test_a_contrast_of_cells_is_their_weighted_sum_row_by_row(results):
    """A difference is the contrast 1, −1, 0; of ½, ½, −1 the rows are added up by hand."""
    sweep, seeds = results.sweep, range(7)
    errors = by_seed(sweep.results, [cell["name"] for cell in sweep.cells], "test/error")
    a, b, c = (errors.iloc[n] for n in range(3))
    pair = on_new_data(sweep, sweep.cells[:2], a - b)
    assert on_new_data(sweep, sweep.cells, a - b, (1.0, -1.0, 0.0)) == pytest.approx(pair)
    rows = [by_row(sweep.errors(cell["name"]), list(seeds)) for cell in sweep.cells]
    by_hand = interval(((rows[0] + rows[1]) / 2 - rows[2]).to_numpy(), sweep.cells[0][IN_COMMON], 20)
    assert on_new_data(sweep, sweep.cells, (a + b) / 2 - c, (0.5, 0.5, -1.0)) == pytest.approx(by_hand)
    assert "are not those of the recorded" in on_new_data(sweep, sweep.cells, (a + b) / 2 - c, (0.5, 1.0, -1.0)).why


def test_pairs_are_all_arms_against_all_in_one_family(results):
    plain, every = (
        results.comparison,
        compare(results.sweep._replace(study={**results.sweep.study, "compare": "pairs"})),
    )
    assert [(pair.arm, pair.other) for pair in every.pairs] == [("λ=0.1", "λ=0"), ("λ=2", "λ=0"), ("λ=2", "λ=0.1")]
    assert all(ours.p >= alone.p for ours, alone in zip(every.rows[1:], plain.rows[1:], strict=True))
    drawn = matrix(results.sweep._replace(study={**results.sweep.study, "compare": "pairs"}), every)
    table = drawn.data.set_index(["arm", "minus"])["difference"]
    assert table["λ=2", "λ=0.1"] == -table["λ=0.1", "λ=2"] == pytest.approx(100 * every.pairs[2].difference.mean)
    assert matrix(results.sweep, plain) is None


def test_table_figure_and_sentence_agree_on_what_is_decided(results):
    comparison = results.comparison
    bars = forest(results.sweep, comparison).data.set_index("arm")
    over_seeds, on_new = sentence(comparison).split("\n")[0], sentence(comparison).split("\n")[-1]
    for row, shown in zip(comparison.rows[1:], table_rows(comparison)[1:], strict=False):
        decided = bool(bars.low[row.arm] > 0 or bars.high[row.arm] < 0)
        assert decided == (row.p < 0.05) == (row.arm in over_seeds)
        beyond = bool(bars["new data low"][row.arm] > 0 or bars["new data high"][row.arm] < 0)
        assert beyond == (row.arm in on_new.split("undecided: ")[0])
        assert shown["on new data"].startswith("[")
    assert [
        row["of seeds, test rows, training rows"].count("%") for row in certainty_rows(results.sweep, comparison)
    ] == [3, 3]
    assert isinstance(results.table, pd.DataFrame)
