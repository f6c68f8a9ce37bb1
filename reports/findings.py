"""What a sweep has to say in numbers. Sweeps of networks and of theories are two kinds; the page around them is one."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import pandas as pd

from reports.figures.every import Planned

Made = TypeVar("Made")


class Attempt(Protocol):
    """Makes a part of the report; None where that fails, which costs this part alone and is told."""

    def __call__(self, title: str, make: Callable[[], Made]) -> Made | None: ...


class Findings(NamedTuple):
    """What differs between the kinds."""

    explained: str  # the template that explains the table
    heading: str  # of the table
    sentences: list[str]  # of the answer
    warnings: list[str]
    notes: list[str]  # what could be better about the sweep
    chosen: frozenset[str]  # the cells that stand for their arms: a claim about an arm is about these
    table: list[dict[str, Any]]  # the answer in numbers, of the first arms or cells by validation error
    total: int  # of how many
    numbers: pd.DataFrame  # the same of all, unrounded
    tables: dict[str, list[dict[str, str]]]  # others, by name
    figures: list[Planned]  # beside those that the study states
    in_terminal: tuple[list[dict[str, Any]], str]  # rows and caption
    percent: bool = False  # errors are shares of examples
    all_diverged: bool = False  # every seed of every cell
