"""The options of conf/, found in its folders, and what each is built into."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import partial
from inspect import unwrap
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_object, instantiate
from omegaconf import OmegaConf

from backprop.choices import check_fields
from backprop.training import Recipe
from experiments.config.building import build
from experiments.run import CONF
from tests.experiments.test_files import write_small_files

KINDS = sorted(folder.name for folder in CONF.iterdir() if folder.is_dir())
QUICK = ["epochs=2", "seeds=2", "batch_size=16", "dtype=float64"]
SMALL_SPLIT = ["split.train=40", "split.validation=20"]
MARKED = [
    "dataset=csv",
    "dataset.path=table.csv",
    "dataset.target=y",
    "dataset.task=regression",
    "dataset.categorical=[c]",
]
MARKED += ["dataset.marks=[b]"]
NEEDS = {
    ("loss", "squared_error"): ["dataset=diabetes"],
    ("loss", "binary_cross_entropy"): ["dataset=breast_cancer"],
    ("optimizer", "newton"): ["dataset=diabetes", "network=linear"],
    ("corruption", "label_noise"): ["dataset=wine"],
    ("dataset", "csv"): [
        "dataset.path=table.csv",
        "dataset.target=y",
        "dataset.task=regression",
        "dataset.categorical=[c]",
    ],
    ("dataset", "parquet"): ["dataset.path=table.parquet", "dataset.target=c", "dataset.task=classification"],
    ("dataset", "npz"): ["dataset.path=arrays.npz", "dataset.task=regression"],
    ("dataset", "mnist1d"): ["dataset.examples=500"],
    ("dataset", "idx"): ["dataset.folder=mnist", "split=holdout"],
    ("evaluate_at", "listed"): ["evaluate_at.at=[1,2]"],
    ("split", "own"): ["dataset=neal_classification", *SMALL_SPLIT],
    ("split", "k_fold"): ["dataset=wine", "split.validation=20"],
    ("split", "files"): ["dataset=wine"],
    ("split", "groups"): [*MARKED, "split.column=b"],
    ("split", "time"): [*MARKED, "split.column=b"],
    ("measures", "coefficients"): ["network=linear"],
    ("measures", "singular_values"): ["network=linear"],
    ("measures", "effective_dof"): ["dataset=diabetes", "network=linear"],
    ("measures", "function_values"): ["dataset=sinusoid", *SMALL_SPLIT],
}
NEEDS_THE_INTERNET = {("dataset", "openml")}
PLACES = {"initialization": "network.initialization", "noise": "noise.hidden"}  # else the kind's own
LISTED = {"measures"}  # kinds of which a list of options is chosen
IN_RECIPE = {f.name for f in fields(Recipe)}  # type: ignore[arg-type]


@contextmanager
def composing(folder: Path) -> Iterator[None]:
    """Options can be composed, in a folder that has a small file of every kind that one reads."""
    write_small_files(folder)
    with initialize_config_dir(str(CONF), version_base="1.3"), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield


def options_of(kind: str) -> list[str]:
    return sorted(file.stem for file in (CONF / kind).glob("*.yaml"))


def is_nothing(kind: str, option: str) -> bool:
    """An option that is empty, such as `none`, chooses nothing to hold to a promise."""
    return not OmegaConf.load(CONF / kind / f"{option}.yaml")


def chosen(kind: str, option: str) -> Any:
    """What the laboratory makes of an option. Datasets and regularizers come as the call that makes data or experiment."""
    place = PLACES.get(kind, kind)
    where = f"{kind}@{place}" if place.startswith(("network.", "noise.")) else kind
    choice = f"[{option}]" if kind in LISTED else option
    few = [] if kind == "evaluate_at" else ["evaluate_at.count=3"]
    config = compose("config", ["study=none", *QUICK, *few, f"{where}={choice}", *NEEDS.get((kind, option), [])])
    if kind == "dataset":
        node: Any = OmegaConf.to_container(config.dataset, resolve=True)
        return partial(
            unwrap(get_object(node.pop("_target_"))), **node
        )  # unwrapped: nothing made before is given again
    if kind == "regularizer":
        return partial(build, config)
    if kind == "theory":
        return instantiate(config.theory)
    if kind in LISTED:
        return instantiate(config[kind][option], _convert_="all")
    return attrgetter(f"recipe.{place}" if place.split(".")[0] in IN_RECIPE else place)(build(config))


def variants(option: Any, *but: str) -> Iterator[Any]:
    """The option as its file has it, then with each setting, but these, at other values that its own rule allows."""
    yield option
    if not is_dataclass(option):
        return
    for f in fields(option):
        for value in () if f.name in but else allowed(f.metadata):
            check_fields(type(option), {f.name: value})
            yield replace(option, **{f.name: value})  # type: ignore[type-var]


def allowed(rule: Any) -> list[Any]:
    """Some values that a field's rule allows.

    >>> allowed({"within": "[0, 1)"}), allowed({"within": "(0, inf)"}), allowed({"within": "[1, inf)", "integer": True})
    ([0.0, 0.3, 0.7], [0.3, 3.0], [1, 2, 7])
    """
    if "options" in rule:
        return list(rule["options"])
    if "within" not in rule:
        return []
    low, high = (float(end) for end in rule["within"][1:-1].split(","))
    if low == -float("inf"):
        return [-1.5, 2.0]
    if rule.get("integer"):
        return [int(n) for n in (low, low + 1, low + 6) if n <= high]
    inner = [low + 0.3 * (high - low), low + 0.7 * (high - low)] if high < float("inf") else [low + 0.3, low + 3]
    return [low] * (rule["within"][0] == "[") + inner + [high] * rule["within"].endswith("]")
