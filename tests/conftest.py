"""What several tests need: a folder with a ready store, and commands run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread():
    """Tests are spread over the cores already."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory) -> Path:
    """A new MLflow store, made once: migrations take seconds."""
    folder = tmp_path_factory.mktemp("store")
    run = [sys.executable, "-c", "from experiments.recording.store import open_store; open_store()"]
    subprocess.run(run, cwd=folder, check=True, env=environment())
    return folder / "runs"


@pytest.fixture
def lab(tmp_path, empty_store) -> Path:
    """A folder to run the laboratory in."""
    shutil.copytree(empty_store, tmp_path / "runs")
    return tmp_path


def environment() -> dict[str, str]:
    """This one's, less what would send records elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "HYDRA_"))}


def command(folder: Path, *arguments: str, module: str = "experiments.run") -> subprocess.CompletedProcess:
    """Runs `python -m MODULE ARGUMENTS` in the folder, as a user would."""
    run = [sys.executable, "-m", module, *arguments]
    return subprocess.run(run, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory, empty_store) -> tuple[Path, subprocess.CompletedProcess]:
    """The study `smoke`, run once from the command line: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("smoke")
    shutil.copytree(empty_store, folder / "runs")
    return folder, command(folder, "study=smoke")
