"""Expands a study's grids and a command line into the jobs of a sweep: lists of overrides, one list per job."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import ceil
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from hydra.errors import HydraException

LARGEST = 10**30  # bound on the ends of a range: as good as infinite
Check = Callable[[Sequence[Mapping[str, int]]], None]  # takes the number of values of each axis, per grid


def expand(
    grids: Sequence[Mapping[str, Any]], arguments: Sequence[str], loader: Any, check: Check = lambda counts: None
) -> list[list[str]]:
    """Every combination of every grid with the command line's arguments, without duplicates.

    `check` is called before values or jobs are listed, and may refuse if there are too many.

    An axis of a grid is a key with a list of values, one value, or a sweep as Hydra writes it ("range(1,5)"). Zipped axes
    are comma-separated keys with a list of rows, one value per key: "epochs, seeds": [[10, 5], [100, 2]]. Where a key on
    the command line is an axis of some grid, only the grids that offer one of its values run, with those values; if none
    offers one, the grids that have the axis run with the values given. Other keys multiply all grids.
    """
    parser = OverridesParser.create(config_loader=loader)
    typed = parser.parse_overrides(list(arguments))
    check_axes(override.get_key_element() for override in typed if override.is_sweep_override())
    by_key = {override.get_key_element(): override for override in typed}  # the last one of a repeated key counts
    plain = [part for grid in grids for part in unzipped(grid)]
    for key, override in (*by_key.items(), *ranges_of(plain, parser)):
        check([{key: count(override)}])
    given = {key: values(override) for key, override in by_key.items()}
    listed = offered(grids, loader)
    for key, asked in given.items():
        listed = with_axis(listed, key, asked)
    check([{key: len(values) for key, values in grid.items()} for grid in listed])
    return jobs_of(listed, given)


def offered(grids: Sequence[Mapping[str, Any]], loader: Any) -> list[dict[str, list[str]]]:
    """The values of each axis of each grid."""
    parser = OverridesParser.create(config_loader=loader)
    plain = [part for grid in grids for part in unzipped(grid)]
    return [{key: axis_values(key, spec, parser) for key, spec in grid.items()} for grid in plain]


def ranges_of(grids: Sequence[Mapping[str, Any]], parser: OverridesParser) -> list[tuple[str, Override]]:
    """The axes of grids that are written as text, and so may be ranges of any length; each once."""
    written = {(key, spec) for grid in grids for key, spec in grid.items() if isinstance(spec, str)}
    return [(key, parser.parse_override(f"{key}={spec}")) for key, spec in written]


def with_axis(grids: list[dict[str, list[str]]], key: str, asked: list[str]) -> list[dict[str, list[str]]]:
    """The grids restricted or extended to the values that the command line gives one key, as `expand` says."""
    having = [grid for grid in grids if key in grid]
    if not having:
        return [grid | {key: asked} for grid in grids]
    offering = []
    for grid in having:
        both = [value for value in grid[key] if value in asked]
        if both:
            offering.append(grid | {key: both})
    return offering or [grid | {key: asked} for grid in having]


def jobs_of(grids: Sequence[Mapping[str, list[str]]], given: Mapping[str, list[str]]) -> list[list[str]]:
    """Every combination of every grid's values, each once. Raises HydraException where there is none."""
    jobs = [job for grid in grids for job in product(*in_given_order(grid, given))]
    if not jobs:
        empty = sorted({key for grid in grids for key, values in grid.items() if not values})
        raise HydraException(f"the sweep has no jobs: there are no values for {' and '.join(empty)}.")
    return [list(job) for job in dict.fromkeys(jobs)]


def checked_grids(params: Any, grids: Any) -> list[dict[str, Any]]:
    """The grids of a study, each merged with the shared axes `params`. Raises HydraException where one is no mapping.

    >>> checked_grids({"epochs": [1, 2]}, [{"penalty": "none"}, {"penalty": "l2"}])
    [{'epochs': [1, 2], 'penalty': 'none'}, {'epochs': [1, 2], 'penalty': 'l2'}]
    """
    for place, grid in [("params", params or {}), *((f"grids[{n}]", grid) for n, grid in enumerate(grids or []))]:
        if not isinstance(grid, Mapping) or not all(isinstance(key, str) for key in grid):
            raise HydraException(
                f"hydra.sweeper.{place} is {grid!r}; it must be a mapping of axes and their values, such as {{penalty.strength: [0.1, 1]}}."
            )
        check_axes(part.strip() for key in grid for part in key.split(","))
    return [{**(params or {}), **grid} for grid in grids or [{}]]


