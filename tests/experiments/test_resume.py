"""A sweep continues where it stopped, does nothing twice, and loses nothing."""

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from omegaconf import OmegaConf

from backprop.network import MLP
from backprop.noise import Dropout, Noise
from backprop.training import Recipe
from experiments.config.building import build
from experiments.config.errors import ConfigurationError
from experiments.config.secrets import recordable
from experiments.data.datasets import iris, wine
from experiments.data.splits import Files, Holdout, drawn
from experiments.recording import journal
from experiments.recording.identity import identity
from experiments.recording.recorded import recorded_curves
from experiments.study.evaluate_at import Geometric
from experiments.study.experiment import Experiment
from experiments.training.workers import Workers, attempts
from tests.conftest import command, environment
from tests.experiments.test_run import runs

SPLIT = Holdout(60, 30, 30)
SMALL = [
    "study=none",
    "dataset=wine",
    "network.hidden=[5]",
    "epochs=3",
    "seeds=2",
    "evaluate_at.count=3",
    "split.train=60",
]


def client_of(folder: Path):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{folder / 'runs' / 'mlflow.db'}")


def cell_ids(folder):
    return {run.info.run_id for run in runs(client_of(folder), "cell")}


@pytest.mark.slow
def test_the_same_command_trains_nothing_and_a_larger_grid_only_what_is_new(lab):
    grid = [*SMALL, "penalty=l2", "penalty.strength=0.1,0.2"]
    assert command(lab, *grid).returncode == 0
    before = cell_ids(lab)
    again = command(lab, *grid)
    assert "2 cells are already recorded, 0 are new" in again.stderr
    assert "networks" not in again.stderr  # no progress bar: nothing was trained
    assert cell_ids(lab) == before
    larger = command(lab, *SMALL, "penalty=l2", "penalty.strength=0.1,0.2,0.3")
    assert "2 cells are already recorded, 1 are new" in larger.stderr
    assert "2/2 networks" in larger.stderr
    assert len(cell_ids(lab)) == 3
    assert not waiting(lab)
    planned = command(lab, *SMALL, "penalty=l2", "penalty.strength=0.2,0.4", "execution.dry_run=true")
    assert "cells: 1 new, 1 done, 0 trained but not recorded, 0 failed before, 0 refused" in planned.stderr
    assert "stacks: 1, with 2 networks in all" in planned.stderr
    forced = command(lab, *grid, "execution.force=true")
    assert "4/4 networks" in forced.stderr
    assert len(cell_ids(lab)) == 5


@pytest.mark.slow
def test_what_was_trained_but_not_recorded_is_recorded_without_training(lab, monkeypatch):
    monkeypatch.chdir(lab)
    assert command(lab, *SMALL).returncode == 0
    (run,) = runs(client_of(lab), "cell")
    config = OmegaConf.load(client_of(lab).download_artifacts(run.info.run_id, "config.yaml", str(lab)))
    known = identity(config, build(config))
    assert known.cell == run.data.tags["identity"]
    curves = recorded_curves(client_of(lab), run.info.run_id, [0, 1])
    client_of(lab).delete_run(run.info.run_id)
    journal.FILE.unlink()
    journal.save(known.seeds, curves)  # as if the sweep had been killed here
    again = command(lab, *SMALL)
    assert again.returncode == 0, again.stderr
    assert "0 cells are already recorded, 1 are new, and 2 of their networks are trained" in again.stderr
    assert "/2 networks" not in again.stderr
    (replayed,) = runs(client_of(lab), "cell")
    assert replayed.data.metrics == run.data.metrics


@pytest.mark.slow
def test_a_recorded_cell_whose_run_is_gone_is_trained_again(lab):
    assert command(lab, *SMALL).returncode == 0
    (run,) = runs(client_of(lab), "cell")
    client_of(lab).delete_run(run.info.run_id)
    assert "2/2 networks" in command(lab, *SMALL).stderr
    (again,) = runs(client_of(lab), "cell")
    assert again.data.metrics == run.data.metrics


def config(**changes):
    base = {"epochs": 3, "study": {"question": "?"}, "execution": {"force": False}, "dataset": {"path": "a.csv"}}
    return OmegaConf.create(base | changes)


