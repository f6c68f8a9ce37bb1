"""Processes end in order: workers with their parent, servers with the command that started them, sweeps before they are deleted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from experiments import sweeps, ui
from experiments.config.errors import ConfigurationError
from experiments.recording import lifetime
from experiments.training.workers import Workers, check
from tests.conftest import environment
from tests.experiments.made_up import made_up
from tests.experiments.test_stores import free_port

LONG = """
from tests.experiments.test_processes import long_stacks
from experiments.training.workers import Workers, attempts

if __name__ == "__main__":
    results = attempts(long_stacks(), Workers(workers=2))
    print("training", flush=True)
    {then}
"""


def long_stacks():
    from backprop.network import MLP
    from backprop.training import Recipe
    from experiments.data.datasets import wine
    from experiments.data.splits import Holdout
    from experiments.study.experiment import Experiment
    from experiments.training.tasks import tasks

    recipes = [Recipe(network=MLP((width,)), epochs=1_000_000) for width in range(60, 66)]
    return tasks([Experiment(wine(), recipe, Holdout(60, 30, 30), seeds=1) for recipe in recipes])


def started(then: str, folder: Path) -> tuple[subprocess.Popen, list[psutil.Process]]:
    """A process that trains for long, and its workers once both are there; what they say goes to the file `said`."""
    script = folder / "long.py"
    script.write_text(LONG.format(then=then))
    env = environment() | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with open(folder / "said", "w") as said:
        process = subprocess.Popen(
            [sys.executable, script], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    until(lambda: (folder / "said").read_text().splitlines(), 1)
    return process, until(lambda: workers_of(process.pid), 2)


def workers_of(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if "LokyProcess" in " ".join(child.cmdline())]


def until(look, count: int, seconds: float = 60) -> list:
    """What `look` finds, once it is so many."""
    end = time.monotonic() + seconds
    while len(found := look()) != count:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0, 1, 4])  # while they import, and while they train
def test_workers_end_soon_after_a_parent_that_is_killed(tmp_path, wait):
    process, workers = started("import time; time.sleep(60)", tmp_path)
    time.sleep(wait)
    process.kill()
    process.wait()
    until(lambda: alive(workers), 0, seconds=10)


@pytest.mark.slow
@pytest.mark.parametrize("then", ["results.close()", "next(results)"])
def test_workers_end_at_once_and_in_silence_when_nobody_wants_their_results(tmp_path, then):
    process, workers = started(f"import time; time.sleep(4); {then}", tmp_path)
    if "next" in then:
        time.sleep(5)
        process.send_signal(signal.SIGINT)
    process.wait(15)
    assert not alive(workers)
    said = (tmp_path / "said").read_text()
    assert "Warning" not in said
    assert "KeyError" not in said
    assert said.count("Traceback") == (1 if "next" in then else 0)  # Python's own, of the interruption


@pytest.mark.slow
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda asked: asked.name)
def test_the_ui_takes_its_servers_with_it(lab, asked):
    command = [sys.executable, "-m", "experiments.ui", "--port", str(free_port())]
    with open(lab / "said", "w") as said:
        process = subprocess.Popen(command, cwd=lab, env=environment(), stdout=said, stderr=said)
    whole = psutil.Process(process.pid)
    end = time.monotonic() + 60
    while len(whole.children(recursive=True)) < 3 and time.monotonic() < end:
        time.sleep(0.2)
    servers = whole.children(recursive=True)
    assert len(servers) >= 2
    process.send_signal(asked)
    assert process.wait(timeout=20) == 130
    until(lambda: alive(servers), 0, seconds=5)


def test_a_group_that_does_not_want_to_end_is_ended(monkeypatch):
    monkeypatch.setattr(ui, "PATIENCE", 0.2)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    leader = subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, start_new_session=True)
    assert leader.stdout is not None
    assert leader.stdout.readline() == b"up\n"
    ui.end_group(leader)
    assert leader.wait(5) == -signal.SIGKILL
    leader.stdout.close()
    ui.end_group(leader)  # nobody is left


def test_a_sweep_that_runs_is_not_deleted_nor_is_anything_beside_it(made, call):
    other = made_up("other 2026-11-24 10:00:00", status="RUNNING")
    with FileLock(lifetime.lock_of(other.name)):
        for arguments in (["delete", other.sweep], ["delete", made.sweep], ["clean"], ["clean", "--force"]):
            code, said = call(sweeps.main, *arguments)
            assert code == 2
            assert (
                "nothing was removed: the sweep 'other_2026-11-24_10-00-00' is running; wait until it has ended" in said
            )
    assert all(map(made.has, [made.sweep, *made.cells, other.sweep, *other.cells]))
    assert call(sweeps.main, "clean")[0] == 0  # it was killed: its lock lies there, and nobody holds it
    assert made.client.get_run(other.sweep).info.status == "KILLED"
    assert call(sweeps.main, "delete", other.sweep)[0] == 0


def test_a_sweep_of_another_folder_is_deleted_only_by_force(made, call):
    other = made_up("other 2026-11-24 10:00:00", status="RUNNING")
    for arguments in (["delete", other.sweep], ["delete", made.sweep], ["clean"]):
        code, said = call(sweeps.main, *arguments)
        assert code == 2
        assert (
            "is running; in another folder or on another machine, or it was killed there; if you know it was: --force"
            in said
        )
    assert call(sweeps.main, "delete", other.sweep, "--force")[0] == 0
    assert not any(map(made.has, [other.sweep, *other.cells]))
    assert call(sweeps.main, "clean")[0] == 0
    assert all(map(made.has, [made.sweep, *made.cells]))


REFUSED = [
    *(("workers", value) for value in (0, -2, -7, 2.0, True, "4", None, float("nan"))),
    *(("replicas", value) for value in (0, -1, 2.5, False, "2")),
    *(("backend", value) for value in ("threading", "ray", "", None, 3)),
    *(
        ("address", value)
        for value in ("", "10.0.0.1:8786", "http://head:8786", "tcp://", "tcp://head", "tcp://head:x", 8786)
    ),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_launcher_that_cannot_be_is_refused_with_value_and_rule(field, value):
    with pytest.raises(ConfigurationError) as refused:
        check(Workers(backend="dask")._replace(**{field: value}))
    assert str(refused.value).startswith(f"hydra.launcher.{field} is {value!r}; it must be ")


def test_launchers_that_can_be_are_taken():
    for fine in (Workers(), Workers(workers=3, replicas=1), Workers(workers=100_000)):
        check(fine)


def test_an_address_without_dask_says_what_is_missing():
    with pytest.raises(ConfigurationError, match=r"use hydra\.launcher\.backend=dask to train there"):
        check(Workers(address="tcp://head:8786"))


def test_dask_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("experiments.training.workers.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"not installed: pip install '\.\[dask\]'"):
        check(Workers(backend="dask", address="tcp://head:8786"))
    check(Workers())
