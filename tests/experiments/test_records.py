"""What lies in runs/ may be cut off or a stranger's: it is told, or counts as not there; it is never half used."""

import json
import shutil
import sqlite3
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import sweeps
from experiments.recording import journal
from experiments.study.curves import Curves
from reports import build, compare
from reports.load import load_sweep
from reports.schema import CURVES, SEEDS
from reports.schema.record import Unreadable
from tests.experiments.made_up import record, the_rest_slowly

IDENTITIES = {0: "a result", 1: "another"}


def trained() -> Curves:
    metrics = {"test/loss": np.eye(2), "test/error": np.eye(2)}
    return Curves([0, 1], [0, 10], [0.0, 1.0], metrics, {"weights/distance": np.ones(2)}, np.array([-1, 3]))


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A journal with two results that wait, and one that is recorded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(journal, "ready", journal.ready.__wrapped__)  # as in a new process, every time
    journal.save(IDENTITIES, trained())
    journal.now_recorded(["recorded"], "local", "a" * 32)
    return journal.FILE


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def other_columns(file: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(file)


def no_rows(file: Path) -> None:
    pd.read_parquet(file).iloc[:0].to_parquet(file)


def step_as_text(file: Path) -> None:
    pd.read_parquet(file).assign(step="ten").to_parquet(file)


def text_among_numbers(file: Path) -> None:
    pd.read_parquet(file).assign(**{"test/loss": "low"}).to_parquet(file)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_link_to_nothing(file: Path) -> None:
    file.unlink()
    file.symlink_to("nothing")


def of(content: bytes):
    def write(file: Path) -> None:
        file.write_bytes(content)

    return write


BROKEN_TABLES = {
    "cut": cut,
    "empty": of(b""),
    "text": of(b"Dear diary"),
    "magic alone": of(b"PAR1PAR1"),
    "other columns": other_columns,
    "no rows": no_rows,
    "step as text": step_as_text,
    "a folder": a_folder,
}
BROKEN_JSON = {
    **{
        "empty": b"",
        "text": b"Dear diary",
        "cut": b'{"local": "abc',
        "a list": b"[1]",
        "a number": b"3",
        "null": b"null",
    },
    **{"not UTF-8": b"\xff\xfe{}", "deep": b"[" * 100_000, "run of a number": b'{"local": 3}'},
}


def of_another_format(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA user_version = 99")


def of_a_stranger(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA user_version = 0")
        database.execute("DROP TABLE recorded")
        database.execute("CREATE TABLE recorded (a)")


BROKEN_JOURNALS = {
    "cut": cut,
    "empty": of(b""),
    "text": of(b"Dear diary" * 1000),
    "magic alone": of(b"SQLite format 3\0"),
    "another format": of_another_format,
    "a stranger's": of_a_stranger,
    "a folder": a_folder,
}


@pytest.mark.parametrize("what", BROKEN_JOURNALS)
def test_a_journal_that_cannot_be_read_counts_as_not_there_and_is_put_aside(kept, capsys, what):
    assert journal.trained(list(IDENTITIES.values())) == set(IDENTITIES.values())
    BROKEN_JOURNALS[what](kept)
    assert journal.trained(list(IDENTITIES.values())) == set()
    assert journal.recorded(["recorded"], "local") == {}
    assert what == "empty" or f"{kept.resolve()} cannot be read" in capsys.readouterr().err
    journal.save(IDENTITIES, trained())  # trained again
    (found,) = journal.saved(list(IDENTITIES.values()))
    assert found.metrics["test/loss"].tolist() == trained().metrics["test/loss"].tolist()


def test_a_result_that_cannot_be_read_is_trained_again(kept):
    with closing(sqlite3.connect(kept)) as database, database:
        database.execute("UPDATE pieces SET curves = ?", (b"Dear diary",))
    assert journal.saved(list(IDENTITIES.values())) == []


def test_results_wait_until_the_store_has_them_all(kept):
    journal.now_recorded([IDENTITIES[0]], "local", "b" * 32)
    (found,) = journal.saved(list(IDENTITIES.values()))
    assert found.seeds == [1]
    assert found.diverged_at.tolist() == [3]
    journal.now_recorded([IDENTITIES[1]], "local", "b" * 32)
    assert journal.saved(list(IDENTITIES.values())) == []
    with closing(sqlite3.connect(kept)) as database:
        assert database.execute("SELECT count(*) FROM pieces").fetchone() == (0,)


def test_thousands_of_results_are_asked_for_at_once(kept):
    names = [f"result {n}" for n in range(30_000)]
    journal.now_recorded(names, "local", "c" * 32)
    assert len(journal.recorded(names, "local")) == 30_000
    assert journal.recorded(names, "elsewhere") == {}


def without(key: str, *place):
    def change(whole: dict) -> dict:
        inner = whole = deepcopy(whole)
        for step in place:
            inner = inner[step]
        del inner[key]
        return whole

    return change


BROKEN_LISTS = {
    "a list": lambda whole: [whole],
    "empty": lambda whole: {},
    "null": lambda whole: None,
    "no cells": without("cells"),
    "no axes": without("axes"),
    "no name": without("name"),
    "no study": without("study"),
    "no question": without("question", "study"),
    "no choose": without("choose", "study"),
    "no status": without("status", "cells", 0),
    "no run": without("run_id", "cells", 1),
    "cells a mapping": lambda whole: whole | {"cells": {"a": 1}},
    "cells of text": lambda whole: whole | {"cells": ["a"]},
    "a study of text": lambda whole: whole | {"study": "made"},
    "an axis of a number": lambda whole: whole | {"axes": [3]},
    "a value of a list": lambda whole: whole | {"cells": [whole["cells"][0] | {"axes": {"strength": [1]}}]},
    "a name of dots": lambda whole: whole | {"name": ".."},
}


@pytest.mark.parametrize("what", the_rest_slowly(2, *BROKEN_LISTS, *BROKEN_JSON))
def test_a_list_of_cells_that_is_none_is_a_message_and_the_sweep_can_be_deleted(made, call, what):
    file = Path("runs/artifacts") / made.sweep / "artifacts/sweep.json"
    if what in BROKEN_LISTS:
        file.write_text(json.dumps(BROKEN_LISTS[what](record(made.name, made.cells))))
    else:
        file.write_bytes(BROKEN_JSON[what])
    for main, arguments in ((build.main, ["made"]), (compare.main, ["made", made.sweep])):
        code, said = call(main, *arguments)
        assert code == 2, said
        assert "Traceback" not in said
    with pytest.raises(Unreadable, match=r"sweep\.json, cannot be read: .*; run its command again"):
        load_sweep(made.client, made.sweep)
    code, said = call(sweeps.main, "list")
    assert code == 0
    assert "?" in said
    assert call(sweeps.main, "clean")[0] == 2  # its cells are not known: none is removed
    assert all(map(made.has, made.cells))
    assert call(sweeps.main, "delete", made.sweep)[0] == 0
    assert not any(map(made.has, [made.sweep, *made.cells]))


@pytest.mark.parametrize("what", the_rest_slowly(2, *BROKEN_TABLES, "text among numbers", "missing"))
@pytest.mark.parametrize("table", [CURVES, SEEDS])
def test_tables_in_the_store_that_cannot_be_read_are_a_message(made, call, what, table):
    file = Path("runs/artifacts") / made.cells[1] / "artifacts" / table
    (BROKEN_TABLES | {"text among numbers": text_among_numbers, "missing": Path.unlink})[what](file)
    code, said = call(build.main, "made")
    assert code == 2, said
    assert str(file.parent) in said.replace("\n", "")
    assert len(said.splitlines()) == 1


def test_a_sweep_without_its_list_has_the_cells_that_bear_its_name(made, call):
    shutil.rmtree(Path("runs/artifacts") / made.sweep)
    assert "interrupted before its cells were in" in call(build.main, "made")[1]
    assert "2 cells of its own" in call(sweeps.main, "delete", "made")[1]