def test_an_identity_is_of_what_decides_the_numbers():
    cell = Experiment(wine(), split=Holdout(60, 30, 30))
    name = identity(config(), cell)
    assert identity(config(study={"question": "!"}), cell) == name
    assert identity(config(execution={"force": True}), cell) == name
    assert identity(config(dataset={"path": "b.csv"}), cell) == name  # the same data from another place
    assert identity(config(epochs=4), cell) != name
    assert identity(config(), Experiment(iris(), split=Holdout(60, 30, 30))) != name


def test_a_result_is_a_cells_seed_whatever_other_seeds_there_are():
    three, five, others = (identity(config(seeds=s), Experiment(wine(), split=SPLIT, seeds=s)) for s in (3, 5, [2, 7]))
    assert three.settings == five.settings == others.settings
    assert list(three.seeds.values()) == list(five.seeds.values())[:3]
    assert three.seeds[2] == others.seeds[2]
    assert len({*five.seeds.values(), others.seeds[7]}) == 6
    assert len({three.cell, five.cell, others.cell}) == 3


def test_what_is_held_still_is_part_of_a_result():
    """With vary=[init] every seed has the first one's split and minibatches, so that another first seed is another result."""
    held, from_one = (
        identity(config(), Experiment(wine(), split=SPLIT, seeds=s, vary=["init"])) for s in ([0, 1, 2], [1, 2])
    )
    assert held.seeds[1] != from_one.seeds[1]
    free = identity(config(), Experiment(wine(), split=SPLIT, seeds=[0, 1, 2]))
    assert held.seeds[1] != free.seeds[1]


def test_rows_in_files_are_part_of_a_result(tmp_path):
    split = Files(train=str(tmp_path / "train_{seed}.txt"), test=str(tmp_path / "test.txt"))
    (tmp_path / "test.txt").write_text("\n".join(map(str, range(150, 178))))
    for seed in range(2):
        (tmp_path / f"train_{seed}.txt").write_text("\n".join(map(str, range(0, 150, 2))))

    def known():
        drawn.cache_clear()  # as a new process would begin
        return identity(config(), Experiment(wine(), split=split, seeds=2)).seeds

    before = known()
    (tmp_path / "train_1.txt").write_text("\n".join(map(str, range(1, 150, 2))))
    assert known()[0] == before[0]
    assert known()[1] != before[1]


@pytest.mark.slow
def test_thirty_seeds_pay_for_the_twenty_that_are_new(lab):
    grid = [*SMALL, "penalty=l2", "penalty.strength=0.1,0.2"]
    assert command(lab, *grid, "seeds=10").returncode == 0
    first = {run.info.run_id: (run.info.run_name, run.data.metrics) for run in runs(client_of(lab), "cell")}
    (page,) = (lab / "runs" / "reports").glob("*/index.html")
    before = page.read_bytes()
    planned = command(lab, *grid, "seeds=30", "execution.dry_run=true")
    assert "networks of the new cells: 40 to train, 20 trained before" in planned.stderr
    done = command(lab, *grid, "seeds=30")
    assert "40/40 networks" in done.stderr, done.stderr
    assert "0 cells are already recorded, 2 are new, and 20 of their networks are trained" in done.stderr
    after = {run.info.run_id: (run.info.run_name, run.data.metrics) for run in runs(client_of(lab), "cell")}
    assert {run_id: after[run_id] for run_id in first} == first  # the old runs and the old report stay as they were
    assert page.read_bytes() == before
    names = sorted(name for name, _ in after.values())
    assert names == [f"strength={s}, {n} seeds" for s in (0.1, 0.2) for n in (10, 30)]
    elsewhere = lab / "elsewhere"
    elsewhere.mkdir()
    assert command(elsewhere, *grid, "seeds=30").returncode == 0  # all in one go: the same numbers
    theirs = {run.info.run_name: run.data.metrics for run in runs(client_of(elsewhere), "cell")}
    for name, metrics in after.values():
        assert name not in theirs or metrics == theirs[name]
    assert command(lab, "strength=0.1", module="experiments.verify").returncode == 0
    fewer = command(lab, *grid, "seeds=[3,17,40]")
    assert "2/2 networks" in fewer.stderr


@pytest.mark.slow
def test_fail_fast_stops_at_the_first_failure(lab):
    bad = [*SMALL, "penalty=l2", "penalty.strength=-1,0.1"]
    done = command(lab, *bad, "execution.fail_fast=true")
    assert done.returncode == 2
    assert "L2.strength is -1" in done.stderr
    assert not runs(client_of(lab), "cell")


