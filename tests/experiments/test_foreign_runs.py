"""A folder runs/ from a stranger: nothing outside it is removed, written or read because of what it says."""

import json
import os
import shutil
from pathlib import Path

import pytest

from experiments import sweeps
from experiments.recording import lifetime, store
from reports import build
from reports.load import load_sweep
from reports.schema.artifacts import OutsideStore
from reports.schema.names import NoSuchSweep, folder_name, report_folder
from reports.schema.record import Unreadable
from tests.experiments.made_up import made_up, record, the_rest_slowly


@pytest.fixture
def outside(made, tmp_path):
    """A folder elsewhere, with what a record could point to; at the end it is as it was."""
    folder = tmp_path / "outside"
    for name in ("victim/artifacts/keep.txt", "victim/keep.txt", "index.html", "keep.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("precious")
    shutil.copytree(
        Path("runs/artifacts") / made.cells[0] / "artifacts", folder / "victim/artifacts", dirs_exist_ok=True
    )
    before = snapshot(folder)
    yield folder
    assert snapshot(folder) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


PLACES = the_rest_slowly(
    2,
    "file://{outside}/victim/artifacts",
    "file://{runs}/artifacts/%2e%2e/%2E%2E/outside/victim/artifacts",
    "{outside}/victim/artifacts",
    "file:{outside}/victim/artifacts",
    "file://localhost{outside}/victim/artifacts",
    "file://host{outside}/victim/artifacts",
    "FILE://{outside}/victim/artifacts",
    "file://{runs}/artifacts/../../outside/victim/artifacts",
    "../outside/victim/artifacts",
    "outside/victim/artifacts",
    "file:///..{outside}/victim/artifacts",
    "s3://bucket/victim/artifacts",
    "",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_place_that_a_record_names_is_removed_or_read(made, outside, call, place):
    place = place.format(outside=outside, runs=Path("runs").absolute())
    made.tamper("UPDATE runs SET artifact_uri = ?", place)
    made.tamper("UPDATE experiments SET artifact_location = ?", place)
    assert len(load_sweep(made.client, made.sweep).results) == 4  # its own: beside the database
    code, said = call(sweeps.main, "delete", made.sweep)
    assert code == 0, said
    assert not any(map(made.has, [made.sweep, *made.cells]))
    assert not list(Path("runs/artifacts").iterdir())


@pytest.mark.parametrize("place", PLACES[:1])
def test_the_dead_are_buried_in_their_own_folder(made, outside, place):
    made.tamper("UPDATE runs SET artifact_uri = ?, status = 'RUNNING'", place.format(outside=outside, runs="runs"))
    lifetime.lock_of(made.name).touch()
    lifetime.close_stale_runs(made.client)
    assert made.client.get_run(made.sweep).info.status == "KILLED"
    assert not any(map(made.has, made.cells))


@pytest.mark.parametrize(
    "name",
    the_rest_slowly(
        2,
        *("..", "../../outside", ".", "...", "", " ", "../outside", "/", "a/../../outside", "a\0b", "..\\outside"),
        *("x' or '1'='1", "~", "\x1b[2J"),
    ),
)
def test_a_name_in_a_record_is_checked_as_one_that_is_given(made, outside, call, name):
    others = made_up("other 2026-11-24 10:00:00")
    for report in ("mine", "yours"):
        Path("runs/reports", report).mkdir(parents=True)
    made.tamper(
        "UPDATE tags SET value = ? WHERE key = 'sweep' AND run_uuid IN (?, ?, ?)", name, made.sweep, *made.cells
    )
    made.tamper("UPDATE runs SET name = ? WHERE run_uuid = ?", f"sweep: {name}", made.sweep)
    with pytest.raises(NoSuchSweep, match="not the name of a sweep"):
        folder_name(name)
    code, listed = call(sweeps.main, "list")
    assert code == 0
    assert "\x1b[2J" not in listed
    lifetime.close_stale_runs(made.client)
    code, said = call(sweeps.main, "delete", made.sweep)
    assert code == 0, said
    assert not made.has(made.sweep)
    assert all(map(others.has, [others.sweep, *others.cells]))
    assert sorted(part.name for part in Path("runs/reports").iterdir()) == ["mine", "yours"]
    assert {"mlflow.db", "artifacts", "reports"} <= set(os.listdir("runs"))


@pytest.mark.parametrize(
    "bad", the_rest_slowly(1, "../../outside/victim", "/etc", "..", "x/y", "a.b", "x\n", "%2e%2e", 7, None, ["x"])
)
def test_what_is_no_id_of_a_run_in_a_list_of_cells_is_refused(made, outside, call, bad):
    file = Path("runs/artifacts") / made.sweep / "artifacts/sweep.json"
    file.write_text(json.dumps(record(made.name, [bad, made.cells[1]])))
    with pytest.raises(Unreadable, match=r"sweep\.json, cannot be read"):
        load_sweep(made.client, made.sweep)
    assert call(sweeps.main, "delete", made.sweep)[0] == 0
    assert not any(map(made.has, [made.sweep, *made.cells]))  # those that bear its name


def test_runs_that_are_no_cells_are_not_removed_because_a_list_names_them(made, call):
    own = made.client.create_run("0").info.run_id
    file = Path("runs/artifacts") / made.sweep / "artifacts/sweep.json"
    file.write_text(json.dumps(record(made.name, [own, "0" * 32, *made.cells])))
    assert call(sweeps.main, "delete", made.sweep)[0] == 0
    assert made.has(own)


@pytest.mark.parametrize("where", the_rest_slowly(1, "artifacts/{id}/artifacts", "artifacts/{id}", "artifacts"))
def test_a_link_in_place_of_artifacts_is_not_followed(made, outside, call, where):
    link = Path("runs") / where.format(id=made.cells[0])
    shutil.rmtree(link)
    if where == "artifacts":
        (outside / made.cells[0]).mkdir(exist_ok=True)
    link.symlink_to(outside / "victim", target_is_directory=True)
    with pytest.raises(OutsideStore, match="Remove the link"):
        load_sweep(made.client, made.sweep)
    code, said = call(sweeps.main, "delete", made.sweep)
    assert code == 2
    assert f"{where.split('/')[0]}" in said
    assert "nothing is read, written or removed there" in said
    if where == "artifacts":
        (outside / made.cells[0]).rmdir()


def test_a_link_in_place_of_a_file_is_not_read(made, outside):
    for name, run in (("curves.parquet", made.cells[0]), ("sweep.json", made.sweep)):
        file = Path("runs/artifacts") / run / "artifacts" / name
        target = outside / "victim/artifacts/curves.parquet"
        kept = file.read_bytes()
        file.unlink()
        file.symlink_to(target)
        with pytest.raises(OutsideStore):
            load_sweep(made.client, made.sweep)
        file.unlink()
        file.write_bytes(kept)


@pytest.mark.parametrize(
    "part",
    the_rest_slowly(1, "store.lock", "cells", "reports", "locks", "hydra", "artifacts", "cells.lock", "mlflow.db"),
)
def test_a_sweep_does_not_write_through_a_link_out_of_runs(made, outside, part):
    link = Path("runs") / part
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(outside / ("keep.lock" if "." in part else "victim"))
    with pytest.raises(OutsideStore, match=f"runs/{part} leads to"):
        store.open_store()
    with pytest.raises(OutsideStore):
        store.writable_runs()


def test_a_link_of_runs_itself_is_the_users_own(made, tmp_path):
    shutil.move("runs", tmp_path / "on a big disk")
    Path("runs").symlink_to(tmp_path / "on a big disk")
    assert len(load_sweep(store.open_store(), made.sweep).results) == 4


def test_a_link_in_place_of_a_report_is_not_followed(made, outside, call):
    Path("runs/reports").mkdir()
    link = Path("runs/reports") / folder_name(made.name)
    link.symlink_to(outside, target_is_directory=True)
    with pytest.raises(OutsideStore):
        report_folder(made.name)
    assert call(build.main, made.sweep)[0] == 2
    assert call(sweeps.main, "delete", made.sweep)[0] == 2


def test_a_link_in_place_of_a_lock_is_not_opened(made, outside):
    made.tamper("UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", made.sweep)
    lifetime.lock_of(made.name).symlink_to(outside / "keep.lock")
    lifetime.close_stale_runs(made.client)
    assert made.client.get_run(made.sweep).info.status == "RUNNING"
    assert [known for _, known, _ in lifetime.living(made.client)] == [False]


def test_an_experiment_that_keeps_its_artifacts_elsewhere_is_not_written_to(made, outside):
    made.client.create_experiment("theirs", artifact_location=(outside / "victim").as_uri())
    with pytest.raises(OSError, match=r"give the study another name \(study\.name"):
        store.experiment_id(made.client, "theirs")
