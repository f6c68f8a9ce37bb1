"""A network that is kept answers as it did when it was measured, in the user's units; what is no such file is refused."""

import json
import shutil
from functools import cache

import numpy as np
import pandas as pd
import pytest

from backprop.averaging import Exponential
from backprop.losses import BinaryCrossEntropy, Hinge, SigmoidSquaredError
from backprop.network import MLP, Diagonal, ResidualMLP
from experiments.config.building import experiment_of
from experiments.data import datasets
from experiments.data.corruption import LabelNoise
from experiments.data.datasets.dataset import Column, Dataset
from experiments.data.scaling import Scaling
from experiments.data.splits import KFold
from experiments.notebook import run
from experiments.recording import kept
from experiments.study.evaluate_at import Geometric
from experiments.study.selection import BestValidation
from reports.schema import KEPT_FILE

QUICK = {"network": MLP((4, 3)), "epochs": 4, "seeds": 2, "evaluate_at": Geometric(6), "batch_size": 20}


def constant(data: Dataset) -> Dataset:
    """The data with a feature that never changes."""
    return Dataset("constant", np.concatenate([data.x, np.full((len(data.x), 1), 3.0)], 1), data.y, data.task, "made")


CELLS = {
    "classes": experiment_of(datasets.iris(), QUICK),
    "numbered classes": experiment_of(datasets.digits(), QUICK),
    "two classes": experiment_of(datasets.breast_cancer(), QUICK | {"loss": BinaryCrossEntropy()}),
    "normalized": experiment_of(
        datasets.iris(), QUICK | {"network": MLP((4, 3), normalization="batch"), "batch_size": 30}
    ),
    "residual": experiment_of(datasets.wine(), QUICK | {"network": ResidualMLP(4)}),
    "diagonal": experiment_of(datasets.diabetes(), QUICK | {"network": Diagonal()}),
    "sigmoid outputs": experiment_of(datasets.iris(), QUICK | {"loss": SigmoidSquaredError("balanced")}),
    "linear": experiment_of(datasets.wine(), QUICK | {"network": MLP(())}),
    "values": experiment_of(datasets.diabetes(), QUICK),
    "values, double": experiment_of(datasets.diabetes(), QUICK | {"dtype": "float64", "split": KFold(3)}),
    "unscaled": experiment_of(datasets.sinusoid(), QUICK | {"scaling": Scaling("none", "none")}),
    "constant feature": experiment_of(constant(datasets.wine()), QUICK),
    "constant feature, values": experiment_of(constant(datasets.diabetes()), QUICK),
    "corrupted": experiment_of(datasets.iris(), QUICK | {"corruption": LabelNoise(0.4)}),
    "averaged": experiment_of(datasets.iris(), QUICK | {"averaging": Exponential(0.5)}),
    "stopped early": experiment_of(datasets.diabetes(), QUICK | {"selection": BestValidation(), "epochs": 60}),
    "one split": experiment_of(datasets.diabetes(), QUICK | {"vary": ["init"], "seeds": [3, 5]}),
}


@cache
def results():
    return run(CELLS, keep=["rows", "outputs", "weights"])


def there_and_back(network: kept.Network, folder) -> kept.Network:
    kept.save(network, folder / KEPT_FILE)
    return kept.load(folder / KEPT_FILE)


@pytest.mark.parametrize("name", CELLS)
def test_a_kept_network_predicts_what_was_measured(name, tmp_path):
    data, rows, curves = CELLS[name].dataset, results().rows(name), results().done[name]
    for seed in curves.seeds:
        network = there_and_back(results().network(name, seed), tmp_path)
        own, mine = rows[rows.seed == seed], curves.rows.seed == seed
        assert (own.row == curves.rows.row[mine]).all()
        x, y = data.x[own.row], data.y[own.row]
        outputs = network.outputs(x)
        assert outputs == pytest.approx(curves.rows.outputs[curves.rows.own][mine], rel=1e-5, abs=1e-6)
        if data.task == "classification":
            labels = np.array(data.classes or range(y.shape[1]))
            assert ((network.predict(x) != labels[y.argmax(axis=1)]) == own.error).all()
            assert network.predict_proba(x).sum(axis=1) == pytest.approx(1)
            assert (labels[network.predict_proba(x).argmax(axis=1)] == network.predict(x)).all()
        else:
            assert network.predict(x).shape == (len(x),)
            assert (network.predict(x)[:, None] - y) ** 2 == pytest.approx(
                own.error.to_numpy()[:, None], rel=1e-3, abs=1e-3
            )


