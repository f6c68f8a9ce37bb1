"""What may be crossed, as seeds={split: 11, init: 11}: each of so many splits with each of so many initial weights."""

from collections.abc import Collection, Mapping
from math import prod
from typing import Any

from reports.schema.crossing import SOURCES, in_order

MOST = 2**32  # seeds are less than that
EXAMPLE = "seeds={split: 11, init: 11}"


def crossing(seeds: Any, vary: Collection[str]) -> dict[str, int]:
    """How many draws of each source are crossed; empty where seeds are a number or a list. Raises ValueError.

    A source with one draw is the same for all.

    >>> crossing({"init": 5, "split": 3, "order": 1}, ["split", "init", "order"])
    {'split': 3, 'init': 5, 'order': 1}
    """
    if not isinstance(seeds, Mapping):
        return {}
    if wrong := what_is_wrong(seeds, vary):
        raise ValueError(f"seeds is {in_words(seeds)}; {wrong}.")
    return in_order(seeds)


def what_is_wrong(seeds: Mapping[Any, Any], vary: Collection[str]) -> str:
    """The rule that this crossing breaks, with the way out; empty if none."""
    if unknown := [str(source) for source in seeds if source not in SOURCES]:
        return f"sources of chance are {', '.join(SOURCES)}, not {', '.join(unknown)}: write {EXAMPLE}"
    if any(type(count) is not int or count < 1 for count in seeds.values()):
        return f"each source needs how many draws of it are crossed, a whole number from 1: {EXAMPLE}"
    if held := [source for source in seeds if source not in vary and seeds[source] > 1]:
        return f"vary is {list(vary)}, which holds {' and '.join(held)} still: let it vary, or leave it out of the crossing"
    if sum(count > 1 for count in seeds.values()) < 2:
        return f"a crossing needs two sources with two draws or more ({EXAMPLE}); of one source alone it is seeds=N with vary=[SOURCE]"
    if prod(seeds.values()) > MOST:
        return f"these are {prod(seeds.values()):,} seeds, and at most 2³² can be told apart"
    return ""


def in_words(seeds: Mapping[Any, Any]) -> str:
    """
    >>> in_words({"split": 11, "init": 11})
    '{split: 11, init: 11}'
    """
    return "{" + ", ".join(f"{source}: {count!r}" for source, count in seeds.items()) + "}"
