"""The main job from the command line, as a user would: what it prints, records and refuses."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from experiments.recording.cells import CURVES_IN_UI
from reports.schema import CURVES, OF_BINS, SEEDS
from tests.conftest import ROOT, command, environment
from tests.experiments.test_mistakes import every_fourth_is_fast


@pytest.fixture
def client(smoke):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{smoke[0] / 'runs' / 'mlflow.db'}")


def runs(client, kind):
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return client.search_runs(ids, f"tags.kind = '{kind}'", order_by=["attributes.start_time"])


def test_the_command_ends_in_a_table_a_report_and_the_way_to_the_ui(smoke):
    folder, done = smoke
    assert done.returncode == 0, done.stderr
    assert "test/error" in done.stdout
    assert "difference" in done.stdout
    report = folder / re.search(r"Report: (\S+)", done.stderr)[1]
    assert report.is_file()
    assert "python -m experiments.ui" in done.stderr
    assert "http://127.0.0.1:5000/#/experiments/" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["runs"]  # everything written lies there


def test_each_cell_is_a_flat_run_with_its_parameters_metrics_and_curves(smoke, client):
    cells = runs(client, "cell")
    names = ["l2 strength=0.01, 3 seeds", "l2 strength=0.1, 3 seeds", "none, 3 seeds"]
    assert sorted(run.info.run_name for run in cells) == names
    for run in cells:
        assert run.info.status == "FINISHED"
        assert "mlflow.parentRunId" not in run.data.tags
        assert run.data.params["dataset"] == "digits"
        assert run.data.params["data.train"] == "100"
        assert len(run.data.tags["data.fingerprint"]) == 16
        assert "numpy" in run.data.tags["versions"]
        for name in ("test/error", "gap/error", "test/error low", "test/error high"):
            assert [metric.step for metric in client.get_metric_history(run.info.run_id, name)] == [0]
        for name in CURVES_IN_UI:
            assert len(client.get_metric_history(run.info.run_id, f"curve/{name}")) == 5


def test_the_recorded_numbers_agree_with_each_other(smoke, client, tmp_path):
    for run in runs(client, "cell"):
        table, seeds = (
            pd.read_parquet(client.download_artifacts(run.info.run_id, name, str(tmp_path))) for name in (CURVES, SEEDS)
        )
        assert seeds.seed.tolist() == [0, 1, 2]
        assert seeds.selected.eq(table.step.max()).all()
        chosen = table[table.step == table.step.max()]
        assert chosen["test/error"].mean() == pytest.approx(run.data.metrics["test/error"])
        assert seeds["weights/distance"].mean() == pytest.approx(run.data.metrics["weights/distance"])
        assert (seeds.filter(like="reliability/examples/").sum(axis=1) == int(run.data.params["data.test"])).all()
        assert not any(name.startswith(OF_BINS) for name in run.data.metrics)
        assert (table["test/error"] - table["train/error"]).to_numpy() == pytest.approx(table["gap/error"])
        peeked = table.merge(seeds[["seed", "selected/oracle"]].rename(columns={"selected/oracle": "step"}))
        assert len(peeked) == 3
        assert peeked["test/error"].mean() <= chosen["test/error"].mean()
    first = {
        run.info.run_name: pd.read_parquet(client.download_artifacts(run.info.run_id, "curves.parquet", str(tmp_path)))
        for run in runs(client, "cell")
    }
    start = [table[table.step == 0]["test/loss"].to_numpy() for table in first.values()]
    assert (start[0] == start[1]).all()  # the same weights and split before the first step: cells are paired by seed


@pytest.mark.slow
def test_two_sweeps_can_be_compared_from_the_command_line(smoke, lab):
    shutil.rmtree(lab / "runs")
    shutil.copytree(smoke[0] / "runs", lab / "runs")
    first = re.search(r"Report: runs/reports/(\S+)/index", smoke[1].stderr)[1]
    assert command(lab, "study=smoke", "epochs=2").returncode == 0
    names = [first.replace("_", " ", 1).replace("_", " "), "smoke"]
    names[0] = re.sub(r"(\d\d)-(\d\d)-(\d\d)$", r"\1:\2:\3", names[0])
    done = command(lab, *names, "--csv", "both.csv", module="reports.compare")
    assert done.returncode == 0, done.stderr
    assert "epochs" in done.stdout
    assert len(pd.read_csv(lab / "both.csv")) == 3


@pytest.mark.slow
def test_a_sweep_is_not_compared_with_itself_or_with_none(smoke):
    for second, message in (("smoke", "are both the sweep"), ("nope", "no sweep 'nope'")):
        wrong = command(smoke[0], "smoke", second, module="reports.compare")
        assert wrong.returncode == 2
        assert message in wrong.stderr


def test_the_sweeps_own_run_lists_its_cells_and_carries_the_report(smoke, client):
    (sweep,) = runs(client, "sweep")
    assert sweep.info.status == "FINISHED"
    assert sweep.data.tags["command"] == "python -m experiments.run study=smoke"
    assert "| l2 |" in sweep.data.tags["mlflow.note.content"]
    assert "over 3 seeds, against the baseline none" in sweep.data.tags["answer"]
    names = {artifact.path for artifact in client.list_artifacts(sweep.info.run_id, "report")}
    assert {
        "report/index.html",
        "report/differences.csv",
        "report/differences.png",
        "report/results.csv",
        "report/table.md",
    } <= names


@pytest.mark.slow
def test_the_recorded_command_reproduces_a_cell(smoke, client, lab, tmp_path):
    run = runs(client, "cell")[1]
    python, m, module, *arguments = shlex.split(run.data.tags["command"])
    assert (python, m, module) == ("python", "-m", "experiments.run")
    assert command(lab, *arguments).returncode == 0
    from mlflow import MlflowClient

    again = MlflowClient(f"sqlite:///{lab / 'runs' / 'mlflow.db'}")
    (copy,) = runs(again, "cell")
    assert copy.data.metrics == pytest.approx(dict(run.data.metrics), rel=1e-12, nan_ok=True)


@pytest.mark.slow
def test_one_worker_and_several_give_the_same_bits(smoke, client, lab, tmp_path):
    """The study was run with a worker a core; here it is again, with one."""
    from mlflow import MlflowClient

    assert command(lab, "study=smoke", "hydra.launcher.workers=1").returncode == 0
    again = MlflowClient(f"sqlite:///{lab / 'runs' / 'mlflow.db'}")
    tables = []
    for one in (client, again):
        cells = sorted(runs(one, "cell"), key=lambda run: run.info.run_name)
        folders = [tmp_path / str(id(one)) / run.info.run_id for run in cells]
        for folder in folders:
            folder.mkdir(parents=True)
        paths = [
            one.download_artifacts(run.info.run_id, "curves.parquet", str(f))
            for run, f in zip(cells, folders, strict=True)
        ]
        tables.append(pd.concat([pd.read_parquet(path) for path in paths]))
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.slow
def test_the_report_is_rebuilt_from_mlflow_alone(smoke):
    folder, first = smoke
    built = command(folder, "--folder", "again", module="reports.build")
    assert built.returncode == 0, built.stderr
    report = Path(re.search(r"Report: (\S+)", first.stderr)[1])
    for file in sorted((folder / "again").glob("*.csv")):
        assert file.read_bytes() == (folder / report.parent / file.name).read_bytes()
    assert command(folder, "nonesuch", module="reports.build").stderr.startswith("error: no sweep 'nonesuch'")


BAD = [
    (["study=smoke", "penalty.strenght=1"], "Did you mean 'penalty.strength'?"),
    (["study=none", "penalty=l2", "penalty.strenght=1,2"], "Did you mean 'penalty.strength'?"),
    (["study=none", "dataset=digit"], "dataset has no option 'digit', only"),
    (["study=none", "noise.hidden.rate=0.5"], "noise@noise.hidden=dropout, which is not chosen here"),
    (
        ["study=none", "regularizer=dropout", "noise.hidden.rate=1.2"],
        "Dropout.rate is 1.2; it must be a number in [0, 1).",
    ),
    (["study=none", "split.train=5000"], "digits has 1797; make split.train, split.validation or split.test smaller"),
    (["study=none", "a=1,"], "cannot be read as KEY=VALUE"),
    (["study=none", "penalty=null"], "a kind cannot be null"),
    (["study=none", "noise.hidden=gaussian"], "Noise.hidden is 'gaussian'; it must be Source or none"),
    (["study=none", "noise=dropout"], "noise is chosen for a place: noise@noise.hidden=OPTION"),
    (["study=none", "penalty=l2", "schedule@penalty.schedule=linear"], "added with a plus"),
    (
        ["study=none", "+schedule@penalty.schedule=linear"],
        "penalty is none, which has no strength for penalty.schedule",
    ),
    (["study=none", "study.name="], "study.name is ''"),
    (["study=none", "optimizer=adam", "penalty=l1"], "penalty.method is proximal, which is for SGD"),
    (["study=none", "dataset=csv"], "dataset.path has no value yet"),
]


@pytest.mark.parametrize("case", every_fourth_is_fast(BAD))
def test_bad_input_gets_one_message_and_exit_code_2_and_leaves_nothing(tmp_path, case):
    arguments, message = case
    done = command(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file is in the way")
    done = command(tmp_path, "study=smoke")
    assert done.returncode == 2
    assert f"cannot write the folder {tmp_path / 'runs'}" in done.stderr


@pytest.mark.slow
def test_one_bad_job_does_not_stop_the_others(lab):
    done = command(lab, "study=none", "penalty=l2", "penalty.strength=-1,0.1", "epochs=1", "seeds=2")
    assert done.returncode == 1
    assert "failed: study=none penalty=l2 penalty.strength=-1" in done.stderr
    assert "1 of 2 cells failed" in done.stderr
    assert "Report:" in done.stderr


@pytest.mark.slow
def test_a_job_without_its_mandatory_values_does_not_stop_the_others(lab):
    done = command(lab, "study=none", "dataset=wine,csv", "epochs=1", "seeds=2")
    assert done.returncode == 1
    assert "dataset.path has no value yet" in done.stderr
    assert "Report:" in done.stderr


@pytest.mark.slow
def test_several_studies_run_each_with_its_own_axes(lab):
    done = command(lab, "study=smoke,none", "epochs=1", "seeds=2")
    assert done.returncode == 0, done.stderr
    assert "6/6 networks" in done.stderr
    assert "2/2 networks" in done.stderr
    assert done.stderr.count("Report:") == 2


@pytest.mark.slow
def test_ctrl_c_ends_runs_as_killed_and_leaves_none_running(lab):
    import signal
    import subprocess
    import time

    from mlflow import MlflowClient

    run = [
        sys.executable,
        "-m",
        "experiments.run",
        "study=none",
        "seeds=20",
        "epochs=400",
        "network.hidden=[128],[64],[32]",
    ]
    process = subprocess.Popen(run, cwd=lab, env=environment(), stderr=subprocess.PIPE, text=True)
    client = MlflowClient(f"sqlite:///{lab / 'runs' / 'mlflow.db'}")
    for _ in range(480):  # until the sweep's run is there
        time.sleep(0.25)
        if runs(client, "sweep"):
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    (sweep,) = runs(client, "sweep")
    assert sweep.info.status == "KILLED"
    assert not [cell for cell in runs(client, "cell") if cell.info.status == "RUNNING"]
    assert not list((lab / "runs" / "reports").iterdir())


@pytest.mark.slow
def test_the_command_of_the_help_text_is_one_that_the_readme_shows_and_a_test_runs(tmp_path):
    shown = re.search(r"python -m experiments.run study=none .* seeds=5", command(tmp_path, "--help").stdout)[0]
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_readmes_first_line_installs_and_runs_the_main_job(tmp_path):
    """In a fresh clone and a fresh virtual environment, with pip alone."""
    import subprocess

    from tests.test_readme import lines

    subprocess.run(["git", "clone", "-q", str(ROOT), str(tmp_path / "clone")], check=True)
    done = subprocess.run(
        ["bash", "-c", lines()[0]], cwd=tmp_path / "clone", capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "input_noise" in done.stdout


@pytest.mark.slow
def test_a_study_of_theory_ends_in_verdicts_and_a_refuted_claim_can_fail_the_command(lab):
    """One epoch is too few for the coefficients to arrive."""
    fine = command(lab, "study=step_size", "execution.check_claims=true", "seeds=6")
    assert fine.returncode == 0, fine.stderr
    assert "6 claims: 6 supported." in fine.stdout
    report = lab / re.search(r"Report: (\S+)", fine.stderr)[1]
    assert "✓ supported" in report.read_text(encoding="utf-8")
    assert (report.parent / "table.tex").is_file()
    assert (report.parent / "figure_1.png").is_file()
    again = command(lab, "study=step_size", "seeds=6")
    assert "14 cells are already recorded, 0 are new" in again.stderr

    part = command(lab, "study=step_size", "execution.check_claims=true", "seeds=6", "theory.momentum=0.5")
    assert part.returncode == 1  # what is claimed for momentum 0.9 is not tested at 0.5, and CI should know
    assert "not tested: The heavy ball with momentum 0.9 is stable" in part.stderr

    wrong = command(lab, "study=dropout_linear", "execution.check_claims=true", "seeds=6", "theory.epochs=1")
    assert wrong.returncode == 1
    assert "refuted: Dropout at rate 0.5 is ridge regression of strength 1" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert command(lab, "study=dropout_linear", "seeds=6", "theory.epochs=1").returncode == 0

    refused = command(lab, "study=step_size", "epochs=3")
    assert refused.returncode == 2
    assert "epochs is for networks, and theory=descent trains none" in refused.stderr


@pytest.mark.slow
def test_a_sweep_in_which_every_seed_diverges_is_no_success(lab):
    wild = [
        "study=none",
        "dataset=diabetes",
        "optimizer.learning_rate=1e30",
        "epochs=2",
        "seeds=2",
        "network.hidden=[5]",
    ]
    done = command(lab, *wild)
    assert done.returncode == 1
    assert "every seed of every cell diverged" in done.stderr
    assert "Traceback" not in done.stderr
    assert "all 2 seeds diverged" in done.stdout
    some = command(lab, *wild, "optimizer.learning_rate=1e30,0.01")
    assert some.returncode == 0, some.stderr
