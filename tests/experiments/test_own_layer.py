"""The layer that conf/README.md writes, as a user would: in a folder outside, named and allowed on the command line."""

import re
import shlex

import pytest

from backprop.network import Dense, Layers
from tests.conftest import ROOT, command
from tests.promises.network import the_gradient_is_right

TEXT = (ROOT / "conf" / "README.md").read_text(encoding="utf-8")
MODULE = re.search(r"```python\n(.*?)```", TEXT, re.S)[1]
(COMMAND,) = re.findall(r"`PYTHONPATH=\. python -m experiments\.run (.*mine\.Gate.*)`", TEXT)


def test_its_gradient_is_right():
    names: dict = {"__name__": "mine"}
    exec(MODULE, names)
    the_gradient_is_right(Layers((Dense(11), names["Gate"](0.5), Dense())))


@pytest.mark.slow
def test_it_trains_is_kept_and_is_refused_where_it_is_not_allowed(lab, monkeypatch):
    (lab / "mine.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(lab), prepend=":")
    small = [
        "dataset=wine",
        "epochs=3",
        "seeds=2",
        "penalty=l2",
        "penalty.strength=0.01,0.1",
        "execution.keep=[weights]",
    ]
    done = command(lab, *shlex.split(COMMAND), *small)
    assert done.returncode == 0, done.stderr
    assert len(list((lab / "runs").rglob("network.npz"))) == 4
    *asked, _ = shlex.split(COMMAND)
    refused = command(lab, *asked, *small)
    assert refused.returncode == 2
    assert (
        "network.layers._target_ is 'mine.Gate'; a config may name choices and datasets of this project"
        in refused.stderr
    )
