"""Any folder can be worked in, whatever its name; runs/ can be moved, copied and read only; any terminal is written to."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import sweeps
from experiments.recording import store
from reports.door import printable
from reports.load import load_sweep
from reports.schema.address import address_of, database_of
from reports.schema.store import open_store
from tests.conftest import command, environment
from tests.experiments.made_up import curves, made_up

NAMES = [
    *("a%20b", "100%", "%2e%2e", "what?", "a?mode=memory", "a#b", "a b", " a", "é ü 漢字", "a;b&c=d", "a:b", "a@b"),
    *("'quotes\"", "[x]*", "$HOME", "back\\slash", "new\nline", "~", "-x", "{a}", "sqlite:"),
]
WORK_THERE = """
import os, shutil, sys, traceback
from pathlib import Path
from experiments import sweeps
from experiments.recording import store
from reports import build
from tests.experiments.made_up import made_up

def call(main, *arguments):
    sys.argv = ["tool", *arguments]
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, (main.__module__, stop.code)

def work():
    there = made_up()
    call(sweeps.main, "list")
    call(build.main, "made")
    if sys.getfilesystemencoding() == "utf-8":
        for run in (there.sweep, *there.cells):  # as MLflow itself finds them, and its UI
            assert there.client.list_artifacts(run), run
    call(sweeps.main, "delete", there.sweep)
    call(sweeps.main, "clean")
    parts = sorted(part.name for part in Path().iterdir())
    assert parts == ["runs"], parts
    assert sorted(Path("runs").glob("*.db")) == [Path("runs/mlflow.db")]

