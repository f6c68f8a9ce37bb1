"""A store that is broken, half made, of another version or read-only is told from one that is away, at once."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from experiments import sweeps, ui
from experiments.recording import delivery, store
from reports import build, compare
from reports.load import load_sweep
from reports.schema.address import StoreUnusable, check_address, shown
from reports.schema.store import open_store
from tests.conftest import environment
from tests.experiments.made_up import made_up, the_rest_slowly

DATABASE = Path("runs/mlflow.db")


def change(command: str, *values) -> None:
    with closing(sqlite3.connect(DATABASE)) as database, database:
        database.execute(command, values)


def replace(content: bytes) -> None:
    DATABASE.write_bytes(content)


def another_programs() -> None:
    DATABASE.unlink()
    change("CREATE TABLE photos (name)")


def half_made() -> None:
    DATABASE.unlink()
    change("CREATE TABLE experiments (name)")


def half_migrated() -> None:
    change("CREATE TABLE _alembic_tmp_metrics (name)")
    change("DELETE FROM runs")


def half_upgraded() -> None:
    change("CREATE TABLE _alembic_tmp_metrics (name)")


def of_schema(revision: str) -> None:
    change("UPDATE alembic_version SET version_num = ?", revision)


def cut() -> None:
    replace(DATABASE.read_bytes()[:20000])


def overwritten() -> None:
    content = DATABASE.read_bytes()
    replace(content[:100] + b"\xff" * 4000 + content[4100:])


def a_folder() -> None:
    DATABASE.unlink()
    DATABASE.mkdir()


def a_pipe() -> None:
    DATABASE.unlink()
    os.mkfifo(DATABASE)


def a_link_to_nothing() -> None:
    DATABASE.unlink()
    DATABASE.symlink_to("nothing.db")


BROKEN = {  # what happened to the file, and what the message must say
    "empty": (lambda: replace(b""), r"is an empty file, not a store.*\(rm .*mlflow\.db\)"),
    "of a later version": (lambda: of_schema("fedcba987654"), r"later MLflow.*pip install -U mlflow"),
    "half made": (half_made, r"is half a store.*\(rm .*mlflow\.db\)"),
    "half migrated": (half_migrated, r"is half a store.*\(rm .*mlflow\.db\)"),
    "half upgraded": (half_upgraded, r"is half upgraded.*put the copy from before back"),
    "of an earlier version": (lambda: of_schema("451aebb31d03"), r"earlier MLflow; cp .*mlflow db upgrade sqlite:///"),
    "cut off": (cut, r"is damaged.*put a copy back.*mv "),
    "overwritten": (overwritten, r"is damaged.*put a copy back.*mv "),
    "text": (lambda: replace(b"Dear diary"), r"is not an SQLite database; move it away"),
    "zeros": (lambda: replace(bytes(8192)), r"is not an SQLite database; move it away"),
    "another program's": (another_programs, r"database of another program \(its tables: photos\)"),
    "a folder": (a_folder, r"is a folder, not a store; move it away"),
    "a pipe": (a_pipe, r"is no ordinary file, not a store"),
    "a link to nothing": (a_link_to_nothing, r"is a link to nothing, not a store"),
}


@pytest.mark.parametrize("what", the_rest_slowly(3, *BROKEN))
def test_a_broken_store_is_told_at_once_by_every_command(made, call, monkeypatch, what):
    breaking, rule = BROKEN[what]
    breaking()
    monkeypatch.setattr(delivery.time, "sleep", lambda _: pytest.fail("waits for what does not come back"))
    content = DATABASE.read_bytes() if DATABASE.is_file() else None
    with pytest.raises(StoreUnusable, match=rule):
        delivery.retry(store.open_store, Console(quiet=True))
    for main, arguments in (
        (sweeps.main, ["list"]),
        (sweeps.main, ["delete", "made"]),
        (sweeps.main, ["clean"]),
        (build.main, ["made"]),
        (compare.main, ["made", "made"]),
        (ui.main, []),
    ):
        code, said = call(main, *arguments)
        assert code == 2, (main.__module__, said)
        assert said.startswith("error: ")
        assert len(said.splitlines()) == 1
        assert re.search(rule, said), said
    assert content == (DATABASE.read_bytes() if DATABASE.is_file() else None)  # whoever tells does not touch


def test_a_page_overwritten_in_the_middle_is_a_message_too(made, call):
    content = bytearray(DATABASE.read_bytes())
    for page in range(4096 * 4, len(content), 4096):
        content[page : page + 4096] = b"\xff" * len(content[page : page + 4096])
    DATABASE.write_bytes(bytes(content))
    code, said = call(sweeps.main, "list")
    assert code == 2
    assert "is damaged" in said
    assert "Traceback" not in said


def test_a_store_that_cannot_be_written_can_be_read(made, call, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert call(sweeps.main, "list")[0] == 0
    assert len(load_sweep(open_store(), made.sweep).results) == 4
    with pytest.raises(StoreUnusable, match=r"can be read, but not written: chmod -R u\+w"):
        store.open_store()
    code, said = call(sweeps.main, "delete", "made")
    assert code == 2
    assert "chmod" in said


ADDRESSES = {
    "foo://bar": "is not the address of a store; it must be sqlite:///PATH",
    "postgresql+nope://me@host/lab": "is not the address of a store",
    "http://": "is not the address of a store",
    "http://:5000": "is not the address of a store",
    "http://host:port": "is not the address of a store",
    "https://host:99999": "is not the address of a store",
    "http//host:5000": "is not the address of a store",
    "host:5000": "is not the address of a store",
    "postgresql://host:port/lab": "is not the address of a store",
    "runs": "is not the address of a store",
    "runs/mlflow.db": "for the file, write sqlite:///runs/mlflow.db",
    "databricks": "is not the address of a store",
    "sqlite://": "names no file",
    "sqlite:///:memory:": "names no file",
    "sqlite:///a?b.db": "%3F for a ?",
    "mysql://me:secret@host/lab": "needs the package MySQLdb, which is not installed: pip install MySQLdb",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_address_is_refused_at_once(here, monkeypatch, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setattr(delivery.time, "sleep", lambda _: pytest.fail("waits for what does not come back"))
    with pytest.raises(StoreUnusable) as refused:
        delivery.retry(store.open_store, Console(quiet=True))
    assert ADDRESSES[address] in str(refused.value)
    assert "secret" not in str(refused.value)
    with pytest.raises(StoreUnusable):
        open_store(address)


def test_a_postgresql_address_without_its_driver_says_which_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(StoreUnusable, match="needs the package psycopg2, which is not installed"):
        check_address("postgresql+psycopg2://me@host/lab")


def test_a_database_that_refuses_is_told_from_one_that_is_away():
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    def of_database(text: str) -> list[Exception]:
        error = OperationalError("SELECT 1", None, Exception(text))
        return [error, MlflowException(str(error))]

    away = [
        *of_database("database is locked"),
        *of_database("connection to server at 10.0.0.1 failed: Connection refused"),
        sqlite3.OperationalError("database is locked"),
        MlflowException("API request to http://h failed with exception timed out"),
        MlflowException("API request to endpoint /x failed with error code 503 != 200"),
        ConnectionError("reset"),
    ]
    refuses = [
        *of_database('FATAL: password authentication failed for user "me"'),
        *of_database('FATAL: database "lab" does not exist'),
        *of_database("attempt to write a readonly database"),
        *of_database("no such table: runs"),
        MlflowException("API request to endpoint /x failed with error code 401 != 200"),
        StoreUnusable("is empty"),
    ]
    assert [store.unavailable(error) for error in away] == [True] * len(away)
    assert [store.unavailable(error) for error in refuses] == [False] * len(refuses)


def test_reading_does_not_make_a_store(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for main, arguments in (
        (build.main, ["--store", "sqlite:///new.db"]),
        (build.main, ["--store", f"sqlite:///{tmp_path}/sub/new.db"]),
        (compare.main, ["a", "b", "--store", "sqlite:///new.db"]),
        (build.main, []),
        (sweeps.main, ["list"]),
        (sweeps.main, ["clean"]),
        (ui.main, []),
    ):
        code, said = call(main, *arguments)
        assert code == 2, said
        assert "there is no" in said
    assert not list(tmp_path.iterdir())


def test_a_password_in_an_address_is_not_shown(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@host:5000/path")
    assert store.store_key() == "https://me:***@host:5000/path"
    assert shown("http://host:5000/a@b") == "http://host:5000/a@b"


MAKE_AND_KILL = """
import os, signal, sys, time
from pathlib import Path
from experiments.recording import store
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # what takes long, and is not the making