def check_axes(keys: Iterable[str]) -> None:
    """Raises HydraException for a key that says how the sweep is run, and so is no axis."""
    for key in keys:
        if key.lstrip("+~").split(".")[0].split("/")[0] in ("hydra", "execution"):
            raise HydraException(
                f"{key} controls how a sweep is run, so it cannot be an axis; give it one value on the command line."
            )


def unzipped(grid: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Splits a grid with zipped axes into grids without, one per row of values.

    >>> unzipped({"epochs, seeds": [[10, 5], [100, 2]], "penalty": "l2"})
    [{'epochs': 10, 'seeds': 5, 'penalty': 'l2'}, {'epochs': 100, 'seeds': 2, 'penalty': 'l2'}]
    """
    choices = []
    for key, spec in grid.items():
        keys = [part.strip() for part in key.split(",")]
        if len(keys) == 1:
            choices.append([{key: spec}])
            continue
        if not isinstance(spec, list) or any(not isinstance(row, list) or len(row) != len(keys) for row in spec):
            raise HydraException(f"the zipped axes {key!r} need rows of {len(keys)} values each; they have {spec!r}.")
        choices.append([{k: [v] if isinstance(v, list) else v for k, v in zip(keys, row, strict=True)} for row in spec])
    return [{k: v for part in row for k, v in part.items()} for row in product(*choices)]


def studies(arguments: Sequence[str], loader: Any) -> list[tuple[str | None, list[str]]]:
    """Splits a command line with several studies, `study=a,b` or `study=glob(*)`: each study with its own arguments.

    With one study or none, which is composed already: [(None, arguments)].
    """
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(arguments))
    swept = [o for o in parsed if o.get_key_element() == "study" and o.is_sweep_override()]
    if not swept:
        return [(None, list(arguments))]
    others = [argument for argument, o in zip(arguments, parsed, strict=True) if o is not swept[-1]]
    return [(study, [f"study={study}", *others]) for study in values(swept[-1])]


def in_given_order(grid: Mapping[str, list[str]], given: Mapping[str, Any]) -> list[list[str]]:
    """Each axis as a list of "key=value": those given on the command line first."""
    return [[f"{key}={value}" for value in grid[key]] for key in sorted(grid, key=lambda key: key not in given)]


def values(override: Override) -> list[str]:
    """The values of one override, as text that Hydra parses back."""
    if not override.is_sweep_override():
        return [override.get_value_element_as_str()]
    if not override.is_discrete_sweep():
        raise HydraException(
            f"{override.input_line}: an interval has no values to list; give them (a=1,2,3), or use a sweeper that "
            "chooses, such as hydra/sweeper=optuna."
        )
    return list(override.sweep_string_iterator())


def count(override: Override) -> int:
    """How many values an override has; a range is not listed to count it."""
    sweep = override.value()
    if isinstance(sweep, ChoiceSweep):
        return len(sweep.list)
    if not isinstance(sweep, RangeSweep) or not sweep.step:
        return 1
    start, stop, step = (float(min(max(end or 0, -LARGEST), LARGEST)) for end in (sweep.start, sweep.stop, sweep.step))
    return max(0, ceil((stop - start) / step))


def axis_values(key: str, spec: Any, parser: OverridesParser) -> list[str]:
    texts = (
        [as_text(value) for value in spec]
        if isinstance(spec, list)
        else [spec if isinstance(spec, str) else as_text(spec)]
    )
    return [value for text in texts for value in values(parser.parse_override(f"{key}={text}"))]


def as_text(value: Any) -> str:
    """A value of a YAML file in the grammar of Hydra's command line.

    >>> as_text([64, 64]), as_text(None), as_text(1e-4), as_text("l2"), as_text("a b")
    ('[64,64]', 'null', '0.0001', 'l2', "'a b'")
    """
    if isinstance(value, list):
        return "[" + ",".join(map(as_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{as_text(v)}" for key, v in value.items()) + "}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str) and not re.fullmatch(r"[\w./:+-]+", value):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)
