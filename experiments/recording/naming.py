"""Names the cells of a sweep by their places on its axes, and their seeds in short."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from experiments.config.composition import Job
from experiments.config.secrets import hidden
from experiments.recording.provenance import command, origins
from experiments.study.study import Study
from reports.schema.names import short, unambiguous

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from experiments.recording.confirmation import Confirmation


class SweepRun(NamedTuple):
    """An open sweep, and where its cells are recorded."""

    client: "MlflowClient"
    experiment_id: str
    run_id: str
    study: Study
    name: str  # the study's name and the time of its start
    folder: Path  # of its report
    axes: tuple[str, ...]
    names: dict[tuple[tuple[str, str], ...], str]  # of the cells, by their places on the axes
    confirms: "Confirmation | None" = None

    def place(self, job: Job) -> tuple[dict[str, str], str]:
        """Where a job lies on the axes, and the name of its cell."""
        place = axis_values(self.axes, job)
        return place, self.names[tuple(place.items())]


def in_short(seeds: Sequence[int]) -> str:
    """Seeds in ranges.

    >>> in_short([0, 1, 2, 5, 7, 8])
    '0–2, 5, 7–8'
    """
    ranges: list[list[int]] = []
    for seed in sorted(seeds):
        if ranges and seed == ranges[-1][-1] + 1:
            ranges[-1][1:] = [seed]
        else:
            ranges.append([seed])
    return ", ".join("–".join(map(str, ends)) for ends in ranges)


def from_short(text: str) -> set[int]:
    """
    >>> sorted(from_short("0–2, 5"))
    [0, 1, 2, 5]
    """
    ends = [list(map(int, part.split("–"))) for part in text.split(", ") if part]
    return {seed for end in ends for seed in range(end[0], end[-1] + 1)}


def axis_values(axes: Sequence[str], job: Job) -> dict[str, str]:
    """Where a job lies on the axes of a sweep."""
    return {key: hidden(job.overrides[key]) for key in axes if key in job.overrides}


def cell_names(study: Study, axes: Sequence[str], jobs: Sequence[Job]) -> dict[tuple[tuple[str, str], ...], str]:
    """The names of the cells, by their places on the axes; no two are equal."""
    places = [axis_values(axes, job) for job in jobs]
    names = [cell_name(place, axes, job) or study.name for place, job in zip(places, jobs, strict=True)]
    return dict(zip((tuple(place.items()) for place in places), unambiguous(names, places, axes), strict=True))


def cell_name(place: Mapping[str, str], axes: Sequence[str], job: Job) -> str:
    """A cell's name: its chosen options, and its other values with the last parts of their keys."""
    options = {key for key in job.choices if "@" not in key}
    return " ".join(value if key in options else f"{short(key, axes)}={value}" for key, value in place.items())


def own_command(job: Job) -> str:
    """The command that runs this cell alone."""
    return hidden(command([*origins(sys.argv[1:]), *(f"{key}={value}" for key, value in job.overrides.items())]))


def in_words(seeds: str) -> str:
    """The seeds as part of a run's name, so that runs of different seeds have different names.

    >>> in_words("0–9"), in_words("3, 5–7"), in_words("4")
    ('10 seeds', 'seeds 3, 5–7', 'seed 4')
    """
    if re.fullmatch(r"0–\d+", seeds):
        return f"{int(seeds[2:]) + 1} seeds"
    kind = "seed" if seeds.isdigit() else "seeds"
    return f"{kind} {seeds}" if seeds else ""
