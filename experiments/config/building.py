"""From a config to the objects that it names, checked before any of them is built."""

import inspect
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from backprop.choices import check_fields
from backprop.training import Recipe
from experiments.config.errors import ConfigurationError, did_you_mean, renamed
from experiments.config.secrets import check_prose, with_references
from experiments.config.targets import target_object
from experiments.data.datasets.dataset import Dataset
from experiments.study.calculation import Calculation
from experiments.study.execution import Execution
from experiments.study.experiment import Experiment, natural_loss
from experiments.study.study import Study

T = TypeVar("T")


class Draft(NamedTuple):
    """What a config names, built, except for the data, which take longest and may be too large: they stay a config node.

    The parts of an experiment are its own and its recipe's, by the config's keys; `loss` is missing where the natural one is meant.
    """

    kind: type[Experiment] | type[Calculation]
    parts: dict[str, Any]
    dataset: dict[str, Any]

    def build(self) -> Experiment | Calculation:
        """Builds the dataset and, with it, the experiment; checks that they fit. Raises ConfigurationError."""
        with as_mistakes():
            data = built(json.dumps(self.dataset))
            if self.kind is Calculation:
                return Calculation(data, **self.parts)
            experiment = experiment_of(data, self.parts)
            experiment.check_data()
            return experiment


def experiment_of(data: Dataset, parts: Mapping[str, Any]) -> Experiment:
    """The experiment on a dataset of its own and its recipe's parts; the loss is the natural one unless it is among them."""
    recipe, others = sorted_by_recipe({"loss": natural_loss(data), **parts})
    return Experiment(data, Recipe(**recipe), **others)


def sorted_by_recipe(parts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts that are fields of a recipe, and the others.

    >>> sorted_by_recipe({"epochs": 3, "seeds": 2})
    ({'epochs': 3}, {'seeds': 2})
    """
    recipe = {f.name: parts[f.name] for f in fields(Recipe) if f.name in parts}  # type: ignore[arg-type]
    return recipe, {key: part for key, part in parts.items() if key not in recipe}


def settings_of(kind: Any) -> "list[Field[Any]]":
    """The fields of a choice as a config has them: flat, with those of its recipe in the recipe's place."""
    recipe = fields(Recipe)  # type: ignore[arg-type]
    return [setting for f in fields(kind) for setting in (recipe if f.name == "recipe" else (f,))]


def build(config: DictConfig, allowed: Collection[str] = ()) -> Experiment | Calculation:
    """Builds and checks the objects of a config; targets outside our packages only where they are allowed by name.

    Raises ConfigurationError.
    """
    return draft(config, allowed).build()


def draft(config: DictConfig, allowed: Collection[str] = ()) -> Draft:
    """Builds and checks what does not need the data. Raises ConfigurationError."""
    kind = Calculation if config.get("theory") else Experiment
    around = ("study", "execution") if kind is Calculation else ("study", "execution", "theory")
    with as_mistakes():
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        node = checked({key: value for key, value in plain.items() if key not in around}, "", allowed)
        others = {key: value for key, value in node.items() if key not in ("_target_", "dataset")}
        others = {key: value for key, value in others.items() if (key, value) != ("loss", None)}  # the natural loss
        parts = {key: built(json.dumps(value)) if isinstance(value, dict) else value for key, value in others.items()}
        parts |= listed(parts.get("measures")) if kind is Experiment else {}
        recipe, rest = sorted_by_recipe(parts)
        check_fields(Recipe, recipe)
        check_fields(kind, rest)
        if node.get("dataset") is None:
            raise ConfigurationError("dataset is none; choose one: `--help` lists them.")
        return Draft(kind, parts, node["dataset"])


def listed(measures: Any) -> dict[str, Any]:
    """The measures of an experiment: a config has them by name, so that one can be added, and its values be set."""
    return {"measures": list(measures.values()) if isinstance(measures, dict) else measures or []}


@contextmanager
def as_mistakes() -> Iterator[None]:
    """Turns errors that a class or OmegaConf raises about settings into ConfigurationError."""
    try:
        yield
    except MissingMandatoryValue as error:
        key = str(error.full_key)
        raise ConfigurationError(f"{key} has no value yet; give it one: {key}=VALUE.") from error
    except InstantiationException as error:  # wraps the error that the class itself raised
        raise ConfigurationError(first_line(error.__cause__ or error)) from error
    except (ValueError, OmegaConfBaseException) as error:
        raise ConfigurationError(first_line(error)) from error


def first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]


@cache
def built(node: str) -> Any:
    """Builds the object of a config node, once per process: choices never change, and data take long."""
    from hydra.utils import instantiate

    return instantiate(json.loads(node), _convert_="all")


def checked(node: Any, path: str, allowed: Collection[str] = ()) -> Any:
    """The node with empty mappings (the option "none") as None. Refuses foreign targets and unknown fields."""
    if isinstance(node, list):
        return [checked(item, path, allowed) for item in node]
    if not isinstance(node, dict):
        return node
    if not node:
        return None
    if "_target_" in node:
        target = node["_target_"]
        check_keys(target_object(target, path, allowed), str(target), set(node) - {"_target_"})
    elif [*node] == ["schedule"]:
        raise ConfigurationError(
            f"{path} is none, which has no strength for {path}.schedule; choose an option, or leave it out."
        )
    return {key: checked(value, f"{path}.{key}".lstrip("."), allowed) for key, value in node.items()}


def check_keys(built: Any, name: str, keys: Collection[str]) -> None:
    """Raises ConfigurationError where a key is not a field of the class, or an argument of the function."""
    known = [f.name for f in settings_of(built)] if is_dataclass(built) else list(inspect.signature(built).parameters)
    for key in sorted(set(keys) - set(known), key=str):
        raise ConfigurationError(
            f"{name.rsplit('.', 1)[-1]} has no field {key!r}, only {known}."
            + (f" {renamed(str(key))}." if renamed(str(key)) else did_you_mean(str(key), known))
        )


def study_of(config: DictConfig) -> Study:
    """The study that a job belongs to, as recorded: values that its text takes from the environment stay references."""
    node = config.get("study")
    if not isinstance(node, DictConfig):
        raise ConfigurationError(f"study is {node!r}; it must be a mapping with the keys name and question.")
    check_prose(node, "study")
    return choice_of(OmegaConf.to_container(with_references(config).study, resolve=True), Study, "study")


def execution_of(config: DictConfig) -> Execution:
    """The execution settings: how the sweep is run."""
    return choice_of(OmegaConf.to_container(config.execution, resolve=True), Execution, "execution")


def choice_of(node: Any, cls: type[T], path: str) -> T:
    """Builds the class `cls` from a node without a _target_. Raises ConfigurationError, with `path` in the message."""
    check_keys(cls, path, node)
    needed = {
        name for name, parameter in inspect.signature(cls).parameters.items() if parameter.default is parameter.empty
    }
    if missing := sorted(needed - set(node)):
        raise ConfigurationError(f"{path} lacks {' and '.join(missing)}; give it: {path}.{missing[0]}=VALUE.")
    try:
        return cls(**node)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
