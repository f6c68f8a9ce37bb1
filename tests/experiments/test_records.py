"""What lies in runs/ may be cut off or a stranger's: it is told, or counts as not there; it is never half used."""

import json
import shutil
from copy import deepcopy
from pathlib import Path

import pandas as pd
import pytest

from experiments import results, sweeps
from reports import build, compare
from reports.load import load_sweep
from reports.record import Unreadable
from tests.experiments.made_up import curves, record, the_rest_slowly

NAME = "cell-identity"


@pytest.fixture
def cells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.not_there.cache_clear()
    results.save(NAME, curves())
    results.now_recorded("recorded", "local", "a" * 32)
    return Path("runs/cells")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def other_columns(file: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(file)


def no_row_for_a_seed(file: Path) -> None:
    curves().query("step == 0 or seed == 0").to_parquet(file)


def no_rows(file: Path) -> None:
    curves().query("step < 0").to_parquet(file)


def selected_as_text(file: Path) -> None:
    curves().assign(selected="yes").to_parquet(file)


def text_among_numbers(file: Path) -> None:
    curves().assign(**{"test/loss": "low"}).to_parquet(file)


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
    "selected as text": selected_as_text,
    "a folder": a_folder,
}
BROKEN_CELLS = BROKEN_TABLES | {"no row for a seed": no_row_for_a_seed, "a link": a_link_to_nothing}
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
    **{"a path for a run": b'{"local": "../../x"}', "a list for a run": b'{"local": ["a"]}'},
}


@pytest.mark.parametrize("what", BROKEN_CELLS)
def test_curves_that_cannot_be_read_count_as_not_there(cells, capsys, what):
    assert results.is_saved(NAME)
    file = cells / f"{NAME}.parquet"
    BROKEN_CELLS[what](file)
    assert not results.is_saved(NAME)
    assert results.saved(NAME) is None
    said = capsys.readouterr().err
    assert said.count(f"{file} cannot be read") == 1
    assert "its cell counts as not trained" in said
    if not file.is_dir():
        results.save(NAME, curves())  # trained again
        assert results.is_saved(NAME)


@pytest.mark.parametrize("what", BROKEN_JSON)
def test_a_list_of_runs_that_cannot_be_read_counts_as_not_there(cells, capsys, what):
    assert results.recorded("recorded", "local") == "a" * 32
    file = cells / "recorded.json"
    file.write_bytes(BROKEN_JSON[what])
    assert results.recorded("recorded", "local") is None
    assert "cannot be read" in capsys.readouterr().err
    results.now_recorded("recorded", "local", "b" * 32)
    assert results.recorded("recorded", "local") == "b" * 32


def test_what_a_failed_cell_said_need_not_be_text(cells):
    (cells / f"{NAME}.txt").write_bytes(b"\xff\x00")
    assert results.failed(NAME)
    results.now_failed(NAME, "ValueError: again")
    assert (cells / f"{NAME}.txt").read_text() == "ValueError: again"


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
def test_curves_in_the_store_that_cannot_be_read_are_a_message(made, call, what):
    file = Path("runs/artifacts") / made.cells[1] / "artifacts/curves.parquet"
    (BROKEN_TABLES | {"text among numbers": text_among_numbers, "missing": Path.unlink})[what](file)
    code, said = call(build.main, "made")
    assert code == 2, said
    assert str(file.parent) in said.replace("\n", "")
    assert len(said.splitlines()) == 1


def test_a_sweep_without_its_list_has_the_cells_that_bear_its_name(made, call):
    shutil.rmtree(Path("runs/artifacts") / made.sweep)
    assert "interrupted before its cells were in" in call(build.main, "made")[1]
    assert "2 cells of its own" in call(sweeps.main, "delete", "made")[1]
