"""Which objects a config may name as `_target_`: this project's choices and datasets, and what the user allows by name.

A config may be a stranger's: nothing that it names is imported or called before it is known to be one of these. Its module
must be one of ours, as written: what our modules merely import (`experiments.data.datasets.files.np.load`) is refused.
"""

import inspect
import os
import pkgutil
from collections.abc import Collection
from functools import cache
from importlib import import_module
from typing import Any

from backprop.choices import is_choice
from experiments.config.errors import ConfigurationError, did_you_mean

BUILT = (
    "backprop",
    "backprop.measures",
    "experiments.data",
    "experiments.data.datasets",
    "experiments.study",
    "experiments.study.theories",
)
TRUST = "BACKPROP_LAB_ALLOW_TARGETS"  # an environment variable: comma-separated names; the command line adds to it


def trusted() -> frozenset[str]:
    """The targets that the user allows, from the environment variable, which a stranger's config folder cannot set."""
    return frozenset(name.strip() for name in os.environ.get(TRUST, "").split(",") if name.strip())


def trust(names: Collection[str]) -> None:
    """Allows targets by name, in this process and those that it starts."""
    os.environ[TRUST] = ",".join(sorted({*trusted(), *names}))


@cache
def modules() -> frozenset[str]:
    """The modules whose objects may be built; submodules are listed from their files, not imported."""
    names = set(BUILT)
    for name in BUILT:
        names |= {f"{name}.{module.name}" for module in pkgutil.iter_modules(import_module(name).__path__)}
    return frozenset(names)


def is_ours(target: object) -> bool:
    """Whether a name is that of a choice or a dataset of this project."""
    return our_object(target) is not None


def our_object(target: object) -> Any:
    """The choice or dataset of this project that a name stands for; None for any other name.

    >>> our_object("backprop.penalties.L2").__name__, our_object("experiments.data.datasets.digits").__name__
    ('L2', 'digits')
    >>> our_object("backprop.penalties.np.load"), our_object("experiments.data.datasets.files.opened")
    (None, None)
    """
    module, _, name = target.rpartition(".") if isinstance(target, str) else ("", "", "")
    if module not in modules():
        return None
    thing = vars(import_module(module)).get(name)
    if is_choice(thing):  # defined there, or in a file of that package
        return thing if f"{thing.__module__}.".startswith(f"{module}.") else None
    return thing if is_dataset(thing, name) else None


def is_dataset(thing: Any, name: str) -> bool:
    """Whether an object is a function that `experiments.data.datasets` lists and that returns a Dataset."""
    from experiments.data import datasets

    listed = name in datasets.__all__ and inspect.isfunction(thing) and vars(datasets).get(name) is thing
    return listed and inspect.signature(thing).return_annotation is datasets.Dataset


def target_object(target: object, path: str, allowed: Collection[str] = ()) -> Any:
    """The object that a `_target_` names. Raises ConfigurationError where it is not allowed or cannot be imported."""
    place = f"{path}._target_".lstrip(".")
    ours = our_object(target)
    if ours is not None:
        return ours
    if not isinstance(target, str) or target not in allowed:
        raise ConfigurationError(f"{place} is {target!r}; {way_out(target)}")
    from hydra.utils import get_object

    try:
        theirs: Any = get_object(target)
    except Exception as error:
        raise ConfigurationError(f"{place} is {target!r}, which cannot be imported: {error}") from error
    if not callable(theirs):
        raise ConfigurationError(f"{place} is {target!r}, which is neither a class nor a function.")
    return theirs


def way_out(target: object) -> str:
    """The part of a message that says what to do about a target that is refused."""
    module, _, name = str(target).rpartition(".")
    if module in modules():
        choices = sorted(choice for choice in vars(import_module(module)) if is_ours(f"{module}.{choice}"))
        return f"{module} has no such choice, only {', '.join(choices) or 'none'}.{did_you_mean(name, choices)}"
    return (
        "a config may name choices and datasets of this project (backprop.penalties.L2, experiments.data.datasets.digits). If it is "
        f"yours and you trust it, allow it by name on the command line: execution.allow_targets=[{target}] "
        f"(for experiments.verify: --allow {target})."
    )
