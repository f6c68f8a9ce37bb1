"""study.confirm: which sweep is confirmed, and that its seeds are new."""

import json
import sys
from types import SimpleNamespace

import pytest

from experiments.config.errors import ConfigurationError
from experiments.recording import confirmation as module
from experiments.recording.confirmation import (
    abandoned,
    check_tested,
    first_command,
    its_cells,
    new_seeds,
    on_new_seeds,
    seeds_used,
)
from experiments.study.study import Study
from reports.schema import CONFIRMS
from tests.conftest import command
from tests.experiments.test_crossing import experiment

STUDY = Study("made", "Is it so?")


def run_of(run_id="r", status="FINISHED", **tags):
    info = SimpleNamespace(run_id=run_id, status=status, run_name=f"sweep: {run_id}")
    return SimpleNamespace(info=info, data=SimpleNamespace(tags=tags))


def job_of(asked, **overrides):
    from omegaconf import OmegaConf

    from experiments.config.composition import Job

    return Job(overrides, OmegaConf.create({"seeds": asked}), {})


def test_as_many_seeds_as_asked_follow_the_largest_that_is_used():
    assert new_seeds(3, {0, 1, 7}) == [8, 9, 10]
    assert new_seeds([5, 7], {0, 1, 7}) == [8, 9]
    assert new_seeds(2, set()) == [0, 1]
    with pytest.raises(ConfigurationError, match="less than 2³²"):
        new_seeds(2, {2**32 - 2})


def test_new_seeds_that_are_folds_begin_with_a_repetition():
    """Seeds 0 to 12 are used; 13 and 14 are the last two of five folds, so that 13 to 17 would test some rows twice, and others never."""
    from omegaconf import OmegaConf

    job = job_of(5)._replace(config=OmegaConf.create({"seeds": 5, "split": {"folds": 5}}))
    assert on_new_seeds(job, set(range(13)), [job]).config.seeds == [15, 16, 17, 18, 19]


def test_crossed_seeds_have_no_new_ones_and_the_way_out_is_told():
    cell = SimpleNamespace(experiment=experiment({"split": 3, "init": 2}))
    with pytest.raises(
        ConfigurationError, match=r"seeds=\{split: 3, init: 2\} crosses draws .* Run it with a number of seeds"
    ):
        check_tested(SimpleNamespace(cells=[cell]))


def test_a_list_of_seeds_of_which_none_is_used_is_taken_as_it_is():
    assert new_seeds([101, 100], {0, 1, 7}) == [101, 100]


def test_seeds_of_the_study_and_of_the_same_settings_elsewhere_are_used_and_those_that_nobody_saw_are_not():
    cells = [
        run_of(study="made", settings="other", seeds="0–2", sweep="one"),
        run_of(study="another", settings="same", seeds="7", sweep="two"),
        run_of(study="another", settings="other", seeds="20–30", sweep="two"),
        run_of(study="made", settings="same", seeds="40–49", sweep="broken off"),
        run_of(study="made", status="FAILED", sweep="one"),
    ]
    assert seeds_used(STUDY, {"same"}, cells, {"broken off"}) == {0, 1, 2, 7}
    sweeps = [
        run_of("one"),
        run_of("broken off", "KILLED", **{CONFIRMS: "one"}),
        run_of("done", **{CONFIRMS: "one"}),
        run_of("killed", "KILLED"),
    ]
    assert abandoned(sweeps) == {"broken off"}


def test_a_job_on_new_seeds_is_called_by_them_unless_seeds_are_an_axis():
    one, two = job_of(2, penalty="l2", **{"study.confirm": "true"}), job_of(3, seeds="3")
    on_new = on_new_seeds(one, {0, 1}, [one, one])
    assert on_new.config.seeds == [2, 3]
    assert on_new.overrides == {"penalty": "l2", "seeds": "[2,3]"}
    assert one.config.seeds == 2
    axis = on_new_seeds(two, {0, 1}, [one, two])
    assert axis.config.seeds == [2, 3, 4]
    assert axis.overrides == {"seeds": "3"}


