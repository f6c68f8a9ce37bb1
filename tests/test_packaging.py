"""What is installed works away from the checkout, and completes on Tab."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, environment


@pytest.mark.slow
def test_an_installed_wheel_runs_in_another_directory(tmp_path):
    pip = [sys.executable, "-m", "pip", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(tmp_path / "wheel"), str(ROOT)], check=True)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    assert {"backprop/py.typed", "experiments/py.typed", "reports/py.typed"} <= set(zipfile.ZipFile(wheel).namelist())
    subprocess.run([*pip, "install", "--no-deps", "--target", str(tmp_path / "installed"), str(wheel)], check=True)
    (tmp_path / "elsewhere").mkdir()
    settings = {**environment(), "PYTHONPATH": str(tmp_path / "installed")}
    where = [
        sys.executable,
        "-c",
        "import experiments.run, hydra_plugins.lab_sweeper as l; print(experiments.run.CONF, l.__file__)",
    ]
    found = subprocess.run(
        where, cwd=tmp_path / "elsewhere", env=settings, capture_output=True, text=True, check=True
    ).stdout
    assert found.count(str(tmp_path / "installed")) == 2
    run = [sys.executable, "-m", "experiments.run", "study=smoke"]
    done = subprocess.run(run, cwd=tmp_path / "elsewhere", env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "elsewhere" / "runs" / "reports").glob("*/index.html"))


def test_tab_completes_options(tmp_path):
    script = Path(sys.executable).with_name("backprop-lab")
    if not script.exists():
        pytest.skip("the console script is not installed beside this Python")
    settings = {**os.environ, "COMP_LINE": "backprop-lab dataset=d"}
    done = subprocess.run([script, "-sc", "query=bash"], cwd=tmp_path, env=settings, capture_output=True, text=True)
    assert done.stdout.split() == ["dataset=diabetes", "dataset=digits"]
