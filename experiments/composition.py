"""From overrides to the config of a job, and from the config to an Experiment, with errors that say the way out."""

import copy
import inspect
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import InstantiationException, OverrideParseException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from backprop.choices import check_fields
from experiments.calculation import Calculation
from experiments.study import Execution, Experiment, Study

OURS = (
    "backprop.",
    *(
        f"experiments.{part}."
        for part in ("calculation", "datasets", "splits", "corruption", "selection", "study", "theory")
    ),
)
SITES = ("inputs", "hidden", "weights", "gradients")
T = TypeVar("T")


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
        self.is_group = cache(lambda key: bool(loader.get_group_options(key)))

    def __call__(self, overrides: list[str]) -> Job:
        parsed = self.parser.parse_overrides(overrides)
        plain = [o for o in parsed if self.is_plain_value(o)]
        groups = tuple(str(o.input_line) for o in parsed if not self.is_plain_value(o))
        if groups not in self.composed:
            self.composed[groups] = self.compose(list(groups))
        config, choices = copy.deepcopy(self.composed[groups])
        ConfigLoaderImpl._apply_overrides_to_config(plain, config)
        return Job(settings(parsed), config, choices)

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


def relevant(job: Job) -> Job:
    """The job without what its kind of experiment does not have: with a `theory` there is no network to train.

    Raises ConfigurationError where an override asks for such a thing.
    """
    if not job.config.theory:
        return job
    kept = [*(f.name for f in fields(Calculation)), "study", "execution"]
    place = {key: key.lstrip("+~").rpartition("@")[2].split(".")[0] for key in (*job.overrides, *job.choices)}
    for key in job.overrides:
        if place[key] not in kept:
            raise ConfigurationError(
                f"{key} is for networks, and theory={job.choices['theory']} trains none; leave it out, or take theory=none."
            )
    choices = {kind: option for kind, option in job.choices.items() if place[kind] in kept}
    config = OmegaConf.masked_copy(job.config, ["_target_", *kept])
    config._target_ = "experiments.calculation.Calculation"
    return Job(job.overrides, config, choices)


def build(config: DictConfig, allowed: Sequence[str] = ()) -> Experiment | Calculation:
    """The config as objects, checked; targets outside our packages only where they are allowed by name.

    Raises ConfigurationError.
    """
    kind = Calculation if config.get("theory") else Experiment
    around = ("study", "execution") if kind is Calculation else ("study", "execution", "theory")
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        node = checked({key: value for key, value in plain.items() if key not in around}, "", allowed)
        others = {key: value for key, value in node.items() if key not in ("_target_", "dataset")}
        parts = {key: made(json.dumps(value)) if isinstance(value, dict) else value for key, value in others.items()}
        check_fields(kind, parts)
        if node["dataset"] is None:
            raise ConfigurationError("dataset is none; choose one: `--help` lists them.")
        return kind(dataset=made(json.dumps(node["dataset"])), **parts)  # the data last: they take longest
    except MissingMandatoryValue as error:
        key = str(error.full_key)
        raise ConfigurationError(f"{key} has no value yet; give it one: {key}=VALUE.") from error
    except (ValueError, OmegaConfBaseException, InstantiationException) as error:
        raise ConfigurationError(str(error.__cause__ or error).split("\n", 1)[0]) from error


@cache
def made(node: str) -> Any:
    """The object of a config node. Choices never change and data take long: each is made once a process."""
    from hydra.utils import instantiate

    return instantiate(json.loads(node), _convert_="all")


def checked(node: Any, path: str, allowed: Sequence[str] = ()) -> Any:
    """The node with empty mappings (the option "none") as None. Refuses foreign targets and unknown fields."""
    if isinstance(node, list):
        return [checked(item, path, allowed) for item in node]
    if not isinstance(node, dict):
        return node
    if not node:
        return None
    target = node.get("_target_")
    if target is not None:
        check_target(target, set(node) - {"_target_"}, path, allowed)
    return {key: checked(value, f"{path}.{key}".lstrip("."), allowed) for key, value in node.items()}


def check_target(target: str, keys: set[str], path: str, allowed: Sequence[str] = ()) -> None:
    from hydra.utils import get_object

    if not str(target).startswith(OURS) and target not in allowed:
        raise ConfigurationError(
            f"{path or 'the config'}._target_ is {target!r}; only what is in {', '.join(p[:-1] for p in OURS)} is built. "
            f"If it is yours and you trust it, allow it by name: execution.allow_targets=[{target}]."
        )
    try:
        made: Any = get_object(target)
    except Exception as error:
        raise ConfigurationError(f"{path}._target_ is {target!r}, which cannot be imported: {error}") from error
    if not callable(made):
        raise ConfigurationError(f"{path}._target_ is {target!r}, which is no class or function.")
    known = [f.name for f in fields(made)] if is_dataclass(made) else list(inspect.signature(made).parameters)
    for key in sorted(keys - set(known)):
        raise ConfigurationError(
            f"{target.rsplit('.', 1)[-1]} has no field {key!r}, only {known}.{did_you_mean(key, known)}"
        )


