"""Real stores: many sweeps at once on a missing one, an MLflow server that goes away, PostgreSQL."""

import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from reports.schema import CONFIG, CURVES, SEEDS
from tests.conftest import environment
from tests.experiments.test_resume import SMALL
from tests.experiments.test_run import runs

pytestmark = pytest.mark.slow
GRID = [*SMALL, "penalty=l2", "penalty.strength=0.1,0.2"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def sweep(folder: Path, *arguments: str, **more: str) -> subprocess.Popen:
    run = [sys.executable, "-m", "experiments.run", *arguments]
    return subprocess.Popen(run, cwd=folder, env=environment() | more, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen, timeout: float = 240) -> str:
    _, said = process.communicate(timeout=timeout)
    assert process.returncode == 0, said
    return said


@contextmanager
def server(folder: Path, store: str, port: int):
    """A real MLflow server on loopback, stopped at the end."""
    run = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    run += ["--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts")]
    with open(folder / "server.log", "a") as log:
        process = subprocess.Popen(run, cwd=folder, env=environment(), stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        yield
    finally:
        import os

        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def check_records(uri: str, count: int) -> None:
    """Everything that a sweep writes is there, read back through MLflow's client."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    cells = runs(client, "cell")
    assert len(cells) == count
    for run in cells:
        assert run.info.status == "FINISHED"
        assert run.data.metrics["seeds/finished"] == 2
        assert len(client.get_metric_history(run.info.run_id, "curve/test/error")) == 3
        assert {file.path for file in client.list_artifacts(run.info.run_id)} >= {CONFIG, CURVES, SEEDS}
        assert run.inputs.dataset_inputs[0].dataset.name == "wine"
    for one in runs(client, "sweep"):
        assert {"sweep.json", "report"} <= {file.path for file in client.list_artifacts(one.info.run_id)}


def test_sweeps_started_at_once_on_a_missing_store_all_succeed(tmp_path):
    processes = [sweep(tmp_path, *SMALL, "penalty=l2", f"penalty.strength=0.{number}") for number in range(1, 5)]
    for process in processes:
        finished(process)
    check_records(f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}", 4)


def test_a_server_that_goes_away_for_a_while_loses_nothing(tmp_path, empty_store):
    shutil.copy(empty_store / "mlflow.db", tmp_path / "server.db")
    port, store = free_port(), f"sqlite:///{tmp_path / 'server.db'}"
    uri = f"http://127.0.0.1:{port}"
    with server(tmp_path, store, port):
        finished(sweep(tmp_path, *SMALL, "penalty=l2", "penalty.strength=0.1", MLFLOW_TRACKING_URI=uri))
    process = sweep(tmp_path, *GRID, MLFLOW_TRACKING_URI=uri)  # while it is away
    time.sleep(20)
    with server(tmp_path, store, port):
        said = finished(process)
        assert "waiting for the store" in said
        check_records(uri, 2)  # the first cell was recorded before, and is not doubled
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()  # somebody else's folder: the store knows the cells, the folder does not
        said = finished(sweep(elsewhere, *GRID, MLFLOW_TRACKING_URI=uri))
        assert "2 cells are already recorded, 0 are new" in said
        check_records(uri, 2)


def postgres() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found and shutil.which("runuser") else None


@pytest.mark.skipif(postgres() is None, reason="PostgreSQL is not installed")
def test_postgresql_takes_two_sweeps_at_once(tmp_path, tmp_path_factory):
    pytest.importorskip("psycopg2")
    binaries, data, port = postgres(), Path("/tmp") / f"pg-{free_port()}", free_port()
    as_user = ["runuser", "-u", "postgres", "--"]
    subprocess.run([*as_user, binaries / "initdb", "-D", data, "-A", "trust"], check=True, capture_output=True)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    start = [*as_user, binaries / "pg_ctl", "-D", data, "-o", options, "-l", data / "log", "-w"]
    subprocess.run([*start, "start"], check=True, stdout=subprocess.DEVNULL)
    try:
        uri = f"postgresql+psycopg2://postgres@127.0.0.1:{port}/postgres"
        artifacts = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_DEFAULT_ARTIFACT_ROOT": str(tmp_path / "artifacts")}
        for process in [sweep(tmp_path, *SMALL, "penalty=l2", f"penalty.strength=0.{n}", **artifacts) for n in (1, 2)]:
            finished(process)
        check_records(uri, 2)
    finally:
        subprocess.run([*start, "stop", "-m", "immediate"], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(data, ignore_errors=True)


def test_any_terminal_and_warnings_as_errors_are_no_obstacle(tmp_path, empty_store):
    """LC_ALL=C, and `python -W error`, for every command."""
    shutil.copytree(empty_store, tmp_path / "runs")
    small = ("experiments.run", *SMALL)
    for module, *arguments in (
        small,
        ("reports.build",),
        ("experiments.sweeps", "list"),
        ("experiments.verify", "none"),
    ):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", module, *arguments],
            cwd=tmp_path,
            env=environment() | {"LC_ALL": "C", "PYTHONUTF8": "0"},
            capture_output=True,
        )
        assert done.returncode == 0, (module, done.stderr)
