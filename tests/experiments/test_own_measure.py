"""The measure that conf/README.md writes, as a user would: in a folder outside, named and allowed on the command line."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from tests.conftest import ROOT, command
from tests.promises.measures import promise

TEXT = (ROOT / "conf" / "README.md").read_text(encoding="utf-8")
(MODULE,) = [code for code in re.findall(r"```python\n(.*?)```", TEXT, re.S) if "class Moved" in code]
(COMMAND,) = re.findall(r"`PYTHONPATH=\. python -m experiments\.run (.*mine\.Moved.*)`", TEXT)


def test_it_keeps_the_promise_of_measures():
    names: dict = {"__name__": "mine"}
    exec(MODULE, names)
    promise(names["Moved"]())


@pytest.mark.slow
def test_it_is_recorded_charted_claimed_and_drawn_and_refused_where_it_is_not_allowed(lab, monkeypatch):
    (lab / "mine.py").write_text(MODULE, encoding="utf-8")
    (lab / "study").mkdir()
    (lab / "study" / "moving.yaml").write_text(STUDY, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(lab), prepend=":")
    small = ["dataset=wine", "epochs=3", "seeds=6", "execution.keep=[weights]"]
    done = command(lab, *shlex.split(COMMAND), *small)
    assert done.returncode == 0, done.stderr
    client = MlflowClient(f"sqlite:///{lab}/runs/mlflow.db")
    (cell, _) = client.search_runs(["1"], "tags.kind = 'cell'")
    seeds = pd.read_parquet(next((lab / "runs").rglob(f"{cell.info.run_id}/artifacts/seeds.parquet")))
    assert np.isclose(seeds["moved/layer1"].mean(), cell.data.metrics["moved/layer1"])
    assert (seeds["moved/layer1"] > 0).all()

    *asked, allowed = shlex.split(COMMAND)
    of_study = ["--config-dir", str(lab), "study=moving", "seeds=6", allowed]
    claimed = command(lab, *of_study, "execution.check_claims=true")
    assert claimed.returncode == 0, claimed.stderr + claimed.stdout
    assert "supported" in claimed.stdout
    refused = command(lab, *asked, *small)
    assert refused.returncode == 2
    assert "measures.moved._target_ is 'mine.Moved'; a config may name choices" in refused.stderr
    verified = command(lab, cell.info.run_id, "--allow", "mine.Moved", module="experiments.verify")
    assert verified.returncode == 0, verified.stderr + verified.stdout


STUDY = """# @package _global_
# python -m experiments.run --config-dir . study=moving
defaults:
  - override /dataset: wine
  - override /measures: [norms]

measures:
  moved: {_target_: mine.Moved, when: evaluations}
epochs: 3

study:
  name: moving
  question: Do layers move less when each step is short?
  baseline: {}
  choose: []
  claims:
    - kind: order
      says: The first layer moves less with a smaller learning rate
      metric: moved/layer1
      lower: {optimizer.learning_rate: 0.001}
      than: {optimizer.learning_rate: 0.1}
      source: every step is a multiple of it
  figures:
    - title: How layers move
      caption: Away from where they started.
      x: step
      lines: [moved/layer1, moved/layer2]
      color: optimizer.learning_rate

hydra:
  sweeper:
    params:
      optimizer.learning_rate: [0.001, 0.1]
"""