def did_you_mean(word: str, known: list[str]) -> str:
    """
    >>> did_you_mean("strenght", ["strength", "method"])
    " Did you mean 'strength'?"
    """
    close = get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def study_of(config: DictConfig) -> Study:
    """The study that a job belongs to."""
    return choice_of(config.study, Study, "study")


def execution_of(config: DictConfig) -> Execution:
    """How the sweep is to be run."""
    return choice_of(config.execution, Execution, "execution")


def choice_of(config: DictConfig, cls: type[T], path: str) -> T:
    """A node that has no _target_ of its own, as the choice it is known to be."""
    node: Any = OmegaConf.to_container(config, resolve=True)
    check_target(f"{cls.__module__}.{cls.__name__}", set(node), path)
    try:
        return cls(**node)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def recordable(config: DictConfig) -> dict[str, Any]:
    """The config as it is recorded: resolved, but for what comes from the environment, where secrets are kept.

    >>> recordable(OmegaConf.create({"a": "${oc.env:HOME}", "b": "${c}", "c": 1}))
    {'a': '${oc.env:HOME}', 'b': 1, 'c': 1}
    """
    raw: Any = OmegaConf.to_container(config, resolve=False)
    if "env:" not in str(raw):
        plain: Any = OmegaConf.to_container(config, resolve=True)
        return plain
    shown = copy.deepcopy(config)
    with open_dict(shown):
        for path, text in leaves(raw):
            if isinstance(text, str) and re.search(r"\$\{\s*(oc\.)?env\s*:", text):
                OmegaConf.update(shown, path, text.replace("${", r"\${"), force_add=True)
    plain = OmegaConf.to_container(shown, resolve=True)
    return plain


def without_secrets(text: str, config: Any) -> str:
    """The text with what the config, as it is recorded, takes from the environment replaced by where it takes it from."""
    for reference, name in re.findall(r"(\$\{\s*(?:oc\.)?env\s*:\s*([A-Za-z_]\w*)[^}]*\})", str(config)):
        if value := os.environ.get(name):
            text = text.replace(value, reference)
    return text


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path, node


def override_values(overrides: Iterable[str]) -> dict[str, str]:
    """Overrides of one job as key and value."""
    return settings(OverridesParser.create().parse_overrides(list(overrides)))


def settings(parsed: Iterable[Override]) -> dict[str, str]:
    """What tells a job from others: not how the sweep is run."""
    found = {o.get_key_element(): o.get_value_element_as_str() for o in parsed}
    return {key: value for key, value in found.items() if not key.startswith("execution.")}


def explain(error: BaseException, conf: Path) -> str:
    """One message for one error of configuration: Hydra's own where it names the way out, else what is nearest."""
    message = str(error)
    if isinstance(error, OverrideParseException):
        return f"{error.override!r} cannot be read as KEY=VALUE: {message.splitlines()[0]}"
    cause = error.__cause__
    if isinstance(cause, OmegaConfBaseException):
        message += "\n" + str(cause).split("\n", 1)[0]
    if "Config group override must be a string or a list" in message:
        return "a kind cannot be null or a number; name one of its options, such as penalty=none. `--help` lists them."
    if misspelt := re.search(r"Could not override '([^']+)'", message):
        key = misspelt[1]
        known = known_keys(conf)
        if key in ("noise", "initialization"):
            place = "noise@noise.hidden" if key == "noise" else "initialization@network.initialization"
            return f"{key} is chosen for a place: {place}=OPTION."
        if key.startswith("study.baseline"):
            return f"{key} is new to this study's baseline; add it with a plus: +study.baseline.AXIS=VALUE."
        if key in known:
            return f"{key} is a key of {' and '.join(sorted(known[key]))}, which is not chosen here; choose it, or leave the key out."
        near = did_you_mean(key, list(known))
        return f"there is no key {key!r} here to override.{near} `--cfg job` prints all keys and their values."
    if missing := re.search(r"Could not find '([^']+)/([^'/]+)'", message):
        kind, option = missing.groups()
        options = sorted(file.stem for file in (conf / kind).glob("*.yaml"))
        return f"{kind} has no option {option!r}, only {', '.join(options)}.{did_you_mean(option, options)}"
    return message.split("\nConfig search path:", 1)[0].strip()


def known_keys(conf: Path) -> dict[str, set[str]]:
    """The kinds, and every dotted key of every option's file, with the choices that have it."""
    keys: dict[str, set[str]] = {folder.name: set() for folder in conf.iterdir() if folder.is_dir()}
    for file in conf.rglob("*.yaml"):
        kind = "" if file.parent == conf else file.parent.name
        if kind in ("study", "regularizer"):
            continue
        places = [f"noise.{site}" for site in SITES] if kind == "noise" else [kind]
        for place in places:
            choice = f"noise@{place}={file.stem}" if kind == "noise" else f"{kind}={file.stem}"
            for key in dotted(OmegaConf.to_container(OmegaConf.load(file))):
                keys.setdefault(f"{place}.{key}".lstrip("."), set()).add(choice)
    return keys


def dotted(config: Any) -> list[str]:
    """
    >>> dotted({"split": {"train": 1}, "seeds": 3})
    ['split', 'split.train', 'seeds']
    """
    if not isinstance(config, Mapping):
        return []
    return [path for key in config for path in (str(key), *(f"{key}.{below}" for below in dotted(config[key])))]