def test_probabilities_are_those_of_the_loss_and_scores_are_none(tmp_path):
    network, x = there_and_back(results().network("sigmoid outputs", 0), tmp_path), datasets.iris().x
    shares = 1 / (1 + np.exp(-network.outputs(x).astype(float)))
    assert network.predict_proba(x) == pytest.approx(shares / shares.sum(axis=1, keepdims=True))
    scores = run({"a": experiment_of(datasets.iris(), QUICK | {"loss": Hinge()})}).network("a", 0)
    with pytest.raises(ValueError, match="whose outputs are scores and no probabilities; use predict, or outputs"):
        there_and_back(scores, tmp_path).predict_proba(x)


def test_the_weights_are_those_of_the_step_that_counts():
    own, last = results().done["stopped early"], results().network("stopped early", 0)
    table = results().sweep.seeds.query("cell == 'stopped early' and seed == 0").iloc[0]
    assert last.step == table["selected"] == table["selected/best_validation"]
    assert (last.parameters == own.weights[0]).all()
    assert {results().network(name, 0).step for name in ("values", "classes")} == {
        max(results().done["values"].steps),
        16,
    }


def test_averaged_weights_are_those_that_were_measured():
    plain, averaged = (results().network(name, 0) for name in ("classes", "averaged"))
    assert (plain.parameters != averaged.parameters).any()


def test_labels_and_columns_are_the_users_own(tmp_path):
    table = pd.DataFrame({"age": range(60), "colour": ["red", "blue", "green"] * 20, "height": np.linspace(0, 1, 60)})
    table["answer"] = np.where((table.colour == "red") & (table.age > 20), "yes", "no")
    table.to_csv(tmp_path / "people.csv", index=False)
    data = datasets.csv(str(tmp_path / "people.csv"), "answer", "classification", categorical=["colour"])
    assert data.classes == ("no", "yes")
    assert data.columns == tuple(
        Column(*one) for one in (("age",), ("height",), ("colour", "blue"), ("colour", "green"), ("colour", "red"))
    )
    found = run({"a": experiment_of(data, QUICK | {"epochs": 60})})
    network = there_and_back(found.network("a", 0), tmp_path)
    assert set(network.predict(data.x)) == {"no", "yes"}
    shuffled = table[["answer", "height", "colour", "age"]]  # as the user has it, in any order
    assert (network.predict(shuffled) == network.predict(data.x)).all()
    pd.testing.assert_frame_equal(
        network.as_table(data.x)[["age", "colour", "height"]], table[["age", "colour", "height"]], check_dtype=False
    )
    with pytest.raises(ValueError, match="x has no column 'colour'; the network takes"):
        network.predict(table[["age", "height"]])


@pytest.mark.parametrize(
    "x", [np.zeros(4), np.zeros((2, 3)), np.zeros((2, 4, 2)), np.array([["a"] * 4]), np.zeros((2, 4), complex)]
)
def test_what_is_not_raw_features_is_refused(x):
    with pytest.raises(ValueError, match=r"the network takes numbers of shape \(rows, 4\), the raw features of iris"):
        results().network("classes", 0).predict(x)


def test_what_is_not_there_is_told():
    with pytest.raises(ValueError, match="seed is 9; for cell 'classes' the networks of the seeds \\[0, 1\\] are kept"):
        results().network("classes", 9)
    with pytest.raises(ValueError, match="cell is 'nothing'; it must be one of"):
        results().rows("nothing")
    with pytest.raises(ValueError, match="does regression and has no probabilities"):
        results().network("values", 0).predict_proba(datasets.diabetes().x)
    some = run({"a": CELLS["linear"]}, keep=["weights:1"])
    assert some.network("a", 1).seed == 1
    with pytest.raises(ValueError, match="for cell 'a' the networks of the seeds \\[1\\] are kept"):
        some.network("a", 0)


