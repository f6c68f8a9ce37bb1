"""A factorial design is a full grid of switches: every combination of their two values, and nothing else that varies."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from experiments.config.composition import Job
from experiments.config.errors import ConfigurationError
from experiments.study.study import Study
from reports.schema.claims import text as in_words
from reports.schema.names import listed
from reports.schema.places import normal

Values = Mapping[float | str, str]  # of a switch: each in the form in which values are compared, and as written


def check_design(study: Study, jobs: Sequence[Job]) -> None:
    """Raises ConfigurationError unless the jobs are the full grid of the study's switches, each once."""
    if not study.design:
        return
    check_nothing_else_varies(study.design, jobs)
    switches = [switch(axis, jobs) for axis in study.design]
    there = {tuple(normal({axis: job.overrides[axis]})[axis] for axis in study.design) for job in jobs}
    missing = [place for place in product(*switches) if place not in there]
    if missing:
        cells = [
            in_words({a: v[p] for a, v, p in zip(study.design, switches, place, strict=True)}) for place in missing
        ]
        raise ConfigurationError(
            f"study.design needs all {2 ** len(switches)} combinations of its {len(switches)} switches; "
            f"{len(missing)} of them {'is' if len(missing) == 1 else 'are'} not in this sweep: {listed(cells)}. Put all "
            "switches into one grid, or compare the cells alone: study.design=[]."
        )


def switch(axis: str, jobs: Sequence[Job]) -> Values:
    """The two values of a switch, off before on, as the grid has them. Raises ConfigurationError where there are not two."""
    lacking = [job for job in jobs if axis not in job.overrides]
    if lacking:
        raise ConfigurationError(
            f"study.design names {axis}, which the cell {in_words(lacking[0].overrides) or 'of this sweep'} does not have; "
            "give every cell both values, such as a strength of 0 for off."
        )
    values: dict[float | str, str] = {}
    for job in jobs:
        values.setdefault(normal({axis: job.overrides[axis]})[axis], job.overrides[axis])
    if len(values) != 2:
        count = "one value" if len(values) == 1 else f"{len(values)} values"
        raise ConfigurationError(
            f"study.design names {axis}, which has {count} here: {listed([*values.values()])}; a switch has two, off and "
            f"on: {axis}=OFF,ON."
        )
    return values


def check_nothing_else_varies(design: Sequence[str], jobs: Sequence[Job]) -> None:
    """Raises ConfigurationError for an axis that is no switch: whose effect would the others' be averaged over?"""
    keys: dict[str, Any] = dict.fromkeys(key for job in jobs for key in job.overrides if key not in design)
    varying = [key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1]
    if varying:
        raise ConfigurationError(
            f"study.design names {listed(list(design))}, and {listed(varying)} varies as well; give it one value, or two "
            "and a place in study.design."
        )
