"""When are two cells one? When everything that decides their numbers is equal: settings, data, sources, packages."""

import hashlib
import inspect
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from experiments.calculation import AnyExperiment
from experiments.secrets import leaves
from experiments.targets import is_ours

HERE = Path(__file__).resolve().parent
NUMERIC = (
    *("calculation.py", "corruption.py", "evaluation.py", "records.py", "selection.py", "splits.py", "study.py"),
    *("theory.py", "datasets"),
)
APART = {"graph.py", "drawing.py", "estimators.py", "gradcheck.py"}  # of backprop: nothing of a sweep runs through them
PACKAGES = ("numpy", "scipy", "scikit-learn", "numba")


def identity(config: DictConfig, experiment: AnyExperiment) -> str:
    """A cell's hash. The study's words, `execution:`, and where the data lie (not what they are) are no part of it."""
    node: Any = OmegaConf.to_container(config, resolve=True)
    settings = {key: value for key, value in node.items() if key not in ("study", "execution", "dataset")}
    theirs = [source_of(text) for path, text in leaves(settings) if path.endswith("_target_")]
    parts = {"settings": settings, "data": experiment.dataset.fingerprint, "sources": [sources(), *theirs]}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


@cache
def source_of(target: str) -> str:
    """A hash of the file that a target of the user's own is in; ours are among `sources`."""
    from hydra.utils import get_object

    if is_ours(target):
        return ""
    return hashlib.sha256(Path(inspect.getfile(get_object(target))).read_bytes()).hexdigest()


@cache
def sources() -> str:
    """A hash of the code on the way to the numbers, and of the packages under it."""
    backprop = HERE.parent / "backprop"
    files = [file for file in sorted(backprop.glob("*.py")) if file.name not in APART]
    files += [file for name in NUMERIC for file in sorted((HERE / name).rglob("*.py")) or [HERE / name]]
    found = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in PACKAGES).encode())
    for file in files:
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()
