"""Seeds that cross sources of chance: a seed's number, written in digits, says what it draws from each of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SOURCES = ("split", "init", "order")  # division and corruption; initial weights; minibatches and noise


def in_order(crossed: Mapping[str, int]) -> dict[str, int]:
    """How many draws of each source are crossed, in the order of SOURCES, however they were listed."""
    return {source: crossed[source] for source in SOURCES if source in crossed}


def draws(seeds: Sequence[int] | Any, crossed: Mapping[str, int]) -> dict[str, Any]:
    """The draw of each crossed source that every seed takes: the digits of its number, that of the split first.

    With ten splits and ten draws of initial weights, seed 37 has split 3 and weights 7; more splits leave all others as they were.

    >>> draws([0, 1, 37], {"split": 10, "init": 10})
    {'split': [0, 0, 3], 'init': [0, 1, 7]}
    """
    rest, digits = np.asarray(seeds, int), {}
    for source, count in reversed(in_order(crossed).items()):
        digits[source] = (rest % count).tolist()
        rest = rest // count
    return dict(reversed(digits.items()))


def first_draws(seeds: Sequence[int] | Any, crossed: Mapping[str, int]) -> Any:
    """The draw of the first source with several that every seed takes: seeds that share it are not independent.

    >>> first_draws([0, 1, 2, 3], {"split": 1, "init": 2, "order": 2})
    array([0, 0, 1, 1])
    """
    several = {source: count for source, count in crossed.items() if count > 1}
    return np.asarray(next(iter(draws(seeds, several).values())))


def is_crossing(value: Any) -> bool:
    """Whether a record's `crossed` can be read: whole numbers of draws, of two sources or more.

    >>> is_crossing({"split": 11, "init": 11}), is_crossing({"split": 11}), is_crossing({"split": 11, "luck": 2})
    (True, False, False)
    """
    return (
        isinstance(value, Mapping)
        and set(value) <= set(SOURCES)
        and all(type(count) is int and count > 0 for count in value.values())
        and sum(count > 1 for count in value.values()) > 1
    )
