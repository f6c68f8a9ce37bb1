"""Turns a mistake in a configuration into one message: the key, the value, the rule and the way out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra.errors import OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from experiments.study.study import Study

SITES = ("inputs", "hidden", "weights", "gradients")  # where noise acts
EXTRAS = {  # options of Hydra that come with other packages
    "optuna": "pip install '.[optuna]'",
    "joblib": "pip install hydra-joblib-launcher",
    "submitit_local": "pip install hydra-submitit-launcher",
    "submitit_slurm": "pip install hydra-submitit-launcher",
    "ray": "pip install hydra-ray-launcher",
}


class ConfigurationError(Exception):
    """A config that cannot be run; the message names the key, the value, the rule and the way out."""


def explain(error: BaseException, conf: Path) -> str:
    """The message for a configuration error: Hydra's own where it names the way out, else a clearer one."""
    message = str(error)
    if isinstance(error, OverrideParseException):
        return unreadable(error.override, message.splitlines()[0])
    if isinstance(error, YAMLError):
        return f"a config file is not YAML: {' '.join(message.split())}"
    if isinstance(error, UnicodeDecodeError):
        return f"a config file is not UTF-8 text ({error.reason} at byte {error.start})."
    cause = error.__cause__
    if "Cannot merge DictConfig with ListConfig" in f"{message} {cause}":
        return list_for_mapping(message, str(cause))
    if isinstance(cause, OmegaConfBaseException):
        message += "\n" + str(cause).split("\n", 1)[0]
    return of_hydra(message, conf)


def list_for_mapping(message: str, cause: str) -> str:
    """The message where a list stands for what is a mapping: on the command line, or in a file."""
    key = re.search(r"full_key: (\S+)", cause)
    if key and "Error merging override" in message:
        return f"{key[1]} is a mapping here, which a list cannot replace; set its keys one by one: {key[1]}.NAME=VALUE."
    where = message.split(":", 1)[0]
    return f"{where}: a list stands where a mapping of keys and values must be, as in study: {{name: mine, question: Why?}}."


def of_hydra(message: str, conf: Path) -> str:
    """Hydra's message, with the way out where it leaves that out."""
    if "Config group override must be a string or a list" in message:
        return "a kind cannot be null or a number; name one of its options, such as penalty=none. `--help` lists them."
    if misspelt := re.search(r"Could not override '([^']+)'", message):
        return no_such_key(misspelt[1], known_keys(conf))
    if missing := re.search(r"Could not find '([^']+)/([^'/]*)'", message):
        return no_such_option(missing[1], missing[2], re.findall(r"^\t(\S+)$", message, re.M))
    if missing := re.search(r"Could not load '([^']+)/([^'/]*)'", message):  # one of a list: here Hydra names no others
        folders = [conf, *map(Path, re.findall(r"path=file://(.+)$", message, re.M))]
        options = sorted({file.stem for folder in folders for file in (folder / missing[1]).glob("*.yaml")})
        return no_such_option(missing[1], missing[2], options)
    return re.split(r"\n(?:Config search path:|\s+full_key:)", message)[0].strip()


def no_such_option(kind: str, option: str, options: list[str]) -> str:
    install = f" It comes with another package: {EXTRAS[option]}." if option in EXTRAS else ""
    return f"{kind} has no option {option!r}, only {', '.join(options)}.{did_you_mean(option, options)}{install}"


def unreadable(override: str, why: str) -> str:
    """The message for a command-line word that Hydra's grammar does not accept."""
    key, equals, value = override.partition("=")
    message = f"{override!r} cannot be read as KEY=VALUE: {why}"
    if equals and re.fullmatch(r"[\w.@/+~]+", key) and value and not set(value) & set("'\""):
        return f"{message}. A value with characters that Hydra reads as its own needs quotes inside the shell's: '{key}=\"{value}\"'."
    return message


