"""The penalty that CONTRIBUTING.md adds from start to end is one, and its YAML is its own."""

import re

import numpy as np
import yaml

from backprop import penalties
from backprop.layout import Weights
from tests.conftest import ROOT
from tests.promises.kept import hold

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_it_is_read_in_minutes():
    assert len(TEXT.splitlines()) <= 90


def test_the_penalty_it_adds_is_one():
    node = yaml.safe_load(block("yaml"))
    module, _, name = node.pop("_target_").rpartition(".")
    assert module == penalties.__name__
    names = dict(vars(penalties.elementwise))
    exec(block("python"), names)
    penalty = names[name](**node | {"strength": 0.1})
    assert isinstance(penalty, penalties.Penalty)
    v = np.array([[[-2.0, 3.0, -1.0, -5.0]]])
    assert penalty.value(weights(v)).item() == 0.5 * 0.1 * (2**2 + 1**2)
    penalty.add_gradient(weights(g := np.zeros_like(v)), weights(v))
    np.testing.assert_allclose(g, [[[-0.2, 0, -0.1, 0]]])
    penalty.proximal(weights(W := v.copy()), 10)  # 1 + c λ = 2
    np.testing.assert_allclose(W, [[[-1, 3, -0.5, -5]]])
    hold("penalty", penalty)


def three_of(parameters: np.ndarray) -> Weights:
    """Three weights; the last parameter is a bias."""
    return Weights(parameters, 3, (), ())


def weights(parameters: np.ndarray) -> Weights:
    """Three weights and a bias."""
    return Weights(parameters, 3, (), ())


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.S)[1]
