"""When each seed's training began is recorded with it, and stays with it however its cell is put together."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.recording import first_time, journal
from experiments.recording.recorded import from_tables
from experiments.study.curves import Curves, curve_table, joined, of_seeds, seed_table, times
from experiments.study.selection import Last
from experiments.training.evaluation import attempt
from experiments.training.tasks import tasks
from reports.schema import BEGAN
from tests.conftest import command
from tests.experiments.test_records import IDENTITIES, kept, trained  # noqa: F401


def at(*moments: int) -> Curves:
    return trained()._replace(began=np.array(moments))


def test_a_stack_notes_when_it_began():
    from experiments.data.datasets import wine
    from experiments.data.splits import Holdout
    from experiments.study.evaluate_at import Geometric
    from experiments.study.experiment import Experiment

    (task,) = tasks([Experiment(wine(), split=Holdout(60, 30, 30), seeds=2, evaluate_at=Geometric(2))])
    before = time.time_ns() // 10**6
    _, broken = attempt(0, task._replace(steps=[0, "x"]))
    assert isinstance(broken, str)
    _, (curves,) = attempt(0, task._replace(steps=[0, 1]))
    assert all(before <= moment <= time.time_ns() // 10**6 for moment in times(curves))


def test_a_time_goes_through_the_journal_and_the_record(kept):  # noqa: F811
    journal.save(IDENTITIES, at(5, 6))
    (curves,) = journal.saved([IDENTITIES[1]])
    assert times(curves).tolist() == [6]
    assert times(journal.from_bytes(journal.as_bytes(at(5, 6)))).tolist() == [5, 6]
    table = seed_table(at(5, 6), Last())
    read = from_tables(curve_table(at(5, 6)), table)
    assert times(read).tolist() == [5, 6]
    assert BEGAN not in read.once
    assert times(from_tables(curve_table(at(5, 6)), table.drop(columns=BEGAN))).tolist() == [-1, -1]


def test_pieces_of_a_cell_keep_their_times():
    old = of_seeds(trained(), [1])  # recorded before times were
    assert times(joined([of_seeds(at(5, 6), [0]), old], [1, 0])).tolist() == [-1, 5]


@pytest.mark.parametrize(("before", "first"), [(at(3, 9), [3, 6]), (trained(), [-1, -1]), (None, [5, 6])])
def test_a_seed_trained_again_is_as_old_as_it_was(kept, monkeypatch, before, first):  # noqa: F811
    """Of two trainings the earlier counts; not known beats all; of a record that is gone nothing is known, and the new one counts."""
    journal.now_recorded(list(IDENTITIES.values()), "local", "b" * 32)
    monkeypatch.setattr(first_time, "recorded_curves", lambda client, run, seeds: before and of_seeds(before, seeds))
    cell = SimpleNamespace(identity=SimpleNamespace(seeds=IDENTITIES))
    assert times(first_time.with_first_times(None, cell, at(5, 6))).tolist() == first


STUDY = """# @package _global_
split: {{train: 60, validation: 20, test: 40}}
network: {{hidden: [5]}}
epochs: 2
seeds: 2
evaluate_at: {{count: 3}}
study:
  name: mine
  question: Is it so?
  claims: [{claims}]
hydra: {{sweeper: {{params: {{penalty: "none,l2"}}}}}}
"""
CLAIM = "{{kind: exact, cell: {{penalty: {option}, epochs: 2}}, metric: test/loss, value: 0, margin: 1000}}"


def verdicts(folder):
    """Each claim's age, as the newest report's file has it; the same file lies in the store."""
    newest = max(folder.glob("runs/reports/*/verdicts.json"), key=lambda file: file.stat().st_mtime)
    in_store = [file.read_text() for file in folder.glob("runs/artifacts/*/artifacts/verdicts.json")]
    assert newest.read_text() in in_store
    return [one["stated"] for one in json.loads(newest.read_text())["verdicts"]]


@pytest.mark.slow
def test_a_claim_added_after_running_says_so(lab):
    """And it is no younger for being there at once, nor its cells for being trained again."""
    (lab / "mine" / "study").mkdir(parents=True)
    one, two = (CLAIM.format(option=option) for option in ("l2", "none"))

    def go(claims, *more):
        (lab / "mine" / "study" / "mine.yaml").write_text(STUDY.format(claims=claims))
        done = command(lab, "--config-dir", "mine", "study=mine", *more)
        assert done.returncode == 0, done.stderr
        return done

    first = go(one)
    assert "stated before anything was run" in " ".join(first.stderr.split())
    assert verdicts(lab) == ["stated before anything was run"]
    again = go(f"{one}, {two}")
    assert verdicts(lab) == ["stated before anything was run", "stated after 1 of 1 cells"]
    assert "stated after 1 of 1 cells" in " ".join(again.stderr.split())
    go(f"{one}, {two}", "execution.force=true")
    assert verdicts(lab) == ["stated before anything was run", "stated after 1 of 1 cells"]
    go(f"{one}, {two}", "seeds=[2,3]")  # results that nobody has seen
    assert verdicts(lab) == ["stated before anything was run"] * 2
