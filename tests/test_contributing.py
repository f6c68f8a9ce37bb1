"""The penalty that CONTRIBUTING.md adds from start to end is one, and its YAML is its own."""

import re

import numpy as np
import yaml

from backprop import penalties
from tests.conftest import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_it_is_read_in_minutes():
    assert len(TEXT.splitlines()) <= 90


def test_the_penalty_it_adds_is_one():
    node = yaml.safe_load(block("yaml"))
    module, _, name = node.pop("_target_").rpartition(".")
    assert module == penalties.__name__
    names = dict(vars(penalties))
    exec(block("python"), names)
    penalty = names[name](**node | {"strength": 0.1})
    assert isinstance(penalty, penalties.Penalty)
    v, weights = np.array([[[-2.0, 3.0, -1.0, -5.0]]]), 3  # the last is a bias
    assert penalty.value(v[..., :weights]).item() == 0.5 * 0.1 * (2**2 + 1**2)
    penalty.add_gradient(g := np.zeros_like(v), v, weights)
    np.testing.assert_allclose(g, [[[-0.2, 0, -0.1, 0]]])
    penalty.proximal(W := v.copy(), weights, 10)  # 1 + c λ = 2
    np.testing.assert_allclose(W, [[[-1, 3, -0.5, -5]]])


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.S)[1]