def test_targets_of_others_are_built_only_where_allowed_by_name():
    node = OmegaConf.create(
        {"_target_": "experiments.study.experiment.Experiment", "dataset": {"_target_": "tests.conftest.command"}}
    )
    with pytest.raises(
        ConfigurationError,
        match=r"allow it by name on the command line: execution\.allow_targets=\[tests\.conftest\.command\]",
    ):
        build(node)
    for target in (
        "experiments.sweeps.clean",
        "experiments.recording.store.delete_run",
    ):  # ours, but nothing a config is for
        with pytest.raises(ConfigurationError, match="allow it by name on the command line"):
            build(
                OmegaConf.create(
                    {"_target_": "experiments.study.experiment.Experiment", "dataset": {"_target_": target}}
                )
            )
    node = OmegaConf.create({"penalty": {"_target_": "tests.experiments.test_resume.Nothing"}, "dataset": {}})
    with pytest.raises(ConfigurationError, match="dataset is none"):
        build(node, ["tests.experiments.test_resume.Nothing"])


class Nothing:
    method = "gradient"

    def value(self, W): ...

    def add_gradient(self, g, W, weights, scale=1.0): ...

    def proximal(self, W, weights, c): ...


@pytest.mark.slow
def test_secrets_of_the_environment_are_not_recorded(monkeypatch, lab):
    monkeypatch.setenv("TOKEN", "very-secret")
    shown = recordable(OmegaConf.create({"path": "s3://${oc.env:TOKEN}/x", "also": "${path}", "n": "${k}", "k": 3}))
    assert shown == {"path": "s3://${oc.env:TOKEN}/x", "also": "s3://${oc.env:TOKEN}/x", "n": 3, "k": 3}
    frame = pd.DataFrame({"a": range(120), "y": [1.0, 2.0, 4.0] * 40})
    (lab / "very-secret").mkdir()
    frame.to_csv(lab / "very-secret" / "d.csv", index=False)
    data = ["dataset=csv", "dataset.path='${oc.env:TOKEN}/d.csv'", "dataset.target=y", "dataset.task=regression"]
    done = command(lab, *SMALL, *data)
    assert done.returncode == 0, done.stderr
    found = [f for f in (lab / "runs").rglob("*") if f.is_file() and b"very-secret" in f.read_bytes()]
    assert not found


@pytest.mark.slow
def test_a_folder_of_runs_can_be_moved(lab, tmp_path):
    from experiments.recording.store import open_store

    assert command(lab, *SMALL).returncode == 0
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    shutil.move(lab / "runs", elsewhere / "runs")
    built = command(elsewhere, "--folder", "again", module="reports.build")
    done = command(elsewhere, *SMALL)
    assert "1 cells are already recorded, 0 are new" in done.stderr, done.stderr
    built = command(elsewhere, "--folder", "again", module="reports.build")
    assert built.returncode == 0, built.stderr
    assert callable(open_store)


