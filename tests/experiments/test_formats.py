"""A record that another version of this program has made is told by every command, and never misread."""

import json

import pytest

from experiments import RUNS, sweeps, ui, verify
from experiments.recording import store
from reports import build, compare
from reports.schema import FORMAT, SEEDS, SWEEP
from reports.schema.record import OtherFormat, cells_listed, read_record
from tests.conftest import command
from tests.experiments.made_up import made_up

TOLD = rf"recorded in format 1, and this program reads format {FORMAT}: run the command again, or read the record with the version"


@pytest.fixture
def earlier(made):
    """A sweep of format 1: one table a cell, no number in the list of cells, and no tag."""
    artifacts = RUNS / "artifacts"
    listed = json.loads((artifacts / made.sweep / "artifacts" / SWEEP).read_text())
    listed.pop("format")
    (artifacts / made.sweep / "artifacts" / SWEEP).write_text(json.dumps(listed))
    for run in (made.sweep, *made.cells):
        made.client.delete_tag(run, "format")
    for cell in made.cells:
        (artifacts / cell / "artifacts" / SEEDS).unlink()
    return made


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (build.main, []),
        (build.main, ["made"]),
        (compare.main, ["made 2026-11-24 09:00:00", "made 2026-11-24 10:00:00"]),
        (verify.main, ["strength=0"]),
        (sweeps.main, ["list"]),
        (ui.main, []),
    ],
    ids=["build", "build by name", "compare", "verify", "list", "ui"],
)
def test_every_command_tells_of_an_earlier_format(earlier, call, monkeypatch, main, arguments):
    import re

    if main is compare.main:
        made_up("made 2026-11-24 10:00:00")
    monkeypatch.setattr(ui, "served", lambda server: 0)
    code, said = call(main, *arguments)
    assert re.search(TOLD, " ".join(said.split())), said
    assert code == (0 if main in (sweeps.main, ui.main) else 2)


@pytest.mark.slow
def test_a_sweep_beside_one_of_an_earlier_format_is_recorded_and_tells_of_it(earlier, here):
    done = command(here, "study=none", "dataset=iris", "seeds=2", "epochs=1")
    assert done.returncode == 0, done.stderr
    assert "1 sweep here was recorded in format 1" in done.stderr


def test_a_sweep_of_another_format_can_be_deleted_and_its_cells_are_not_lost_before(earlier, call):
    code, _ = call(sweeps.main, "clean")
    assert code == 0
    assert len(store.runs_of_kind(earlier.client, "cell")) == 2  # they are listed, in whichever format
    code, said = call(sweeps.main, "delete", "made")
    assert (code, "and 2 cells of its own" in said) == (0, True)
    assert not store.runs_of_kind(earlier.client, "cell")


def test_a_later_format_of_another_shape_is_told_by_its_number_not_as_damage(made):
    file = RUNS / "artifacts" / made.sweep / "artifacts" / SWEEP
    file.write_text(json.dumps({"format": FORMAT + 1, "name": made.name, "cells": {"by": "name"}}))
    for read in (read_record, cells_listed):
        with pytest.raises(OtherFormat, match=f"format {FORMAT + 1}, and this program reads format {FORMAT}"):
            read(made.client, made.sweep)
