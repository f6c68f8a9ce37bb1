"""When are two cells one? When everything that decides their numbers is equal: settings, data, code, packages."""

import hashlib
import json
from typing import Any

from omegaconf import DictConfig, OmegaConf

from experiments.calculation import AnyExperiment
from experiments.secrets import leaves
from experiments.sources import fingerprint


def identity(config: DictConfig, experiment: AnyExperiment) -> str:
    """A cell's hash. The study's words, `execution:`, and where the data lie (not what they are) are no part of it."""
    node: Any = OmegaConf.to_container(config, resolve=True)
    settings = {key: value for key, value in node.items() if key not in ("study", "execution", "dataset")}
    targets = [text for path, text in leaves(settings) if path.endswith("_target_")]
    parts = {"settings": settings, "data": experiment.dataset.fingerprint, "code": fingerprint(targets)}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
