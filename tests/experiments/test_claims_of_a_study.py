"""Claims of many kinds from a study's file to their verdicts, on the command line."""

import pytest

from tests.conftest import command

STUDY = """# @package _global_
defaults:
  - override /dataset: wine

seeds: 6
epochs: 2

study:
  name: kinds
  question: Is it so?
  baseline: {penalty: none}
  claims:
    - {kind: published_mean, cell: {penalty: none}, metric: test/error, value: 0.5, n: 5, sd: 10}
    - {kind: equal, metric: weights/l2, cell: {penalty.strength: 0.001}, than: {penalty: none}, margin: 0.1}
    - {kind: ratio, metric: weights/l2, cell: {penalty.strength: 1}, than: {penalty: none}, value: 0.5, margin: 0.5}
    - {kind: extreme, which: least, metric: weights/l2, axis: penalty.strength, inside: [1], cells: {penalty: l2}}
    - {kind: trend, direction: falling, metric: weights/l2, axis: penalty.strength, cells: {penalty: l2}}
    - {kind: trend, direction: rising, metric: weights/l2, axis: penalty.strength, says: Penalties make weights large}
    - {kind: share, cell: {penalty: none}, metric: test/error, holds: "<= 1", low: 0.5}
    - {kind: first, cell: {penalty: none}, metric: weights/l2, low: 0}

hydra:
  sweeper:
    grids:
      - {penalty: none}
      - {penalty: l2, penalty.strength: "0.001,0.1,1"}
"""


@pytest.mark.slow
def test_a_study_of_many_kinds_ends_in_their_verdicts(lab):
    (lab / "own" / "study").mkdir(parents=True)
    (lab / "own" / "study" / "kinds.yaml").write_text(STUDY, encoding="utf-8")
    done = command(lab, "--config-dir", "own", "study=kinds", "execution.check_claims=true")
    assert done.returncode == 1  # one is refuted
    said = " ".join(done.stdout.split())
    assert "8 claims: 6 supported, 1 compatible, 1 refuted. Refuted: Penalties make weights large." in said
    assert "refuted: Penalties make weights large" in done.stderr