def without(name):
    return lambda a: {key: value for key, value in a.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a | {"classes": np.array(["x", 1, None], object)}, "allow_pickle=False"),
        (lambda a: a | {"parameters": np.array([None], object)}, "allow_pickle=False"),
        (lambda a: a | {"format": 1}, "it has format 1, and this program reads the formats 2 to 3"),
        (without("format"), "it has no array 'format'"),
        (without("parameters"), "it has no array 'parameters'"),
        (without("network"), "it has no array 'network'"),
        (lambda a: a | {"parameters": a["parameters"][:-1]}, "its layers need 47 numbers"),
        (lambda a: a | {"parameters": a["parameters"].astype(int)}, "its parameters have type int64"),
        (lambda a: a | {"inputs": -3}, "its parameters"),
        (lambda a: a | {"outputs": 2}, "its layers need 43 numbers"),
        (lambda a: a | {"network": '{"_target_": "os.system", "command": "true"}'}, "network._target_ is 'os.system'"),
        (lambda a: a | {"network": '{"_target_": "backprop.penalties.L2"}'}, "its network is a L2"),
        (lambda a: a | {"network": '{"_target_": "backprop.network.MLP", "hidden": 3}'}, "MLP.hidden is 3"),
        (lambda a: a | {"network": "[" * 5000}, ""),
        (lambda a: a | {"statistics/0/mean": np.zeros(4), "statistics/0/variance": np.ones(4)}, "of [4] columns"),
        (lambda a: a | {"link": "os.system"}, "its link is 'os.system'; it must be one of"),
        (lambda a: a | {"classes": a["classes"][:2]}, "its classes are 2, not 3"),
        (lambda a: a | {"features/mean": np.zeros(3)}, "its features are 3, not 4"),
        (lambda a: {}, "it has no array 'format'"),
    ],
)
def test_a_file_that_holds_no_network_is_refused(change, message, tmp_path):
    file = tmp_path / KEPT_FILE
    kept.save(results().network("classes", 0), file)
    with np.load(file) as archive:
        arrays = change(dict(archive))
    np.savez(file, allow_pickle=True, **arrays)
    with pytest.raises(ValueError, match="is not a kept network") as refused:
        kept.load(file)
    assert message in str(refused.value)


def test_what_is_no_archive_is_refused(tmp_path):
    file = tmp_path / KEPT_FILE
    for content in (b"", b"PK", b"\x80\x04N."):
        file.write_bytes(content)
        with pytest.raises(ValueError, match="is not a kept network"):
            kept.load(file)
    with pytest.raises(FileNotFoundError):
        kept.load(tmp_path / "nothing.npz")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["classes", "numbered classes", "values", "two classes"])
def test_mlflow_opens_and_predicts_the_same(name, tmp_path):
    import mlflow

    network, data = results().network(name, 0), CELLS[name].dataset
    kept.write_model(network, tmp_path / "model", data.x[:3])
    shutil.move(tmp_path / "model", tmp_path / "moved")
    assert not [file for file in (tmp_path / "moved").rglob("*") if file.suffix in (".pkl", ".pickle")]
    assert "loader_module: experiments.recording.kept" in (tmp_path / "moved" / "MLmodel").read_text()
    opened = mlflow.pyfunc.load_model(str(tmp_path / "moved"))
    x = network.as_table(data.x) if data.columns else data.x.astype(opened.metadata.signature.inputs.input_types()[0])
    assert np.array_equal(opened.predict(x), network.predict(data.x))
    if data.columns:
        assert opened.metadata.signature.inputs.input_names() == [column.name for column in data.columns]
    example = opened.input_example
    assert np.array_equal(opened.predict(example), network.predict(data.x[:3]))
    assert json.loads((tmp_path / "moved" / "input_example.json").read_text())
