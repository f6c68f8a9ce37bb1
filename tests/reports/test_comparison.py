"""The choice among cells is made on validation data, whatever the test data say."""

import numpy as np
import pandas as pd
import pytest

from reports.answer import sentence, table_rows
from reports.build import check_replaceable
from reports.comparison import compare
from reports.figures import figures
from reports.load import Sweep, arm_name
from reports.tables import markdown

SEEDS = range(8)


def sweep_of(cells, choose=("penalty.strength",), baseline=None, diverged=()):
    """cells: name → (axes, mean validation error, mean test error)."""
    draw = np.random.default_rng(0)
    shared = draw.normal(0, 0.05, len(SEEDS))  # what a split does to every cell
    study = {
        "name": "made",
        "question": "Is it so?",
        "baseline": {"regularizer": "none"} if baseline is None else baseline,
        "choose": list(choose),
    }
    axes = ["regularizer", "penalty.strength"]
    rows = []
    for name, (own, validation, test) in cells.items():
        for epoch in (0.0, 1.0):
            for seed in SEEDS:
                error = test + shared[seed] + draw.normal(0, 0.001)
                row = {"seed": seed, "step": int(epoch), "epoch": epoch, "selected": epoch == 1.0, "cell": name}
                row |= {"arm": arm_name(own, axes, choose), **{f"axis/{a}": own.get(a) for a in axes}}
                row |= {"train/error": 0.0, "validation/error": validation, "test/error": error, "gap/error": error}
                row |= {"train/loss": 0.01, "validation/loss": validation, "diverged_at": -1}
                if (name, seed) in diverged:
                    row |= {key: np.nan for key in row if key.endswith(("/error", "/loss"))} | {"diverged_at": 1}
                rows.append(row)
    curves = pd.DataFrame(rows)
    records = [
        {"run_id": str(i), "name": name, "axes": own, "status": "FINISHED"}
        for i, (name, (own, _, _)) in enumerate(cells.items())
    ]
    return Sweep(
        "made now", study, axes, records, curves[curves.selected], curves, {}, {"data.task": "classification"}, []
    )


CELLS = {
    "none": ({"regularizer": "none"}, 0.30, 0.30),
    "weak": ({"regularizer": "l2", "penalty.strength": "0.1"}, 0.20, 0.25),
    "strong": ({"regularizer": "l2", "penalty.strength": "0.2"}, 0.22, 0.10),  # best on test, not on validation
}


def test_the_strength_is_chosen_on_validation_data_never_on_test_data():
    none, l2 = compare(sweep_of(CELLS)).rows
    assert (l2.arm, l2.cell, l2.chosen) == ("l2", "weak", "strength=0.1")
    assert none.difference is None
    assert l2.difference.mean == pytest.approx(-0.05, abs=0.002)
    assert l2.difference.high < 0  # paired: the spread of splits, 50 times larger, cancels
    assert l2.p == pytest.approx(2 / 2**8)


def test_the_sentence_says_what_differs_and_what_cannot_be_told():
    comparison = compare(sweep_of({**CELLS, "same": ({"regularizer": "l1", "penalty.strength": "0.1"}, 0.3, 0.30)}))
    answer = sentence(comparison)
    assert "lower test error: l2 (−" in answer
    assert "no difference that 8 seeds can tell: l1" in answer
    assert "| l2 | strength=0.1 |" in markdown(table_rows(comparison))


def test_too_few_seeds_are_called_too_few():
    many = {f"c{i}": ({"regularizer": f"r{i}"}, 0.2, 0.1 * i) for i in range(8)}
    assert "cannot reach p < 0.05 at all" in sentence(compare(sweep_of({**CELLS, **many})))


def test_a_diverged_seed_is_counted_and_its_cell_is_not_chosen():
    sweep = sweep_of(CELLS, diverged={("weak", 3), ("none", 2)})
    none, l2 = compare(sweep).rows
    assert l2.cell == "strong"
    assert none.diverged == 1
    assert none.test_error.n == 7
    assert l2.difference.n == 7


