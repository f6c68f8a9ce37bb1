"""The findings of a sweep, of networks or of theories; the page around them is the same for both kinds."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import pandas as pd

from reports.figures.every import Planned

Made = TypeVar("Made")


class Attempt(Protocol):
    """Makes a part of the report, or records its failure and returns None, so that the other parts are still made."""

    def __call__(self, title: str, make: Callable[[], Made]) -> Made | None: ...


class Findings(NamedTuple):
    """What differs between the reports of the two kinds."""

    explained: str  # the template that explains the table
    heading: str  # of the table
    sentences: list[str]  # of the answer
    warnings: list[str]
    notes: list[str]  # what could be better about the sweep
    chosen: frozenset[str]  # the cells that stand for their arms: a claim about an arm is about these
    table: list[dict[str, Any]]  # the answer in numbers, of the first arms or cells by validation error
    total: int  # of how many arms or cells
    numbers: pd.DataFrame  # the same for all of them, unrounded
    tables: dict[str, list[dict[str, str]]]  # others, by name
    figures: list[Planned]  # beside those that the study states
    in_terminal: tuple[list[dict[str, Any]], str]  # rows and caption
    further: tuple[str, ...] = ()  # columns of the table that a narrow terminal leaves out first
    more_numbers: Mapping[str, pd.DataFrame] = {}  # others, by the name of their file
    percent: bool = False  # errors are shares of examples
    all_diverged: bool = False  # every seed of every cell
