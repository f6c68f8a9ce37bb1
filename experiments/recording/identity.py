"""The identity of a result: a hash of everything that decides its numbers. A result is one seed of one cell."""

import hashlib
import json
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

from experiments.config.secrets import leaves
from experiments.recording.sources import fingerprint
from experiments.study.calculation import AnyExperiment
from experiments.study.experiment import SOURCES, Experiment
from reports.schema import STREAM


class Identity(NamedTuple):
    """The hashes of a cell."""

    settings: str  # everything but the seeds
    seeds: dict[int, str]  # per seed
    cell: str  # of all its seeds together


def identity(config: DictConfig, experiment: AnyExperiment) -> Identity:
    """Hashes settings, data, code, packages and seeds; not the study's prose, `execution`, or where the data lie."""
    node: Any = OmegaConf.to_container(config, resolve=True)
    deciding = {key: value for key, value in node.items() if key not in ("study", "execution", "dataset", "seeds")}
    if deciding.get(STREAM) == 0:  # as if there were no other
        del deciding[STREAM]
    targets = [text for path, text in leaves(deciding) if path.endswith("_target_")]
    data = experiment.dataset
    settings = digest(deciding, data.fingerprint, data.missing, fingerprint(targets))
    seeds = {seed: digest(settings, seed, draws) for seed, draws in chance(experiment).items()}
    return Identity(settings, seeds, digest(*seeds.values()))


def chance(experiment: AnyExperiment) -> dict[int, Any]:
    """Per seed, the randomness beyond its own number: the seed that fixed sources draw from, the rows of its split, its own data."""
    if not isinstance(experiment, Experiment):
        own = experiment.dataset.redrawn is not None
        return {seed: experiment.dataset.of_seed(seed).fingerprint if own else None for seed in experiment.all_seeds}
    held = [source for source in SOURCES if source not in experiment.vary]
    first = experiment.all_seeds[0]
    drawn = zip(experiment.all_seeds, experiment.seeds_of("split"), strict=True)
    held_at, crossed = dict.fromkeys(held, first), crossed_draws(experiment)
    return {seed: (held_at | crossed[seed], experiment.rows_digest(split)) for seed, split in drawn}


def crossed_draws(experiment: Experiment) -> dict[int, dict[str, int]]:
    """Per seed, the draw that it takes of each crossed source; nothing where no sources are crossed."""
    by_source = {source: experiment.seeds_of(source) for source in experiment.crossed}
    return {seed: {source: own[n] for source, own in by_source.items()} for n, seed in enumerate(experiment.all_seeds)}


def digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
