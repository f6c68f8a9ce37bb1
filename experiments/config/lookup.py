"""Every name in a study is looked up before anything is trained: keys, cells and metrics of its claims, figures and tables.

A name that no config of the sweep has is a mistake, told with those that there are. A claim on cells that only a part of the sweep
lacks is none: it is returned, to be told that it cannot be tested.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from experiments import CONF
from experiments.config.composition import has_key
from experiments.config.errors import ConfigurationError, did_you_mean, known_keys
from experiments.config.reach import Cell, Sweeping, cells, why_ambiguous, why_untested
from experiments.study.study import Study
from reports.schema import named
from reports.schema.claims import words
from reports.schema.derived import metric_names
from reports.schema.statements import claim

SHOWN = 12  # metrics of one group that are listed one by one: weights/*, exact/*


class Untestable(NamedTuple):
    """A claim that this sweep cannot test, and why."""

    says: str
    why: str


def look_up_keys(study: Study, sweeping: Sweeping) -> None:
    """Raises ConfigurationError where the study names a key that no config has: a misspelt one would go unnoticed."""
    known: Collection[str] = ()
    for where, key in keys_named(study):
        if is_here(key, sweeping):
            continue
        known = known or sorted(known_keys(CONF))  # the jobs may be only the part of a study without this axis
        if key not in known:
            axes = sorted({axis for job in sweeping.jobs for axis in job.overrides if axis.split(".")[0] != "study"})
            there = f" Its axes are {', '.join(axes)}; `--cfg job` prints all keys." if axes else ""
            mean = did_you_mean(key, [*axes, *known])
            raise ConfigurationError(f"{where} names {key!r}, which is no key of this config.{mean}{there}")


def keys_named(study: Study) -> Iterator[tuple[str, str]]:
    """All keys that the study names, each with where."""
    yield from (("study.choose", key) for key in study.choose)
    yield from (("study.baseline", key) for key in study.baseline)
    yield from (("study.design", key) for key in study.design)
    for n, stated in enumerate(study.claims):
        for end, place in named.places(stated):
            yield from ((f"study.claims[{n}].{end}", key) for key in place)
        yield from ((f"study.claims[{n}].axis", key) for key in named.along(stated))
    for n, figure in enumerate(study.figures):
        yield from ((f"study.figures[{n}]", key) for key in named.axes(figure))
        yield from ((f"study.figures[{n}].only", key) for place in named.excerpts(figure) for key in place)


def is_here(key: str, sweeping: Sweeping) -> bool:
    on_grid = any(key in grid for grid in sweeping.offered or ())
    return on_grid or any(
        key in job.overrides or key in job.choices or has_key(job.config, key) for job in sweeping.jobs
    )


def look_up_metrics(study: Study, metrics: Collection[str]) -> None:
    """Raises ConfigurationError where the study names a metric, or a pattern of metrics, that nothing here measures."""
    for where, text in metrics_named(study):
        try:
            needed = metric_names(text)
        except ValueError as error:
            raise ConfigurationError(f"{where}: {error}.") from error
        for name in needed:
            if name not in metrics and not (where.startswith("study.figures") and matches(name, metrics)):
                raise ConfigurationError(
                    f"{where} names {name!r}, which nothing here measures.{did_you_mean(name, metrics)} "
                    f"There are {', '.join(in_short(metrics))}."
                )


def metrics_named(study: Study) -> Iterator[tuple[str, str]]:
    """All metrics that the study names, each with where; those of figures may be patterns."""
    yield from (("study.measures", text) for text in study.measures)
    for n, stated in enumerate(study.claims):
        yield f"study.claims[{n}].metric", stated["metric"]
    for n, figure in enumerate(study.figures):
        yield from ((f"study.figures[{n}]", text) for text in named.patterns(figure))


def matches(pattern: str, metrics: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in metrics)


def in_short(metrics: Collection[str]) -> list[str]:
    """The metrics in order, a large group of them as a pattern.

    >>> in_short(["test/error", *(f"exact/{n}" for n in range(13))])
    ['exact/*', 'test/error']
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(metrics):
        groups.setdefault(name.partition("/")[0], []).append(name)
    return [text for group, own in groups.items() for text in (own if len(own) <= SHOWN else [f"{group}/*"])]


def look_up_cells(study: Study, sweeping: Sweeping) -> list[Untestable]:
    """The claims that this sweep cannot test. Raises ConfigurationError where a place is one that no cell of the study can have."""
    there = cells(sweeping, named.keys(study.baseline, study.claims, study.figures))
    if study.baseline:
        why_untested("study.baseline", study.baseline, sweeping, there)
    for n, figure in enumerate(study.figures):
        for place in named.excerpts(figure):
            why_untested(f"study.figures[{n}].only", place, sweeping, there)
    found = [(stated, why_not(n, stated, study, sweeping, there)) for n, stated in enumerate(study.claims)]
    return [Untestable(words(claim(stated)), why) for stated, why in found if why]


def why_not(n: int, stated: Mapping[str, Any], study: Study, sweeping: Sweeping, there: Sequence[Cell]) -> str:
    """Why this sweep cannot test a claim, if it cannot."""
    for end, place in [*named.places(stated), *named.inside(stated)]:
        why = why_untested(f"study.claims[{n}].{end}", place, sweeping, there)
        if why := why or ("" if end in named.OF_SEVERAL else why_ambiguous(place, study.choose, there)):
            return why
    return ""
