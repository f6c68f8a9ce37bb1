"""Keeps values that a config takes from the environment out of every text that is shown or recorded.

A config is recorded with the reference, `${oc.env:NAME}`, in the value's place. Other texts, such as messages and the names of
datasets, are searched for the values that were taken in this process.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from omegaconf import DictConfig, OmegaConf
from omegaconf.resolvers import oc

from experiments.config.errors import ConfigurationError

SHORTEST = 6  # characters: the shortest value searched for in a text; shorter ones would match by chance
REFERENCE = re.compile(r"\$\{\s*(?:oc\.)?env\s*:\s*([A-Za-z_]\w*)")
taken: dict[str, str] = {}  # values that configs have taken, and the reference to each


def env(key: str, *default: Any) -> str | None:
    """Does what OmegaConf's own `oc.env` does, and remembers the value taken."""
    if key in os.environ:
        taken[os.environ[key]] = f"${{oc.env:{key}}}"
    return oc.env(key, *default)


OmegaConf.register_new_resolver("oc.env", env, replace=True)


def hidden(text: str) -> str:
    """The text with every value taken from the environment replaced by its reference.

    >>> taken["hunter2/x"] = "${oc.env:TOKEN}"
    >>> hidden("cannot open hunter2/x.csv"), hidden("hunter2"), hidden("hunting")
    ('cannot open ${oc.env:TOKEN}.csv', '${oc.env:TOKEN}', 'hunting')
    >>> taken.clear()
    """
    for value, reference in sorted(taken.items(), key=lambda item: -len(item[0])):
        if text and text in value:
            return reference  # a part of the value, such as the name of a file
        for spelling in spellings(value):
            text = text.replace(spelling, reference)
    return text


def spellings(value: str) -> list[str]:
    """The forms in which a text may hold a value: as it is, quoted, escaped, or line by line; the longest first."""
    forms = {
        value,
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        quote(value),
        quote(value, safe=""),
        *value.splitlines(),
    }
    return sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)


def recordable(config: DictConfig) -> dict[str, Any]:
    """The config as recorded: resolved, except for references to the environment, where secrets are kept.

    >>> recordable(OmegaConf.create({"a": "${oc.env:HOME}", "b": "${c}", "c": 1}))
    {'a': '${oc.env:HOME}', 'b': 1, 'c': 1}
    """
    plain: Any = OmegaConf.to_container(with_references(config), resolve=True)
    return plain


def with_references(config: DictConfig) -> DictConfig:
    """The config with references to the environment as plain text, `${oc.env:NAME}`."""
    return OmegaConf.create(by_reference(OmegaConf.to_container(config, resolve=False)))


def by_reference(node: Any) -> Any:
    """The node with every text that reads the environment escaped, so that it is not resolved."""
    if isinstance(node, dict):
        return {key: by_reference(value) for key, value in node.items()}
    if isinstance(node, list):
        return [by_reference(value) for value in node]
    takes = isinstance(node, str) and REFERENCE.search(node)
    return node.replace("${", r"\${") if takes else node


def check_prose(node: DictConfig, path: str) -> None:
    """Raises ConfigurationError where a text embeds an environment value too short to be found again and hidden."""
    for key, text in leaves(OmegaConf.to_container(node, resolve=False)):
        for name in REFERENCE.findall(str(text)):
            alone = re.fullmatch(r"\$\{[^{}]*\}", str(text))
            if not alone and len(os.environ.get(name, "")) in range(1, SHORTEST):
                raise ConfigurationError(
                    f"{path}.{key} takes {name} from the environment inside a text, and its value has fewer than {SHORTEST} "
                    "characters: too few to be hidden in records; write the text without it."
                )


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path, node