RENAMED = {  # last part of a key: old, new
    "halving": "half_life",
    "per": "shared_over",
    "worth": "smallest_effect",
    "evaluations": "evaluate_at.count",
}


def renamed(key: str) -> str:
    """The note that a key of an earlier version has a new name; empty for all other keys.

    >>> renamed("study.worth")
    'study.worth is now called study.smallest_effect'
    """
    place, dot, name = key.rpartition(".")
    return f"{key} is now called {place}{dot}{RENAMED[name]}" if name in RENAMED else ""


def no_such_key(key: str, known: Mapping[str, set[str]]) -> str:
    """The message for a key that the composed config does not have."""
    if renamed(key):
        return f"{renamed(key)}."
    if key == "dataset.redraw":
        makers = sorted(choice for choice in known.get(key, ()))
        return (
            "dataset.redraw is for data made from a seed, which every seed of an experiment can draw for itself; these data are what "
            f"they are: the seeds divide them anew. Leave it out, or take {', '.join(makers)}."
        )
    if key in ("noise", "initialization"):
        place = "noise@noise.hidden" if key == "noise" else "initialization@network.initialization"
        return f"{key} is chosen for a place: {place}=OPTION."
    if key.startswith("schedule@"):
        return f"{key} is added with a plus, since a strength has no schedule unless it is given one: +{key}=OPTION."
    if key.startswith("study.baseline."):
        return f"{key} is new to this study's baseline; add it with a plus: +study.baseline.AXIS=VALUE."
    if key.partition(".")[::2] in [("study", field.name) for field in fields(Study)]:
        return f"{key} is not set by this study; add it with a plus: +{key}=VALUE."
    if key.endswith("._target_"):
        return (
            f"{key} is not set by the option chosen; add it with a plus, and allow the class by name: "
            f"+{key}=MODULE.CLASS execution.allow_targets=[MODULE.CLASS]."
        )
    if key in known and not known[key]:
        return f"{key} is a kind; name one of its options: {key}=OPTION. `--help` lists them."
    if key in known:
        return f"{key} is a key of {' and '.join(sorted(known[key]))}, which is not chosen here; choose it, or leave the key out."
    near = did_you_mean(key, list(known))
    return f"there is no key {key!r} here to override.{near} `--cfg job` prints all keys and their values."


def known_keys(conf: Path) -> dict[str, set[str]]:
    """All keys, each with the choices that have it: kinds, the dotted keys of every option's file, and the launcher's."""
    keys: dict[str, set[str]] = {folder.name: set() for folder in conf.iterdir() if folder.is_dir()}
    for file in conf.rglob("*.yaml"):
        kind = "" if file.parent == conf else file.parent.name
        if kind in ("study", "regularizer"):
            continue
        places = [f"noise.{site}" for site in SITES] if kind == "noise" else [kind]
        for place in places:
            option = f"[{file.stem}]" if kind == "measures" else file.stem
            choice = f"noise@{place}={option}" if kind == "noise" else f"{kind}={option}"
            for key in dotted(OmegaConf.to_container(OmegaConf.load(file))):
                keys.setdefault(f"{place}.{key}".lstrip("."), set()).add(choice)
    return keys | {key: {"hydra/launcher=lab"} for key in launcher_keys()}


def launcher_keys() -> list[str]:
    from hydra_plugins.lab_sweeper import LabLauncherConf

    return [f"hydra.launcher.{f.name}" for f in fields(LabLauncherConf) if f.name != "_target_"]


def dotted(config: Any) -> list[str]:
    """
    >>> dotted({"split": {"train": 1}, "seeds": 3})
    ['split', 'split.train', 'seeds']
    """
    if not isinstance(config, Mapping):
        return []
    return [path for key in config for path in (str(key), *(f"{key}.{below}" for below in dotted(config[key])))]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """
    >>> did_you_mean("strenght", ["strength", "method"])
    " Did you mean 'strength'?"
    """
    close = get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
