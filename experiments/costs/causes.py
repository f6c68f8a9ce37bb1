"""Finds the settings that make a sweep costly: those that would cost much less at their defaults."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from inspect import signature
from typing import Any

from experiments.config.building import Draft, settings_of
from experiments.config.targets import our_object
from experiments.costs.loads import Load, load, size_of_data
from experiments.study.crossing import in_words

TELLING, MOST = 3, 3  # name settings that cost TELLING times their default or more, at most MOST of them


def causes(loads: Sequence[Load], measured: Callable[[Sequence[Load]], float]) -> list[str]:
    """The settings that raise the cost of the dearest cell most, in words; the number of cells counts as one of them."""

    def alone(cell: Load) -> float:
        return measured([cell])

    dearest = max(loads, key=alone)
    dear = alone(dearest)
    costs = [(measured(loads) / dear, f"{len(loads):,} cells")]
    for setting, other in others(dearest.draft):
        size = size_of_data(other.dataset) if setting.startswith("dataset.") else dearest.size
        seeds = None if setting.startswith("seeds=") else dearest.seeds
        costs.append((dear / alone(load(other, size, seeds)), setting))
    return [setting for times, setting in sorted(costs, reverse=True)[:MOST] if times >= TELLING]


def others(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Yields each setting that is not at its default, in words, with the draft where it is put back."""
    for f in settings_of(draft.kind):
        value = draft.parts.get(f.name)
        default = f.default if f.default_factory is MISSING else f.default_factory()
        if isinstance(value, int | list | dict) and value != default is not MISSING:
            yield f"{f.name}={short(value)}", draft._replace(parts={**draft.parts, f.name: default})
        elif f.name in ("network", "theory", "split", "evaluate_at") and is_dataclass(value):
            for key, text, part in defaults_of(value):
                yield f"{f.name}.{key}={text}", draft._replace(parts={**draft.parts, f.name: part})
    make = our_object(draft.dataset.get("_target_"))
    for key, parameter in signature(make).parameters.items() if make else ():
        if draft.dataset.get(key, parameter.default) != parameter.default is not parameter.empty:
            node = {**draft.dataset, key: parameter.default}
            yield f"dataset.{key}={short(draft.dataset[key])}", draft._replace(dataset=node)


def defaults_of(value: Any) -> Iterable[tuple[str, str, Any]]:
    for f in fields(value):
        now = getattr(value, f.name)
        if f.default is not MISSING and now != f.default:
            yield f.name, short(list(now) if isinstance(now, tuple) else now), replace(value, **{f.name: f.default})


def short(value: object) -> str:
    """
    >>> short(3), short([100000] * 50)
    ('3', '[100000,100000,100000, …]')
    """
    if isinstance(value, list):
        return "[" + ",".join(map(str, value[:3])) + (", …]" if len(value) > 3 else "]")
    text = in_words(value) if isinstance(value, dict) else str(value)
    return text if len(text) <= 30 else f"{text[:10]}… ({len(text)} digits)"
