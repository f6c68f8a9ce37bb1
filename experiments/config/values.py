"""The value that a job has at any part of its config: an axis, a choice of an option, or a dotted key."""

from collections.abc import Iterable
from typing import Any

from omegaconf import DictConfig, OmegaConf

from experiments.config.composition import Job, has_key
from experiments.config.secrets import REFERENCE, hidden
from reports.schema.names import as_override


def settings_of(job: Job, keys: Iterable[str]) -> dict[str, str]:
    """The job's values of these keys, as texts; without those that it does not have."""
    found = {key: value_of(job, key) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def value_of(job: Job, key: str) -> str | None:
    """What the job sets, chooses or is composed with at a key; None where it has no such key, or keys below it."""
    if key in job.overrides:
        return hidden(job.overrides[key])
    if key in job.choices:
        return hidden(as_override(job.choices[key]))
    if not has_key(job.config, key):
        return None
    value = referring(job.config, key)
    return None if isinstance(value, dict) else hidden(as_override(value))


def referring(config: DictConfig, key: str) -> Any:
    """The value of a dotted key, with references to the environment in the place of what they stand for."""
    place, _, name = key.rpartition(".")
    parent: Any = OmegaConf.select(config, place) if place else config
    if OmegaConf.is_interpolation(parent, name):
        alone: Any = OmegaConf.to_container(OmegaConf.masked_copy(parent, [name]), resolve=False)
        if REFERENCE.search(alone[name]):
            return alone[name]
    value: Any = OmegaConf.select(config, key)
    if not OmegaConf.is_config(value):
        return value
    written: Any = OmegaConf.to_container(value, resolve=False)
    return written if REFERENCE.search(str(written)) else OmegaConf.to_container(value, resolve=True)