def maker(folder):
    process = os.fork()
    if not process:
        os.chdir(folder)
        store.open_store()
        os._exit(0)
    return process

def made(folder):
    folder.mkdir(exist_ok=True)
    return os.waitpid(maker(folder), 0)[1] == 0

began = time.time()
assert made(Path("calm"))
whole = time.time() - began
for moment in range(30):
    folder = Path(str(moment))
    folder.mkdir()
    process = maker(folder)
    time.sleep(whole * moment / 27)
    while moment == 29 and not (folder / "runs/mlflow.db").exists():
        time.sleep(0.01)  # the last one is killed too late, however slow the machine is
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    left = " ".join(sorted(part.name.split("-")[0] for part in folder.glob("runs/*")))
    print(left, "then", made(folder), *sorted(part.name for part in folder.glob("runs/*")), sep="|")
"""


@pytest.mark.slow
def test_a_store_whose_maker_is_killed_at_30_moments_works_afterwards(tmp_path):
    run = [sys.executable, "-c", MAKE_AND_KILL]
    done = subprocess.run(run, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    left, *whole = zip(*(line.split("|") for line in done.stdout.splitlines()), strict=True)
    assert whole == [("then",) * 30, ("True",) * 30, ("mlflow.db",) * 30, ("store.lock",) * 30]
    assert ".new store.lock" in left[:-1]  # some in the middle,
    assert left[-1] == "mlflow.db store.lock"  # and one too late


@pytest.mark.slow
def test_a_draft_of_somebody_who_was_killed_is_removed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for left in ("runs/.new-store-abc/mlflow.db", "runs/.new-store-abc/mlflow.db-journal"):
        Path(left).parent.mkdir(parents=True, exist_ok=True)
        Path(left).write_text("half")
    made_up()
    assert "runs/.new-store-abc" not in map(str, Path("runs").iterdir())
    assert len(store.runs_of_kind(open_store(), "cell")) == 2


@pytest.mark.slow
def test_ctrl_c_waits_for_the_end_of_a_transaction_and_leaves_no_lock(lab, monkeypatch):
    import signal

    from sqlalchemy import text

    monkeypatch.chdir(lab)
    client = store.open_store()
    transaction = client._tracking_client.store.ManagedSessionMaker

    def renamed(to, signals):
        with transaction(read_only=False) as session:
            for _ in range(signals):
                os.kill(os.getpid(), signal.SIGINT)
            session.execute(text(f"UPDATE experiments SET name = '{to}'"))

    with pytest.raises(KeyboardInterrupt):
        renamed("after one", 1)
    assert client.get_experiment("0").name == "after one"
    with pytest.raises(KeyboardInterrupt):
        renamed("after two", 2)
    assert client.get_experiment("0").name == "after one", "a second one is heard at once"
    client.create_run("0")
