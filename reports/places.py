"""The one cell of a sweep that a place names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from reports.load import Sweep
from reports.schema.claims import text
from reports.schema.places import cells_at, several


@dataclass(frozen=True)
class NotTested(Exception):
    """The sweep lacks what a claim is about."""

    why: str


def cell_at(place: Mapping[str, Any], sweep: Sweep, chosen: Collection[str]) -> str:
    """The name of the one cell at a place; where an arm's cells all are, of the one that stands for it. Raises NotTested."""
    here = cells_at(place, sweep.cells)
    if len(here) > 1:
        here = [cell for cell in here if cell["name"] in chosen] or here
    if not here and cells_at(place, sweep.failed):
        raise NotTested(f"the cell at {text(place)} failed")
    if not here:
        raise NotTested(f"no cells of this sweep are at {text(place)}")
    if len(here) > 1:
        raise NotTested(several(place, here))
    return str(here[0]["name"])
