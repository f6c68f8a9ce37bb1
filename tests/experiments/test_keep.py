"""What is asked to be kept and is not recorded is trained for, once; runs that are recorded stay as they were."""

import pandas as pd
import pytest

from experiments.data.datasets import wine
from experiments.recording import kept
from reports.schema import CURVES, KEPT, KEPT_FILE, NETWORKS, ROWS
from reports.schema.rows import errors
from tests.conftest import command
from tests.experiments.test_resume import client_of
from tests.experiments.test_run import runs

SMALL = ["study=none", "dataset=wine", "network.hidden=[5]", "epochs=3", "evaluate_at.count=3", "split.train=60"]


def swept(lab, *arguments):
    """What the command said, and what the cells' runs have, the oldest first."""
    done = command(lab, *SMALL, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr, [run.data.tags[KEPT] for run in runs(client_of(lab), "cell")]


def artifacts(lab, number=-1):
    run = runs(client_of(lab), "cell")[number]
    return lab / "runs" / "artifacts" / run.info.run_id / "artifacts"


@pytest.mark.slow
def test_weights_that_are_not_recorded_are_trained_for_and_only_those(lab):
    assert swept(lab, "seeds=2")[1] == ["rows"]
    before = (artifacts(lab) / ROWS).read_bytes()
    said, had = swept(lab, "seeds=2", "execution.keep=[weights:1]")
    assert "0 cells are already recorded, 1 are new, and 1 of their networks are trained" in said
    assert "1/1 networks" in said
    assert "gave other numbers" not in said
    assert had == ["rows", "rows weights:1"]
    assert (artifacts(lab, 0) / ROWS).read_bytes() == (artifacts(lab, 1) / ROWS).read_bytes() == before
    assert [folder.name for folder in (artifacts(lab) / NETWORKS).iterdir()] == ["1"]
    said, had = swept(lab, "seeds=2", "execution.keep=[rows,weights:1]")
    assert "1 cells are already recorded, 0 are new" in said
    assert len(had) == 2
    said, had = swept(lab, "seeds=3", "execution.keep=weights")
    assert "0 are new" not in said
    assert "1 of their networks are trained" in said
    assert had[-1] == "rows weights"
    said, had = swept(lab, "seeds=2", "execution.keep=weights")
    assert "/2 networks" not in said  # a new run of two seeds, for which nothing is trained
    assert len(had) == 4
    verified = command(lab, "none, 2 seeds", module="experiments.verify")
    assert "the same bits" in verified.stdout, verified.stderr


@pytest.mark.slow
def test_a_recorded_network_predicts_the_recorded_errors(lab):
    swept(lab, "seeds=2", "execution.keep=[weights,outputs]")
    (run,) = runs(client_of(lab), "cell")
    rows, data = errors(client_of(lab), run.info.run_id), wine()
    for seed in (0, 1):
        network = kept.load(artifacts(lab) / NETWORKS / str(seed) / "data" / KEPT_FILE)
        own = rows[rows.seed == seed]
        labels = pd.Series(data.y.argmax(axis=1)).map(dict(enumerate(data.classes)))
        assert ((network.predict(data.x[own.row]) != labels[own.row].to_numpy()) == own.error).all()


@pytest.mark.slow
def test_a_seed_trained_again_that_gives_other_numbers_is_told(lab):
    swept(lab, "seeds=2")
    file, run = artifacts(lab) / CURVES, runs(client_of(lab), "cell")[0].info.run_id
    table = pd.read_parquet(file)
    table.loc[table.seed == 1, "test/loss"] += 1e-9  # as another machine might have had it
    table.to_parquet(file, index=False)
    said, had = swept(lab, "seeds=2", "execution.keep=weights")
    told = f"seeds 0–1, trained again for execution.keep, gave numbers that differ from those of run {run}, which stays as it is"
    assert told in " ".join(said.split())
    assert runs(client_of(lab), "cell")[-1].data.tags["differs_from"] == run
    assert had == ["rows", "rows weights"]
