"""The lines that need no network: known by hand and by scikit-learn on its own, seen as networks see the data."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from backprop.losses import BinaryCrossEntropy, SigmoidSquaredError
from backprop.network import MLP
from experiments.config.building import experiment_of
from experiments.data import datasets
from experiments.data.corruption import LabelNoise
from experiments.data.scaling import Scaling
from experiments.data.splits import Holdout
from experiments.notebook import run
from experiments.study import references as of_study
from experiments.study.references import references
from experiments.training import tasks as planning
from experiments.training.evaluation import run as trained
from experiments.training.tasks import tasks
from reports.figures.seeds import references_near

QUICK = {"network": MLP((3,)), "epochs": 1, "seeds": 2}


def found(cell, seed=1):
    return references(cell.divide(seed), cell.dataset.task)


@pytest.mark.parametrize(
    "loss", [None, BinaryCrossEntropy(), SigmoidSquaredError()], ids=["softmax", "binary", "sigmoid"]
)
@pytest.mark.parametrize("corruption", [None, LabelNoise(0.4)], ids=["clean", "noisy"])
def test_of_classes_they_are_scikit_learns_on_the_labels_that_train(loss, corruption):
    settings = QUICK | {"corruption": corruption} | ({} if loss is None else {"loss": loss})
    cell = experiment_of(datasets.breast_cancer(), settings)
    division = cell.divide(1)
    x, x_test = division.part("train").x, division.part("test").x
    clean = cell.dataset.y.argmax(axis=1)
    y = clean[division.rows.train]
    if corruption is not None:
        y = corruption(cell.dataset, division.rows._asdict(), 1)[division.rows.train].argmax(axis=1)
    y_test = clean[division.rows.test]
    ours = found(cell)
    assert ours["reference/majority_error"] == pytest.approx(1 - DummyClassifier().fit(x, y).score(x_test, y_test))
    assert ours["reference/linear_error"] == pytest.approx(1 - LogisticRegression().fit(x, y).score(x_test, y_test))


@pytest.mark.parametrize("scaling", [Scaling(), Scaling("none", "none"), Scaling("robust")], ids=str)
def test_of_values_they_are_in_the_targets_own_unit_however_it_is_scaled(scaling):
    cell = experiment_of(datasets.diabetes(), QUICK | {"scaling": scaling, "dtype": "float64"})
    rows, x, y = cell.divide(1).rows, cell.dataset.x, cell.dataset.y
    for name, model in (("mean", DummyRegressor()), ("linear", LinearRegression())):
        answer = model.fit(x[rows.train], y[rows.train, 0]).predict(x[rows.test])
        expected = ((answer - y[rows.test, 0]) ** 2).mean()
        assert found(cell)[f"reference/{name}_error"] == pytest.approx(expected, rel=1e-6)


def test_least_squares_on_a_linear_system_has_the_error_that_is_known():
    """σ² (1 + p / (n − p − 1)) on average, of p coefficients, the intercept among them, for new normal x: n = 999, p = 21."""
    data = datasets.linear_system(examples=20_000, inputs=20, noise=2.0)
    cell = experiment_of(data, {"split": Holdout(999, 1, 19_000), "scaling": Scaling("none", "none")})
    assert found(cell)["reference/linear_error"] == pytest.approx(4 * (1 + 21 / (999 - 22)), rel=0.02)


def test_rows_are_taken_a_few_at_a_time_and_of_many_the_first_train(monkeypatch):
    cell = experiment_of(datasets.digits(), QUICK)
    whole = found(cell)
    monkeypatch.setattr(of_study, "MOST", 64 * 100)
    few = found(cell)
    smaller = experiment_of(datasets.digits(), QUICK | {"split": Holdout(train=0.5)})
    division = smaller.divide(1)
    x, y = division.part("train")
    model = LogisticRegression().fit(x[:100], y[:100].argmax(axis=1))
    test = division.part("test")
    assert few["reference/linear_error"] == pytest.approx(1 - model.score(test.x, test.y.argmax(axis=1)))
    assert few["reference/majority_error"] == whole["reference/majority_error"]


def test_training_rows_of_one_class_make_a_linear_model_that_answers_it(monkeypatch):
    monkeypatch.setattr(of_study, "MOST", 1)
    errors = found(experiment_of(datasets.iris(), QUICK))
    assert errors["reference/linear_error"] == pytest.approx(2 / 3, abs=0.02)


def test_they_see_features_whose_gaps_are_filled():
    x = datasets.wine().x.copy()
    x[::3, 1] = np.nan
    assert all(np.isfinite([*found(experiment_of(replace(datasets.wine(), x=x, missing="mean"), QUICK)).values()]))


def test_they_are_computed_once_a_seed_however_many_cells_and_recorded_of_every_network(monkeypatch):
    asked = []

    def counted(division, task):
        asked.append(division)
        return references(division, task)

    monkeypatch.setattr(planning, "references", counted)
    cells = [experiment_of(datasets.wine(), QUICK | {"epochs": epochs}) for epochs in (1, 2, 3)]
    plan = tasks(cells)
    assert len(asked) == 2
    assert len(plan) == 3
    for task in plan:
        (curves,) = trained(task)
        assert set(curves.once) >= set(task.references[0])
        assert set(curves.once) | set(curves.metrics) == set(cells[0].metrics())
        for s, errors in enumerate(task.references):
            assert {name: curves.once[name][s] for name in errors} == errors


def test_the_table_has_them_below_its_arms_without_a_test():
    cells = {str(n): experiment_of(datasets.wine(), QUICK | {"seeds": 3, "epochs": n}) for n in (1, 40)}
    results = run(cells)
    rows = results.table.loc[["reference: majority class", "reference: linear model"]]
    assert list(results.table.index)[:2] == ["1", "40"]
    assert (rows["p"] == "–").all()
    assert results.comparison.tested == 1
    assert [line.test_error.n for line in results.comparison.references] == [3, 3]
    expected = np.mean([found(cells["1"], seed)["reference/linear_error"] for seed in range(3)])
    assert results.comparison.references[1].test_error.mean == pytest.approx(expected)
    assert references_near(results.comparison, pd.Series([0.0, 1.0]), 1.0).name.tolist() == [
        "linear model",
        "majority class",
    ]
    assert references_near(results.comparison, pd.Series([-9.0, -8.0]), 1.0).empty  # too far away to be drawn


def test_cells_on_different_data_have_references_of_their_own():
    cells = {
        str(n): experiment_of(datasets.wine(), QUICK | {"split": Holdout(train=n), "batch_size": 10}) for n in (20, 80)
    }
    names = [line.name for line in run(cells).comparison.references]
    assert "reference: linear model on the data of 20" in names
    assert "reference: linear model on the data of 80" in names


def test_a_warning_says_which_of_them_no_arm_beats():
    cell = {"network": MLP(()), "seeds": 3, "scaling": Scaling("none", "none"), "epochs": 1}
    answer = run({"a": experiment_of(datasets.diabetes(), cell | {"optimizer": slow()})}).answer
    assert "No arm has less test error than the mean of the targets (L005)." in answer
    assert "No arm has less test error than the linear model (L019)." in answer
    good = run({"a": experiment_of(datasets.iris(), {"seeds": 3, "epochs": 30})}).answer
    assert "No arm has less test error than the majority" not in good


def slow():
    from backprop.optimizers import Momentum

    return Momentum(learning_rate=1e-9)
