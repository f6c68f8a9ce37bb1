"""The Python interface, verify, housekeeping and the table of options."""

import re
import subprocess
import sys

import pytest

from experiments import sweeps, verify
from experiments.options import table
from tests.conftest import ROOT, command, environment


def test_the_readmes_python_lines_run_and_answer(tmp_path):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    assert len([line for line in code.splitlines() if line]) <= 6
    probe = (
        code
        + 'assert results.frame.groupby("cell").seed.nunique().tolist() == [5, 5, 5]\nresults.figures["differences"].to_dict()'
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "over 5 seeds, against the baseline λ = 0" in done.stdout
    assert not list(tmp_path.iterdir())  # nothing is recorded


def test_verify_finds_a_cell_by_the_name_in_the_table(smoke):
    from mlflow import MlflowClient

    from reports.schema.names import NoSuchSweep

    client = MlflowClient(f"sqlite:///{smoke[0] / 'runs' / 'mlflow.db'}")
    assert verify.find(client, "none").data.tags["axis.regularizer"] == "none"
    assert verify.find(client, "l2 strength=0.1").data.tags["axis.penalty.strength"] == "0.1"
    with pytest.raises(
        NoSuchSweep, match=r"'l2' has several cells; name one of them: 'l2 strength=0.01', 'l2 strength=0.1'"
    ):
        verify.find(client, "l2")
    with pytest.raises(NoSuchSweep, match=r"no finished cell 'l3' in .*; the newest are: .*'none, 3 seeds'"):
        verify.find(client, "l3")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.yaml", b"penalty: {_target_: os.system}", "--allow os.system"),
        ("config.yaml", b"a: [", "its config.yaml cannot be read"),
        ("config.yaml", b"\xff", "its config.yaml cannot be read"),
        ("config.yaml", b"- a", "its config.yaml holds no config"),
        (
            "config.yaml",
            b"dataset: {_target_: experiments.data.datasets.iris}",
            "the data are not those that were recorded",
        ),
    ],
)
def test_verify_says_of_a_strangers_record_why_it_cannot_be_trained(smoke, tmp_path, file, content, message):
    import shutil

    from mlflow import MlflowClient

    from experiments.config.errors import ConfigurationError

    shutil.copytree(smoke[0] / "runs", tmp_path / "runs")
    client = MlflowClient(f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}")
    run = verify.find(client, "none")
    (tmp_path / "runs" / "artifacts" / run.info.run_id / "artifacts" / file).write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        verify.verify(client, run)


def test_a_notebooks_numbers_are_the_command_lines(smoke, tmp_path):
    """The same objects: the cell `none` of the study `smoke`, built by hand."""
    import pandas as pd
    from mlflow import MlflowClient

    from backprop.network import MLP
    from backprop.optimizers import Momentum
    from backprop.training import Recipe
    from experiments import notebook
    from experiments.data import datasets
    from experiments.data.splits import Holdout
    from experiments.study.evaluate_at import Geometric
    from experiments.study.experiment import Experiment

    by_hand = Experiment(
        datasets.digits(),
        Recipe(network=MLP((16,)), optimizer=Momentum(0.02, 0.9), epochs=10),
        Holdout(100, 100, 200),
        seeds=3,
        evaluate_at=Geometric(5),
    )
    client = MlflowClient(f"sqlite:///{smoke[0] / 'runs' / 'mlflow.db'}")
    path = client.download_artifacts(verify.find(client, "none").info.run_id, "curves.parquet", str(tmp_path))
    recorded = pd.read_parquet(path)
    assert (notebook.run({"none": by_hand}).curves["test/loss"].to_numpy() == recorded["test/loss"].to_numpy()).all()
    with pytest.raises(ValueError, match="baseline is 'nothing'; it must be one of the cells"):
        notebook.run({"none": by_hand}, baseline="nothing")


@pytest.fixture
def tool(lab, monkeypatch, capsys):
    """Runs a tool's `main` in the lab's folder: its exit code and what it printed."""
    monkeypatch.chdir(lab)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run(main, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tool", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.mark.slow
def test_verify_finds_the_same_bits_and_names_what_differs(lab, tool):
    import pandas as pd

    assert command(lab, "study=smoke", "regularizer=none").returncode == 0
    assert tool(verify.main, "smoke") == (
        2,
        f"error: no finished cell 'smoke' in sqlite:///{lab / 'runs' / 'mlflow.db'}; the newest are: 'none, 3 seeds'\n",
    )
    code, said = tool(verify.main, "none")
    assert code == 0
    assert "none, 3 seeds: the same bits" in said
    (record,) = (lab / "runs" / "artifacts").rglob("curves.parquet")
    tampered = pd.read_parquet(record)
    tampered.loc[3, "test/loss"] += 1e-9
    tampered.to_parquet(record)
    code, said = tool(verify.main, "none")
    assert code == 1
    assert "1 metrics differ" in said
    assert "test/loss" in said


@pytest.mark.slow
def test_sweeps_are_listed_deleted_and_leave_nothing(lab, tool):
    for seeds in (2, 3):
        assert command(lab, "study=smoke", "regularizer=none", f"seeds={seeds}").returncode == 0
    _, listed = tool(sweeps.main, "list")
    assert listed.count("FINISHED") == 2
    assert "runs/artifacts" in listed
    _, deleted = tool(sweeps.main, "delete", "smoke")
    assert "1 cells of its own" in deleted
    _, listed = tool(sweeps.main, "list")
    assert listed.count("FINISHED") == 1
    assert len(list((lab / "runs" / "artifacts").rglob("curves.parquet"))) == 1
    assert len(list((lab / "runs" / "reports").iterdir())) == 1
    assert "removed 0 cells" in tool(sweeps.main, "clean")[1]
    code, said = tool(sweeps.main, "delete", "nonesuch")
    assert code == 2
    assert "no sweep 'nonesuch'" in said


def test_without_a_store_the_tools_say_so(tmp_path):
    for module, arguments in (("experiments.sweeps", ["list"]), ("experiments.verify", ["x"])):
        done = command(tmp_path, *arguments, module=module)
        assert done.returncode == 2
        assert "run a sweep here first" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_table_of_options_is_the_generated_one():
    assert table() in (ROOT / "conf" / "README.md").read_text(encoding="utf-8")


def test_a_record_of_another_version_is_told_from_one_that_was_changed():
    """Verifying says which columns only one of both has, and where the code is that made them."""
    import pandas as pd

    from experiments.config.errors import ConfigurationError
    from experiments.verify import differences

    old, new = (
        pd.DataFrame({"seed": [0], "test/loss": [1.0]}),
        pd.DataFrame({"seed": [0], "test/loss": [1.0], "floor": [0.1]}),
    )
    with pytest.raises(
        ConfigurationError, match="do not both have floor: another version recorded it; check out the commit"
    ):
        differences(old, new)
    with pytest.raises(ConfigurationError, match="rows or columns other than those of its config"):
        differences(old, pd.concat([old, old]))
    assert differences(old, old).empty
