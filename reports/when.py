"""When a claim was stated: before anything was run that it is about, or after some of it.

It rests on the times of this store alone: a claim is as old as the earliest sweep there that stated it, and a seed as the moment
at which its training began, each by the clock of the machine that noted it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from reports.load import Sweep
from reports.schema import BEGAN
from reports.schema.named import along, places
from reports.schema.places import cells_at
from reports.schema.statement import digest


class Statement(NamedTuple):
    """When a claim was first stated, in milliseconds since 1970, and how many of its cells had been trained in part by then."""

    at: int | None  # None: not known
    cells: int  # that the claim names
    trained: int | None  # None: not known

    def in_words(self) -> str:
        """
        >>> Statement(1, 2, 0).in_words(), Statement(1, 2, 1).in_words(), Statement(None, 2, None).in_words()
        ('stated before anything was run', 'stated after 1 of 2 cells', 'not known when it was stated')
        """
        if not self.cells:
            return ""
        if self.trained is None:
            return "not known when it was stated"
        return (
            f"stated after {self.trained} of {self.cells} cells" if self.trained else "stated before anything was run"
        )


def statement(claim: Any, sweep: Sweep) -> Statement:
    """When a claim of the study was stated, and what it is about was trained."""
    at, cells = sweep.stated.get(digest(claim)), named(claim, sweep)
    began = beginnings(sweep.seeds, cells)
    if at is None or any(time is None for time in began):
        return Statement(at, len(cells), None)
    return Statement(at, len(cells), sum(time < at for time in began if time is not None))


def named(claim: Any, sweep: Sweep) -> list[str]:
    """The finished cells at the places of a claim; of an arm all cells, since one of them is chosen after training."""
    here = [cell for _, place in places(claim) for cell in cells_at(place, sweep.cells)]
    having = [cell for cell in here if all(axis in cell["axes"] for axis in along(claim))]
    return list(dict.fromkeys(cell["name"] for cell in having))


def beginnings(seeds: pd.DataFrame, cells: Iterable[str]) -> list[int | None]:
    """For each cell when the training of its first seed began; None where a seed's time is missing, or no time at all."""
    if BEGAN not in seeds:
        return [None for _ in cells]
    times = {str(cell): known(own) for cell, own in seeds.groupby("cell", sort=False)[BEGAN]}
    return [times.get(cell) for cell in cells]


def known(times: pd.Series) -> int | None:
    return int(times.min()) if bool((times > 0).all()) and float(times.max()) < 2**53 else None
