"""A study of one's own that measures, claims and draws metrics derived from curves, from the command line to its files."""

import re

import pandas as pd
import pytest

from reports import compare
from tests.conftest import command

FIRST, MEAN = "first_step(test/error < 0.3)", "last_mean(train/loss, 3)"
STUDY = """# @package _global_
epochs: 9
seeds: 3
study:
  name: quick
  question: How soon?
  baseline: {regularizer: none}
  measures: [first_step(test/error < 0.3), 'last_mean(train/loss, 3)']
  claims:
    - {kind: exact, cell: {regularizer: none}, metric: share(test/error < 2), value: 1.0, margin: 0.01}
    - {kind: exact, cell: {regularizer: none}, metric: first_step(validation/rise < 2), value: 1.0, margin: 0.01}
  figures:
    - {title: How soon, x: penalty.strength, lines: [first_step(test/error < 0.3)]}
hydra:
  sweeper:
    grids: [{regularizer: none}, {regularizer: l2, penalty.strength: [0.01, 0.1]}]
"""


@pytest.mark.slow
def test_a_study_measures_claims_and_draws_derived_metrics(lab, call, monkeypatch):
    (lab / "mine" / "study").mkdir(parents=True)
    (lab / "mine" / "study" / "quick.yaml").write_text(STUDY, encoding="utf-8")
    done = command(lab, "--config-dir", "mine", "study=quick")
    assert done.returncode == 0, done.stderr
    assert f"Not shown here: {FIRST}, {MEAN}." in " ".join(done.stdout.split())
    report = (lab / re.search(r"Report: (\S+)", done.stderr)[1]).parent
    results, table = (pd.read_csv(report / name) for name in ("results.csv", "table.csv"))
    assert results.columns.is_unique
    table = table[table["cell"].notna()]  # references have neither cell nor measures
    assert table[f"{FIRST} seeds"].tolist() == [3, 3, 3]
    assert (table[MEAN] > 0).all()
    assert list(table)[4:7] == ["test/error", "test/error low", "test/error high"]
    assert FIRST in (report / "table.md").read_text(encoding="utf-8").replace("\\<", "<")
    assert pd.read_csv(report / "figure_1.csv")["metric"].tolist() == [FIRST] * 2
    page = (report / "index.html").read_text(encoding="utf-8")
    assert page.count("✓ supported") == 1
    assert "validation/rise is measured once: name it alone" in page
    monkeypatch.chdir(lab)
    assert command(lab, "--config-dir", "mine", "study=quick", "epochs=3").returncode == 0
    first, second = sorted(path.name for path in (lab / "runs" / "reports").iterdir())
    names = [re.sub(r"_(\S+)_(\d\d)-(\d\d)-(\d\d)$", r" \1 \2:\3:\4", name) for name in (first, second)]
    assert call(compare.main, *names, "--metric", MEAN, "--csv", "both.csv")[0] == 0
    assert f"{MEAN} of" in pd.read_csv("both.csv")
    code, said = call(compare.main, *names, "--metric", "tst/error")
    assert (code, "did you mean test/error?" in said) == (2, True)


@pytest.mark.slow
def test_a_misspelt_function_is_an_error_before_anything_is_trained(lab):
    done = command(lab, "study=smoke", 'study.measures=["frist_step(test/error < 0.3)"]')
    assert done.returncode == 2
    assert "there are first_step, first_epoch, share, last_mean; did you mean first_step?" in done.stderr
