"""The ledger of optimism: what each rule would have reported for the same runs, and the notes on a sweep."""

import numpy as np
import pandas as pd
import pytest

from backprop.network import MLP
from backprop.training import Recipe
from experiments import notebook
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import digits
from experiments.data.splits import Holdout
from experiments.study.evaluate_at import Geometric
from experiments.study.experiment import Experiment
from reports.comparison import compare
from reports.load import Sweep
from reports.optimism import BY_ERROR, ledger
from tests.reports.made import swept
from tests.reports.test_comparison import CELLS, sweep_of


def made(errors: dict[str, np.ndarray]) -> Sweep:
    """Cells of one arm with test errors (steps, seeds); the validation loss is least at step 1, the last is step 2."""
    rows = []
    for cell, values in errors.items():
        for step, by_seed in enumerate(values):
            for seed, error in enumerate(by_seed):
                row = {"cell": cell, "arm": "l2", "seed": seed, "step": step, "epoch": step, "test/error": error}
                row |= {"train/error": 0.0, "gap/error": error, "validation/error": 0.2 if cell == "a" else 0.3}
                row |= {"validation/loss": [1.0, 0.5, 0.7][step], "train/loss": 0.1, "diverged_at": -1}
                row |= {"selected/last": step == 2, "selected/best_validation": step == 1}
                row |= {"selected/oracle": step == values[:, seed].argmin(), "selected": step == 2}
                rows.append(row | {"axis/penalty.strength": 0.1})
    curves = pd.DataFrame(rows)
    cells = [{"name": cell, "axes": {"penalty.strength": cell}, "status": "FINISHED"} for cell in errors]
    study = {"name": "", "question": "", "baseline": {}, "choose": ["penalty.strength"]}
    told = {"tags": {}, "params": {}, "failed": []}
    return swept(curves, name="", study=study, axes=["penalty.strength"], cells=cells, **told)


def test_each_rule_reports_its_own_step_and_the_ledger_that_of_the_cell_best_on_test():
    a = np.array([[0.30, 0.10], [0.20, 0.20], [0.40, 0.40]])  # the oracle takes 0.20 and 0.10
    b = np.array([[0.30, 0.30], [0.30, 0.30], [0.05, 0.05]])  # better on the test set, worse on validation
    sweep = made({"a": a, "b": b})
    (entry,) = ledger(sweep, compare(sweep))
    assert entry.by_rule["last"].mean == pytest.approx(0.40)
    assert entry.by_rule["best_validation"].mean == pytest.approx(0.20)
    assert entry.by_rule["oracle"].mean == pytest.approx(0.15)
    assert entry.reported.mean == pytest.approx(0.40)  # the last step counts
    assert entry.against_reported.mean == pytest.approx(0.15 - 0.40)
    assert entry.by_rule[BY_ERROR].mean == pytest.approx(0.20)  # the first of equal validation errors: 0.30 and 0.10
    assert entry.against_error.mean == pytest.approx(0.15 - 0.20)
    assert entry.split_half is None  # no errors of rows are kept
    assert entry.selected_on_test.mean == pytest.approx(0.05)


@pytest.mark.slow
def test_on_random_labels_the_oracle_looks_better_than_chance_and_validation_does_not():
    """Ten classes, every label drawn at random: no rule that is fair can leave 90 % error."""
    cell = Experiment(
        digits(),
        Recipe(network=MLP((32,)), epochs=30),
        split=Holdout(200, 200, 200),
        corruption=LabelNoise(1.0, parts=("train", "validation", "test")),
        evaluate_at=Geometric(30),
        seeds=20,
    )
    results = notebook.run({"net": cell})
    (entry,) = ledger(results.sweep, results.comparison)
    fair, oracle = entry.by_rule["best_validation"], entry.by_rule["oracle"]
    assert fair.low < 0.9 < fair.high
    assert oracle.high < 0.9
    assert entry.against_error.high < 0
    assert entry.split_half.high < 0


def test_a_chosen_value_on_the_edge_of_its_grid_is_noted():
    inside = {
        name: ({"regularizer": "l2", "penalty.strength": str(strength)}, validation, 0.2)
        for name, strength, validation in (("weak", 0.1, 0.3), ("middle", 0.2, 0.2), ("strong", 0.3, 0.25))
    }
    assert not any("(L001)" in note for note in compare(sweep_of({"none": CELLS["none"]} | inside)).notes)
    outside = inside | {"middle": ({"regularizer": "l2", "penalty.strength": "0.2"}, 0.4, 0.2)}
    notes = compare(sweep_of({"none": CELLS["none"]} | outside)).notes
    assert "l2: the penalty.strength chosen, 0.3, is the largest of those tried (L001)." in notes


def test_training_that_is_cut_short_is_noted():
    sweep = sweep_of(CELLS)
    longer = []
    for epoch, factor in enumerate((4.0, 2.0, 1.0)):
        rows = sweep.results.assign(step=epoch, epoch=float(epoch), selected=epoch == 2)
        longer.append(rows.assign(**{"validation/loss": rows["validation/loss"] * factor}))
    falling = sweep._replace(curves=pd.concat(longer, ignore_index=True))
    assert any(note.startswith("Still improving at the last step") for note in compare(falling).notes)
    flat = falling._replace(curves=falling.curves.assign(**{"validation/loss": 0.5}))
    assert not any("improving" in note for note in compare(flat).notes)