top, empty, *names = sys.argv[1:]
for name in names:
    folder = Path(top) / name
    if not os.fork():
        try:
            folder.mkdir()
            os.chdir(folder)
            if empty:
                shutil.copytree(empty, "runs")
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    assert os.wait()[1] == 0, name
assert sorted(os.listdir(top)) == sorted(names), os.listdir(top)
"""


def work_there(tmp_path: Path, empty: Path | str, *names: str, **more: str) -> None:
    (tmp_path / "top").mkdir()
    run = [sys.executable, "-c", WORK_THERE, str(tmp_path / "top"), str(empty), *names]
    done = subprocess.run(run, cwd=tmp_path, env=environment() | more, capture_output=True, timeout=500)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert sorted(part.name for part in tmp_path.iterdir()) == ["top"]


@pytest.mark.slow
def test_a_folder_of_any_name_can_be_worked_in(tmp_path, empty_store):
    work_there(tmp_path, empty_store, *NAMES)


@pytest.mark.slow
def test_a_store_is_made_in_a_folder_of_any_name(tmp_path):
    work_there(tmp_path, "", "a%20b?c#d é", "new\nline")


@pytest.mark.slow
def test_a_plain_terminal_and_locale_take_everything(tmp_path, empty_store):
    work_there(tmp_path, empty_store, "plain", "é 漢字", LC_ALL="C", PYTHONUTF8="0")


@pytest.mark.slow
def test_every_command_runs_in_a_plain_locale(lab, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")
    for module, arguments in (
        ("experiments.run", ["study=smoke", "regularizer=none,l2"]),
        ("experiments.run", ["study=smoke", "execution.dry_run=true"]),
        ("experiments.run", ["--help"]),
        ("experiments.sweeps", ["list"]),
        ("experiments.verify", ["none"]),
        ("reports.build", []),
        ("experiments.sweeps", ["delete", "smoke"]),
    ):
        done = command(lab, *arguments, module=module)
        assert done.returncode == 0, (module, done.stderr)
        assert "Traceback" not in done.stderr


def test_an_address_is_of_the_file_whatever_its_folder_is_called(tmp_path, monkeypatch):
    for name in NAMES:
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert database_of(address_of(Path("runs/mlflow.db"))) == folder / "runs" / "mlflow.db", name


def test_what_a_terminal_does_not_know_is_shown_as_its_number(monkeypatch, tmp_path):
    with open(tmp_path / "out", "w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        printable()
        print("λ = 0.1 ± 0.02")
    assert (tmp_path / "out").read_text() == "\\u03bb = 0.1 \\xb1 0.02\n"


def test_a_folder_that_was_moved_is_read_as_it_lies(made, tmp_path, monkeypatch, call):
    there = tmp_path / "else where"
    there.mkdir()
    shutil.move("runs", there)
    monkeypatch.chdir(there)
    database = Path("runs/mlflow.db").read_bytes()
    assert len(load_sweep(open_store(), made.sweep).results) == 4
    assert call(sweeps.main, "list")[0] == 0
    assert Path("runs/mlflow.db").read_bytes() == database  # whoever reads does not write
    client = store.open_store()
    assert {file.path for file in client.list_artifacts(made.sweep)} == {"sweep.json"}  # as MLflow itself finds it
    assert client.get_run(made.cells[0]).info.artifact_uri.startswith((there / "runs").as_uri())


def test_a_copy_reads_its_own_and_deletes_its_own(made, tmp_path, monkeypatch, call):
    original = Path.cwd() / "runs"
    copy = tmp_path / "copy"
    shutil.copytree("runs", copy / "runs")
    monkeypatch.chdir(copy)
    curves(10.0).to_parquet(f"runs/artifacts/{made.cells[0]}/artifacts/curves.parquet")
    assert load_sweep(open_store(), made.sweep).results["test/error"].max() > 10
    elsewhere = tmp_path / "third"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert load_sweep(open_store(f"sqlite:///{copy}/runs/mlflow.db"), made.sweep).results["test/error"].max() > 10
    monkeypatch.chdir(copy)
    before = sorted(original.rglob("*"))
    assert call(sweeps.main, "delete", "made")[0] == 0
    assert sorted(original.rglob("*")) == before
    assert load_sweep(open_store(f"sqlite:///{original}/mlflow.db"), made.sweep).results["test/error"].max() < 10


def test_a_store_named_elsewhere_keeps_its_artifacts_beside_it(tmp_path, empty_store, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    shutil.copytree(empty_store, there)
    monkeypatch.chdir(here)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{there}/mlflow.db")
    made = made_up()
    assert (there / "artifacts" / made.sweep / "artifacts" / "sweep.json").is_file()
    assert not list(here.iterdir())
    assert len(load_sweep(open_store(), made.sweep).results) == 4
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/nowhere/mlflow.db")
    with pytest.raises(OSError, match=r"there is no folder .*; make it: mkdir -p"):
        store.open_store()


READ_ONLY = """
import os, sys
from experiments import sweeps
from experiments.recording import store
from reports import build, compare
from tests.experiments.made_up import made_up

out = sys.argv[1]
first, second = made_up(), made_up("made 2026-11-24 11:00:00")
os.chmod("runs", 0o755)
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
else:
    os.system("chmod -R a-w runs")

def call(main, *arguments):
    sys.argv = ["tool", *arguments]
    try:
        main()
    except SystemExit as stop:
        return stop.code or 0
    return 0

print([
    call(sweeps.main, "list"),
    call(build.main, "made", "--folder", out + "/report"),
    call(compare.main, first.sweep, second.sweep),
    call(sweeps.main, "delete", "made"),
    call(sweeps.main, "clean"),
], file=sys.stderr)
"""


@pytest.mark.slow
def test_what_can_only_be_read_is_read(empty_store):
    folder = Path("/tmp") / f"read-only-{os.getpid()}"  # pytest's own folders are closed to others
    shutil.copytree(empty_store, folder / "lab" / "runs")
    (folder / "out").mkdir()
    (folder / "out").chmod(0o777)
    try:
        run = [sys.executable, "-c", READ_ONLY, str(folder / "out")]
        done = subprocess.run(run, cwd=folder / "lab", env=environment(), capture_output=True, text=True, timeout=200)
        assert done.stderr.splitlines()[-1] == "[0, 0, 0, 2, 2]", done.stderr
        assert done.stderr.count("cannot write the folder") == 2
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
        shutil.rmtree(folder)
