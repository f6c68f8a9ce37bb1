"""The choice among cells is made on validation data, whatever the test data say."""

import numpy as np
import pandas as pd
import pytest

from reports.build import markdown, sentence, table_rows
from reports.comparison import compare
from reports.figures import figures
from reports.load import Sweep, arm_name

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
    assert "| l2 | strength=0.1 |" in markdown("Is it so?", answer, table_rows(comparison))


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


def test_without_a_baseline_the_first_cell_serves():
    comparison = compare(sweep_of(CELLS, choose=(), baseline={}))
    assert comparison.baseline == "none"
    assert [row.arm for row in comparison.rows] == ["none", "l2 penalty.strength=0.1", "l2 penalty.strength=0.2"]


def test_every_figure_is_a_valid_specification_and_keeps_its_data():
    sweep = sweep_of(CELLS)
    made = {figure.name: figure for figure in figures(sweep, compare(sweep))}
    assert set(made) == {"differences", "seeds", "strengths", "learning_curves", "gap"}
    for figure in made.values():
        figure.chart.to_dict()  # raises where it breaks Vega-Lite's schema
        assert len(figure.data)
        assert figure.caption.endswith(".")
