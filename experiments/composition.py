"""From overrides to the config of a job, and from the config to an Experiment, with errors that say the way out."""

import copy
import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf, open_dict

from experiments.study import Experiment, Study

OUR_PACKAGES = ("backprop.", "experiments.")
SITES = ("inputs", "hidden", "weights")


class Job(NamedTuple):
    """One job of a sweep: its overrides, its composed config (without Hydra's node), the option chosen of each kind."""

    overrides: dict[str, str]
    config: DictConfig
    choices: dict[str, str]


class ConfigurationError(Exception):
    """A config that cannot be run; the message names the key, the value, the rule and the way out."""


class Composer:
    """Composes jobs as Hydra's `load_sweep_config` does, but each set of group choices once.

    Composing costs Hydra about 0.15 s a job. Plain values (`penalty.strength=0.01`) move no defaults list, so they are
    applied to a copy by Hydra's own function; a test holds that the result is Hydra's.
    """

    def __init__(self, loader: Any, master: DictConfig):
        self.loader, self.master = loader, master
        self.parser = OverridesParser.create(config_loader=loader)
        self.composed: dict[tuple[str, ...], tuple[DictConfig, dict[str, str]]] = {}

    def __call__(self, overrides: list[str]) -> Job:
        parsed = self.parser.parse_overrides(overrides)
        plain = [o for o in parsed if self.is_plain_value(o)]
        groups = tuple(o.input_line for o in parsed if not self.is_plain_value(o))
        if groups not in self.composed:
            self.composed[groups] = self.compose(list(groups))
        config, choices = copy.deepcopy(self.composed[groups])
        ConfigLoaderImpl._apply_overrides_to_config(plain, config)
        return Job({o.get_key_element(): o.get_value_element_as_str() for o in parsed}, config, choices)

    def compose(self, overrides: list[str]) -> tuple[DictConfig, dict[str, str]]:
        config = self.loader.load_sweep_config(self.master, overrides)
        chosen = {kind: option for kind, option in config.hydra.runtime.choices.items() if not kind.startswith("hydra/")}
        with open_dict(config):
            del config["hydra"]
        return config, chosen

    def is_plain_value(self, override: Override) -> bool:
        added = override.is_add() or override.is_force_add() or override.is_delete()
        return not added and override.package is None and not self.loader.get_group_options(override.key_or_group)


def build(config: DictConfig) -> Experiment:
    """The config as objects, checked. Raises ConfigurationError."""
    from hydra.utils import instantiate

    plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(plain, dict)
    plain = {key: value for key, value in plain.items() if key not in ("study", "execution")}
    try:
        return instantiate(checked(plain, ""), _convert_="all")
    except InstantiationException as error:
        raise ConfigurationError(str(error.__cause__ or error)) from error


def checked(node: Any, path: str) -> Any:
    """The node with empty mappings (the option "none") as None. Refuses foreign targets and unknown fields."""
    if isinstance(node, list):
        return [checked(item, path) for item in node]
    if not isinstance(node, dict):
        return node
    if not node:
        return None
    target = node.get("_target_")
    if target is not None:
        check_target(target, set(node) - {"_target_"}, path)
    return {key: checked(value, f"{path}.{key}".lstrip(".")) for key, value in node.items()}


def check_target(target: str, keys: set[str], path: str) -> None:
    from hydra.utils import get_object

    if not str(target).startswith(OUR_PACKAGES):
        raise ConfigurationError(
            f"{path or 'the config'}._target_ is {target!r}; only objects of {' and '.join(p[:-1] for p in OUR_PACKAGES)} are built."
        )
    try:
        made: Any = get_object(target)
    except Exception as error:
        raise ConfigurationError(f"{path}._target_ is {target!r}, which cannot be imported: {error}") from error
    known = [f.name for f in fields(made)] if is_dataclass(made) else list(inspect.signature(made).parameters)
    for key in sorted(keys - set(known)):
        raise ConfigurationError(f"{target.rsplit('.', 1)[-1]} has no field {key!r}, only {known}.{did_you_mean(key, known)}")


def did_you_mean(word: str, known: list[str]) -> str:
    """
    >>> did_you_mean("strenght", ["strength", "method"])
    " Did you mean 'strength'?"
    """
    close = get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def study_of(config: DictConfig) -> Study:
    """The study that a job belongs to."""
    node = OmegaConf.to_container(config.study, resolve=True)
    check_target("experiments.study.Study", set(node), "study")
    return Study(**node)


def override_values(overrides: Iterable[str]) -> dict[str, str]:
    """Overrides of one job as key and value."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return {o.get_key_element(): o.get_value_element_as_str() for o in parsed}


def explain(error: BaseException, conf: Path) -> str:
    """One message for one error of configuration: Hydra's own, with the cause, and the nearest key for a misspelt one."""
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    message = "\n".join(dict.fromkeys(line for cause in causes for line in str(cause).splitlines() if useful(line)))
    misspelt = re.search(r"Could not override '([^']+)'", message)
    if misspelt is None:
        return message
    key = misspelt[1]
    return f"there is no key {key!r} to override.{did_you_mean(key, known_keys(conf))} `--cfg job` prints all keys and their values."


def useful(line: str) -> bool:
    """Not one of OmegaConf's lines about its own types."""
    return bool(line.strip()) and not line.lstrip().startswith(("full_key:", "object_type=", "reference_type=", "set_flag"))


def known_keys(conf: Path) -> list[str]:
    """The kinds, and every dotted key of every option's file and of the primary config."""
    keys = {folder.name for folder in conf.iterdir() if folder.is_dir()}
    for file in conf.rglob("*.yaml"):
        kind = file.parent.name if file.parent != conf else ""
        if kind not in ("study", "regularizer"):
            sites = [f"{kind}.{site}." for site in SITES] if kind == "noise" else [f"{kind}." if kind else ""]
            keys |= {f"{site}{key}" for site in sites for key in dotted(OmegaConf.load(file)) if not key.startswith("defaults")}
    return sorted(keys)


def dotted(config: Any) -> list[str]:
    """
    >>> dotted({"split": {"train": 1}, "seeds": 3})
    ['split', 'split.train', 'seeds']
    """
    below = lambda value: dotted(value) if isinstance(value, Mapping) else []  # noqa: E731
    return [path for key in config for path in (str(key), *(f"{key}.{rest}" for rest in below(config[key])))]
