"""Whether a sweep will have a cell at a place that its study names; and if not, whether the study's whole grid has one.

A command line may run a part of a study: then what is said about the other part cannot be tested, and that is no mistake. It is
one where no cell could be there: a misspelt option, or a value that is on no grid.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from experiments.config.composition import Job
from experiments.config.errors import ConfigurationError, did_you_mean
from experiments.config.values import settings_of
from reports.schema.claims import text as in_words
from reports.schema.names import listed
from reports.schema.places import cells_at, normal, several, telling_apart

Cell = Mapping[str, Any]
Offered = Sequence[Mapping[str, Sequence[str]]] | None


class Sweeping(NamedTuple):
    """The jobs of a sweep, and all values of the axes in each of its study's own grids; None where another sweeper chooses values."""

    jobs: Sequence[Job]
    offered: Offered = None


def cells(sweeping: Sweeping, keys: Sequence[str]) -> list[Cell]:
    """The jobs as cells, with their numbers and their values of these keys."""
    return [
        {"job": n, "name": in_words(job.overrides), "axes": job.overrides, "settings": settings_of(job, keys)}
        for n, job in enumerate(sweeping.jobs)
    ]


def why_untested(where: str, place: Mapping[str, Any], sweeping: Sweeping, listed_cells: Sequence[Cell]) -> str:
    """Why this sweep has no cell at a place; empty if it has. Raises ConfigurationError where there can be none, naming `where`."""
    if cells_at(place, listed_cells):
        return ""
    if sweeping.offered is not None:
        check_possible(where, without_typed(place, sweeping), sweeping, listed_cells)
    return f"no cell is at {in_words(place)}"


def why_ambiguous(place: Mapping[str, Any], choose: Sequence[str], listed_cells: Sequence[Cell]) -> str:
    """Why it is not one arm that is at a place, if it is not: of an arm's cells one is chosen."""
    here = cells_at(place, listed_cells)
    arms: dict[str, Cell] = {}
    for cell in here:
        own = {key: value for key, value in cell["axes"].items() if key not in choose}
        arms.setdefault(in_words(own), {**cell, "axes": own})
    if len(arms) < 2:
        return ""
    varying = telling_apart([cell["axes"] for cell in arms.values()])
    return several(place, [{**c, "name": in_words({k: c["axes"].get(k) for k in varying})} for c in arms.values()])


def without_typed(place: Mapping[str, Any], sweeping: Sweeping) -> dict[str, Any]:
    """The place without keys to which the command line gives one value: the study alone would give them another."""
    return {key: value for key, value in place.items() if not is_typed(key, sweeping)}


def is_typed(key: str, sweeping: Sweeping) -> bool:
    values = {job.overrides.get(key) for job in sweeping.jobs}
    on_grid = any(key in grid for grid in sweeping.offered or ())
    return len(values) == 1 and None not in values and not on_grid


def check_possible(where: str, place: Mapping[str, Any], sweeping: Sweeping, listed_cells: Sequence[Cell]) -> None:
    """Raises ConfigurationError where neither this sweep nor the rest of the study's grids can have a cell at the place."""
    if cells_at(place, listed_cells):
        return
    whole = is_whole(sweeping)
    for key, value in place.items():
        there = values_of(key, sweeping, listed_cells)
        decided = whole or is_axis(key, sweeping)
        if decided and normal({key: value})[key] not in there.values():
            raise ConfigurationError(no_such_value(where, {key: value}, list(there)))
    if whole or not any(has(grid, place) for grid in sweeping.offered or ()):
        names = listed([cell["name"] or "the only one" for cell in listed_cells])
        raise ConfigurationError(
            f"{where} is {in_words(place)}, and no cell has all of these values. The cells: {names}."
        )


def no_such_value(where: str, place: Mapping[str, Any], there: list[str]) -> str:
    (key,) = place
    if not there:
        return f"{where} names {in_words(place)}, but no cell of this sweep has {key}."
    value = in_words(place).partition("=")[2]
    return f"{where} names {in_words(place)}; here {key} is {' or '.join(there)}.{did_you_mean(value, there)}"


def values_of(key: str, sweeping: Sweeping, listed_cells: Sequence[Cell]) -> dict[str, float | str]:
    """The values of a key in this sweep and on the study's grids, as written, each with its form for comparing."""
    texts = [{**cell["settings"], **cell["axes"]}.get(key) for cell in listed_cells]
    texts += [text for grid in sweeping.offered or () for text in grid.get(key, ())]
    return {text: normal({key: text})[key] for text in texts if text is not None}


def is_axis(key: str, sweeping: Sweeping) -> bool:
    """Whether a key has several values in this sweep, or is on a grid of the study."""
    on_grid = any(key in grid for grid in sweeping.offered or ())
    return on_grid or len({job.overrides.get(key) for job in sweeping.jobs}) > 1


def is_whole(sweeping: Sweeping) -> bool:
    """Whether every value on the study's grids is in this sweep."""
    there = {(key, value) for job in sweeping.jobs for key, value in normal(job.overrides).items()}
    grids = sweeping.offered or ()
    return all((key, normal({key: v})[key]) in there for grid in grids for key, texts in grid.items() for v in texts)


def has(grid: Mapping[str, Sequence[str]], place: Mapping[str, Any]) -> bool:
    """Whether a grid has the values of a place, as far as these are axes of it."""
    wanted = normal(place)
    return all(wanted[key] in [normal({key: text})[key] for text in grid[key]] for key in wanted if key in grid)