@pytest.mark.slow
def test_a_store_that_is_locked_for_a_while_loses_nothing(lab):
    """Another process holds the database for longer than SQLite waits, from the middle of the sweep on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments.run", *SMALL, "penalty=l2", "penalty.strength=0.1,0.2,0.3", "epochs=40"],
        cwd=lab,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    client = client_of(lab)
    while not runs(client, "sweep"):
        time.sleep(0.2)
    held = sqlite3.connect(lab / "runs" / "mlflow.db", timeout=60, isolation_level=None, check_same_thread=False)
    held.execute("BEGIN EXCLUSIVE")
    threading.Timer(30, lambda: held.execute("ROLLBACK")).start()
    _, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    assert "3 cells" in said or len(runs(client, "cell")) == 3
    assert {run.info.status for run in runs(client, "cell")} == {"FINISHED"}


def waiting(folder):
    """Results that are trained and not recorded."""
    with closing(sqlite3.connect(folder / "runs" / "journal.db")) as database:
        return database.execute("SELECT identity FROM trained").fetchall()


class Killer(Dropout):
    """Ends its process, as the kernel does when memory runs out."""

    def __call__(self, a, streams):
        import os

        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_worker_that_dies_takes_only_its_own_stack_with_it():
    from experiments.training.tasks import tasks

    recipes = [Recipe(network=MLP((width,)), epochs=2) for width in range(2, 8)]
    recipes[2] = Recipe(network=MLP((9,)), noise=Noise(hidden=Killer(0.5)), epochs=2)
    plan = tasks([Experiment(wine(), recipe, SPLIT, seeds=2, evaluate_at=Geometric(3)) for recipe in recipes])
    found = dict(attempts(plan, Workers(workers=2)))
    assert len(found) == 6
    (failed,) = [index for index, result in found.items() if isinstance(result, str)]
    assert plan[failed].cells == [2]
    assert "the worker died" in found[failed]


@pytest.mark.slow
def test_a_sweep_killed_at_a_dozen_moments_ends_as_if_it_had_not_been(lab, tmp_path, empty_store):
    """SIGKILL to the whole process group; the same command completes it, with the undisturbed sweep's table."""
    import os
    import random

    grid = [*SMALL, "epochs=150", "seeds=4", "network.hidden=[64],[65],[66]", "penalty=l2", "penalty.strength=0.01,0.1"]
    calm = tmp_path / "calm"
    shutil.copytree(empty_store, calm / "runs")
    expected = table_of(command(calm, *grid).stdout)
    draw = random.Random(0)
    for _ in range(12):
        process = subprocess.Popen(
            [sys.executable, "-m", "experiments.run", *grid],
            cwd=lab,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=draw.uniform(1, 9))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    final = command(lab, *grid)
    assert final.returncode == 0, final.stderr
    assert table_of(final.stdout) == expected
    cells = runs(client_of(lab), "cell")
    assert {run.info.status for run in cells} == {"FINISHED"}
    assert len(cells) == len({run.data.tags["identity"] for run in cells}) == 6
    assert not [run for run in runs(client_of(lab), "sweep") if run.info.status == "RUNNING"]
    assert not waiting(lab)


def table_of(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if re.search(r"±", line)]


@pytest.mark.slow
def test_a_dask_cluster_gives_one_machines_table_even_when_it_loses_a_worker(lab, tmp_path, empty_store):
    distributed = pytest.importorskip("distributed")
    grid = [*SMALL, "epochs=400", "seeds=4", "network.hidden=[64],[65],[66]", "penalty=l2", "penalty.strength=0.01,0.1"]
    alone = tmp_path / "alone"
    shutil.copytree(empty_store, alone / "runs")
    expected = table_of(command(alone, *grid).stdout)
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster:
        address = [f"hydra.launcher.address={cluster.scheduler_address}", "hydra.launcher.backend=dask"]
        process = subprocess.Popen(
            [sys.executable, "-m", "experiments.run", *grid, *address],
            cwd=lab,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        scheduler = cluster.scheduler
        while not any(worker.processing for worker in scheduler.workers.values()):
            time.sleep(0.05)
        busy = next(name for name, worker in scheduler.workers.items() if worker.processing)
        with distributed.Client(cluster) as client:
            import os

            os.kill(client.run(os.getpid, workers=[busy])[busy], signal.SIGKILL)
        said, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    assert table_of(said) == expected


@pytest.mark.slow
def test_optuna_searches_with_our_launcher(lab):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    search = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=4", "hydra.sweeper.n_jobs=2"]
    done = command(lab, *SMALL, *search, "penalty=l2", "penalty.strength=interval(0.001,0.1)")
    assert done.returncode == 0, done.stderr
    (found,) = (lab / "runs" / "hydra").rglob("optimization_results.yaml")
    best = OmegaConf.load(found).best_value
    assert best == min(run.data.metrics["validation/error"] for run in runs(client_of(lab), "cell"))
    assert len(runs(client_of(lab), "cell")) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plugin", "launcher"), [("hydra_joblib_launcher", "joblib"), ("hydra_submitit_launcher", "submitit_local")]
)
def test_hydras_other_launchers_run_jobs_that_record_themselves(lab, plugin, launcher):
    pytest.importorskip(f"hydra_plugins.{plugin}")
    done = command(lab, *SMALL, f"hydra/launcher={launcher}", "penalty=none,l2")
    assert done.returncode == 0, done.stderr
    assert len(runs(client_of(lab), "cell")) == len(runs(client_of(lab), "sweep")) == 2
