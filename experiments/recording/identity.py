"""What a result is known by: a hash of everything that decides its numbers. A result is one cell's one seed."""

import hashlib
import json
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

from experiments.config.secrets import leaves
from experiments.recording.sources import fingerprint
from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import SOURCES, Experiment


class Identity(NamedTuple):
    """The hashes of a cell."""

    settings: str  # all but its seeds
    seeds: dict[int, str]  # each seed's result
    cell: str  # the list of them


def identity(config: DictConfig, experiment: AnyExperiment) -> Identity:
    """Settings, data, code, packages and seeds; not the study's words, `execution:`, and where the data lie."""
    node: Any = OmegaConf.to_container(config, resolve=True)
    kept = {key: value for key, value in node.items() if key not in ("study", "execution", "dataset", "seeds")}
    targets = [text for path, text in leaves(kept) if path.endswith("_target_")]
    settings = digest(kept, experiment.dataset.fingerprint, fingerprint(targets))
    seeds = {seed: digest(settings, seed, draws) for seed, draws in chance(experiment).items()}
    return Identity(settings, seeds, digest(*seeds.values()))


def chance(experiment: AnyExperiment) -> dict[int, Any]:
    """For each seed, what of its chance is not its own: the seed that a source held still draws from, and the rows it is given."""
    if not isinstance(experiment, Experiment):
        return dict.fromkeys(experiment.all_seeds)
    held = [source for source in SOURCES if source not in experiment.vary]
    first = experiment.all_seeds[0]
    drawn = zip(experiment.all_seeds, experiment.seeds_of("split"), strict=True)
    return {seed: (dict.fromkeys(held, first), experiment.rows_digest(split)) for seed, split in drawn}


def digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
