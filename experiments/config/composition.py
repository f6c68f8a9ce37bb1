"""Composes the configs of a sweep's jobs from their overrides, as Hydra does."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict

from experiments.config.errors import ConfigurationError
from experiments.study.calculation import Calculation


class Job(NamedTuple):
    """One job of a sweep: its overrides, its composed config (without Hydra's node), and the option chosen for each kind."""

    overrides: dict[str, str]
    config: DictConfig
    choices: dict[str, str]


class Composer:
    """Composes jobs as Hydra's `load_sweep_config` does, but each set of group choices once.

    Composing costs Hydra about 0.15 s per job. Plain values (`penalty.strength=0.01`) do not change the defaults list, so
    Hydra's own function applies them to a copy; a test checks that the result is Hydra's.
    """

    def __init__(self, loader: Any, master: DictConfig):
        self.loader, self.master = loader, master
        self.parser = OverridesParser.create(config_loader=loader)
        self.composed: dict[tuple[str, ...], tuple[DictConfig, dict[str, str]]] = {}
        self.is_group = cache(lambda key: bool(loader.get_group_options(key)))

    def __call__(self, overrides: Sequence[str]) -> Job:
        parsed = self.parser.parse_overrides(list(overrides))
        config, choices = copy.deepcopy(self.of_groups(parsed))
        ConfigLoaderImpl._apply_overrides_to_config([o for o in parsed if self.is_plain_value(o)], config)
        return Job(settings(parsed), config, choices)

    def lacking(self, overrides: Sequence[str]) -> frozenset[str]:
        """The overrides of a job whose keys are missing from the options that it chooses."""
        parsed = self.parser.parse_overrides(list(overrides))
        config, _ = self.of_groups(parsed)
        plain = [o for o in parsed if self.is_plain_value(o) and not has_key(config, o.key_or_group)]
        return frozenset(str(o.input_line) for o in plain)

    def of_groups(self, parsed: Sequence[Override]) -> tuple[DictConfig, dict[str, str]]:
        """The config with the options that a job chooses, before plain values are applied; each set is composed once."""
        groups = tuple(str(o.input_line) for o in parsed if not self.is_plain_value(o))
        if groups not in self.composed:
            settings(parsed)  # refuses deleted keys
            self.composed[groups] = self.compose(list(groups))
        return self.composed[groups]

    def compose(self, overrides: list[str]) -> tuple[DictConfig, dict[str, str]]:
        config = self.loader.load_sweep_config(self.master, overrides)
        chosen = {
            kind: option for kind, option in config.hydra.runtime.choices.items() if not kind.startswith("hydra/")
        }
        with open_dict(config):
            del config["hydra"]
        return config, chosen

    def is_plain_value(self, override: Override) -> bool:
        added = override.is_add() or override.is_force_add() or override.is_delete()
        return not added and override.package is None and not self.is_group(override.key_or_group)


def has_key(config: DictConfig, key: str) -> bool:
    """Whether the config has a dotted key, even one without a value yet."""
    place, _, name = key.rpartition(".")
    node = OmegaConf.select(config, place) if place else config
    return isinstance(node, DictConfig) and name in list(node.keys())


def applicable(jobs: Sequence[Sequence[str]], composer: Composer) -> list[list[str]]:
    """Removes from each job the keys that do not apply to it, and then duplicate jobs.

    Beside `penalty=l2`, `penalty=none` has no strength: it trains once, whatever strengths are swept. A key that no option of
    the sweep has stays, for Hydra to refuse.
    """
    lacking = [composer.lacking(job) for job in jobs]
    unknown = {key_of(text) for texts in lacking for text in texts}
    unknown -= {key_of(text) for job, texts in zip(jobs, lacking, strict=True) for text in job if text not in texts}
    applied = [
        tuple(text for text in job if text not in texts or key_of(text) in unknown)
        for job, texts in zip(jobs, lacking, strict=True)
    ]
    return [list(job) for job in dict.fromkeys(applied)]


def key_of(override: str) -> str:
    return override.partition("=")[0]


def without_unused_keys(job: Job) -> Job:
    """The job without the keys that its kind of experiment does not have: with a `theory` there is no network to train.

    Raises ConfigurationError where an override sets such a key.
    """
    if not job.config.theory:
        return job
    kept = [*(f.name for f in fields(Calculation)), "study", "execution"]
    place = {key: key.lstrip("+~").rpartition("@")[2].split(".")[0] for key in (*job.overrides, *job.choices)}
    for key in job.overrides:
        if place[key] not in kept:
            raise ConfigurationError(
                f"{key} is for networks, and theory={job.choices['theory']} trains none; leave it out, or use theory=none."
            )
    choices = {kind: option for kind, option in job.choices.items() if place[kind] in kept}
    config = OmegaConf.masked_copy(job.config, ["_target_", *kept])
    config._target_ = "experiments.study.calculation.Calculation"
    return Job(job.overrides, config, choices)


def override_values(overrides: Iterable[str]) -> dict[str, str]:
    """The overrides of one job as a mapping from key to value."""
    return settings(OverridesParser.create().parse_overrides(list(overrides)))


def settings(parsed: Iterable[Override]) -> dict[str, str]:
    """The overrides that identify a job: all but `execution`. Raises ConfigurationError for one that deletes a key."""
    values = {}
    for o in parsed:
        key = o.get_key_element()
        if o.is_delete():
            raise ConfigurationError(
                f"{key}: a key cannot be deleted, since a default that nobody sees would replace it; "
                f"give {o.key_or_group} another value, or choose the option none."
            )
        values[key] = o.get_value_element_as_str()
    return {key: value for key, value in values.items() if not key.startswith("execution.")}