def test_an_arm_that_diverged_is_said_to_have_and_is_no_missing_difference():
    sweep = sweep_of(CELLS, choose=(), diverged={("strong", seed) for seed in SEEDS} | {("weak", 1)})
    answer = sentence(compare(sweep))
    assert "l2 strength=0.2: all 8 seeds diverged." in answer
    assert "l2 strength=0.1: 1 of 8 seeds diverged; its averages are over the others." in answer
    assert "no difference" not in answer
    assert "nan" not in answer


def test_cells_of_other_data_are_not_compared():
    sweep = sweep_of(CELLS, choose=())
    sweep.cells[2]["data"] = "other"
    _, weak, strong = compare(sweep).rows
    assert weak.difference is not None
    assert strong.difference is None
    assert "Other data or other chance than the baseline's, and so not compared with it: l2 strength=0.2." in sentence(
        compare(sweep)
    )
    sweep.cells[2]["task"] = "regression"
    assert not compare(sweep).percent


def test_a_baseline_that_is_not_in_the_sweep_is_not_replaced_silently():
    warned = sentence(compare(sweep_of(CELLS, baseline={"regularizer": "nonne"})))
    assert "The study's baseline, regularizer=nonne, is not in this sweep; none stands in for it." in warned
    by_number = compare(sweep_of(CELLS, choose=(), baseline={"regularizer": "l2", "penalty.strength": 1e-1}))
    assert by_number.baseline == "l2 strength=0.1"  # 1e-1 is 0.1


def test_each_arm_is_compared_with_the_baseline_at_its_own_other_axes():
    def axes(regularizer, strength):
        return {"regularizer": regularizer, "penalty.strength": strength}

    cells = {f"{r} {s}": (axes(r, s), 0.3, 0.3) for r in ("none", "l2") for s in ("1", "2")}
    comparison = compare(sweep_of(cells, choose=()))
    assert {row.arm: row.baseline for row in comparison.rows if row.difference} == {
        "l2 strength=1": "none strength=1",
        "l2 strength=2": "none strength=2",
    }


def test_peeking_at_the_test_set_is_said():
    sweep = sweep_of(CELLS)
    assert "these errors flatter" in sentence(compare(sweep._replace(params={**sweep.params, "selection": "oracle"})))
    assert "flatter" not in sentence(compare(sweep))


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds other files than a report"):
        check_replaceable(tmp_path)
    (tmp_path / "thesis.txt").unlink()
    check_replaceable(tmp_path)
    check_replaceable(tmp_path / "new")


def test_without_a_baseline_the_first_cell_serves():
    comparison = compare(sweep_of(CELLS, choose=(), baseline={}))
    assert comparison.baseline == "none"
    assert [row.arm for row in comparison.rows] == ["none", "l2 strength=0.1", "l2 strength=0.2"]


def test_every_figure_is_a_valid_specification_and_keeps_its_data():
    sweep = sweep_of(CELLS)
    made = {figure.name: figure for figure in figures(sweep, compare(sweep))}
    assert set(made) == {"differences", "seeds", "strengths", "learning_curves", "gap"}
    for figure in made.values():
        figure.chart.to_dict()  # raises where it breaks Vega-Lite's schema
        assert len(figure.data)
        assert figure.caption.endswith(".")


def test_arms_at_different_stages_of_training_are_noted():
    sweep = sweep_of(CELLS)
    edge = compare(sweep).notes  # that the strength chosen is the least of those tried
    assert len(edge) == 1
    late = sweep.curves[(sweep.curves.cell == "weak") & (sweep.curves.step == 1)].assign(step=7, selected=False)
    (note,) = [n for n in compare(sweep._replace(curves=pd.concat([sweep.curves, late]))).notes if n not in edge]
    assert note == "Trained for different numbers of steps: none 1, l2 7."
    results = sweep.results.assign(**{"train/error": sweep.results.cell.map({"none": 0.0, "weak": 0.1, "strong": 0.0})})
    (note,) = [n for n in compare(sweep._replace(results=results)).notes if n not in edge]
    assert note == "At different stages: none make no error on training examples any more, l2 do."