@pytest.mark.parametrize(
    ("settings", "listed", "found"),
    [
        (["a", "b"], [("1", "FINISHED"), ("2", "FINISHED")], {"a": "1", "b": "2"}),
        (["a", "b"], [("1", "FINISHED"), ("", "FAILED")], {"a": "1"}),
        (["a", "c"], [("1", "FINISHED"), ("2", "FINISHED")], {}),
        (["a", "b"], [("1", "FINISHED")], {}),  # a part of the cells
        (["a"], [("1", "FINISHED"), ("2", "FINISHED")], {}),  # more of them
    ],
)
def test_a_sweep_is_the_same_if_its_finished_cells_have_the_plans_settings(monkeypatch, settings, listed, found):
    cells = {"1": run_of("1", settings="a"), "2": run_of("2", settings="b")}
    record = {"cells": [{"run_id": run_id, "status": status} for run_id, status in listed]}
    monkeypatch.setattr(module, "read_record", lambda client, run_id: record)
    plan = SimpleNamespace(
        jobs=settings, cells=[SimpleNamespace(identity=SimpleNamespace(settings=s)) for s in settings]
    )
    assert its_cells(None, run_of("sweep"), plan, cells) == found


def test_the_command_to_run_first_is_this_one_without_confirm(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run", "--multirun", "study=x", "study.confirm=true", "penalty=l1,l2"])
    assert first_command() == "Run it first: python -m experiments.run study=x penalty=l1,l2"


def sweeps_in(folder):
    """The records of all sweeps, the newest last."""
    files = (folder / "runs" / "artifacts").rglob("sweep.json")
    return [json.loads(file.read_text()) for file in sorted(files, key=lambda file: file.stat().st_mtime)]


def seeds_of(report, folder):
    import pandas as pd

    return sorted(set(pd.read_csv(folder / report / "results.csv").seed))


SMALL = ["dataset=wine", "network.hidden=[5]", "epochs=3", "evaluate_at.count=3", "split.train=60"]
GRID = ["study=none", "regularizer=none,l2", "penalty.strength=0.01,0.1", "seeds=[4,0,2]", *SMALL]


@pytest.mark.slow
def test_without_a_first_sweep_the_command_that_makes_it_is_told(lab, tmp_path):
    done = command(lab, *GRID, "study.confirm=true")
    assert done.returncode == 2
    assert "looks for a finished sweep of 'none' with the same cells; there is none here. Run it first: " in done.stderr
    assert "study.confirm" not in done.stderr.partition("Run it first: ")[2]
    empty = tmp_path / "empty"
    empty.mkdir()
    nowhere = command(empty, *GRID, "study.confirm=true")
    assert nowhere.returncode == 2
    assert "there is no " in nowhere.stderr
    assert "Traceback" not in nowhere.stderr
    for more in (["split.test=0"], ["study=step_size"]):
        refused = command(lab, "study=smoke", "study.confirm=true", *more)
        assert refused.returncode == 2
        assert "study.confirm compares test errors" in refused.stderr


@pytest.mark.slow
def test_a_sweep_is_confirmed_on_other_seeds_every_time_and_its_page_is_rebuilt_from_mlflow(lab):
    """A grid given on the command line, seeds given as a list; 5–7 follow 4, 8–10 follow 7."""
    assert command(lab, *GRID).returncode == 0
    planned = command(lab, *GRID, "study.confirm=true", "execution.dry_run=true")
    assert "on seeds 5–7, which no recorded cell of 'none' has" in planned.stderr
    assert "networks of the new cells: 9 to train" in planned.stderr
    for seeds, text in (([5, 6, 7], "5–7"), ([8, 9, 10], "8–10")):
        done = command(lab, *GRID, "study.confirm=true")
        assert done.returncode == 0, done.stderr
        assert f"on seeds {text}, which" in done.stderr
        report = next(line for line in done.stderr.splitlines() if line.startswith("Report: ")).removeprefix("Report: ")
        assert seeds_of(report.removesuffix("/index.html"), lab) == seeds
    first, *confirmations = sweeps_in(lab)
    cells = {cell["name"]: cell["run_id"] for cell in first["cells"]}
    for record in confirmations:
        assert {cell["name"]: cell[CONFIRMS] for cell in record["cells"]} == cells
    rebuilt = command(lab, "none", "--folder", "again", module="reports.build")
    assert rebuilt.returncode == 0, rebuilt.stderr
    page = (lab / "again" / "index.html").read_text(encoding="utf-8")
    assert "Both results side by side" in page
    other = command(lab, *GRID, "study.confirm=true", "split.train=50")
    assert other.returncode == 2
    assert "those here have other cells, settings, data or code: 'none 20" in other.stderr
    assert command(lab, "delete", first["name"], module="experiments.sweeps").returncode == 0
    without = command(lab, "none", "--folder", "again", module="reports.build")
    assert without.returncode == 0, without.stderr
    assert "is no longer in this store" in (lab / "again" / "index.html").read_text(encoding="utf-8")
