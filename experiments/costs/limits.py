"""Limits what a sweep may cost: one that costs more is refused before it starts, with the estimate and the way to lift the limit."""

from collections.abc import Mapping, Sequence
from math import inf, prod
from typing import NamedTuple

from experiments.config.errors import ConfigurationError
from experiments.costs.causes import causes
from experiments.costs.cost import CONFIG, JOB, PROCESS, Cost, cost
from experiments.costs.loads import Load, bounded
from experiments.costs.machine import free_disk, memory_of_machine
from experiments.study.execution import Execution, amount
from experiments.training.workers import Workers

TIMES = (("years", 365.25 * 86400), ("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
BYTES = (("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6))


class TooDear(ConfigurationError):
    """A sweep that would cost more than it may."""


class Limit(NamedTuple):
    """The most that one measure of a cost may be."""

    key: str
    measure: str  # the field of Cost
    asked: object  # what execution.KEY says
    most: float
    had: str = ""  # how much there is, in words


def limits(options: Execution) -> list[Limit]:
    """The limits that `options` sets. A share of an unknown amount of memory sets none."""
    memory, disk = memory_of_machine(), free_disk()
    has = f" (this machine has {in_bytes(memory)})" if memory else ""
    hours, most_memory, most_disk = options.max_hours, options.max_memory, options.max_disk
    stated = [
        Limit("max_hours", "time", hours, inf if hours is None else 3600 * hours),
        Limit("max_memory", "memory", most_memory, amount(most_memory, memory), has),
        Limit("max_disk", "disk", most_disk, amount(most_disk, disk), f" ({in_bytes(disk)} are free)"),
    ]
    return [limit for limit in stated if limit.most > 0]


def check(loads: Sequence[Load], options: Execution, where: Workers) -> None:
    """Raises TooDear where a sweep of these cells may not start."""
    total = cost(loads, where, options)
    if broken := exceeded(total, options):
        reasons = causes(loads, lambda some: getattr(cost(some, where, options), broken[0].measure))
        raise TooDear(refusal(in_words(total), broken, reasons) + uncounted(loads))


def uncounted(loads: Sequence[Load]) -> str:
    """A note that the data are not counted, where the size of some is unknown; else empty."""
    return (
        ""
        if all(load.is_known for load in loads)
        else " (The data are not counted: their size is unknown until they are loaded.)"
    )


def exceeded(total: Cost, options: Execution) -> list[Limit]:
    return [limit for limit in limits(options) if getattr(total, limit.measure) > limit.most]


def check_jobs(options: Execution, grids: Sequence[Mapping[str, int]]) -> None:
    """Raises TooDear where grids, given as the number of values per axis, have too many jobs even to compose."""
    jobs = sum(prod(axes.values()) for axes in grids)
    composing = Cost(bounded(jobs) * JOB, PROCESS + bounded(jobs) * CONFIG, 0.0, 1)
    if broken := exceeded(composing, options):
        axis, count = max((axis for axes in grids for axis in axes.items()), key=lambda axis: axis[1])
        needs = (
            f"{in_time(composing.time)} and {in_bytes(composing.memory)} of memory just to compose its {jobs:,} jobs"
        )
        raise TooDear(refusal(needs, broken, [f"the {count:,} values of {axis}"]))


def refusal(needs: str, broken: Sequence[Limit], reasons: Sequence[str]) -> str:
    allowed = " and ".join(f"execution.{limit.key}={limit.asked} allows{limit.had}" for limit in broken)
    mostly = f", mostly because of {' and '.join(reasons)}" if reasons else ""
    insist = " ".join(f"execution.{limit.key}=null" for limit in broken)
    return f"the sweep would take {needs}{mostly}. That is more than {allowed}. Make it smaller, or lift the limit: {insist}."


def in_words(total: Cost) -> str:
    cores = f"{total.cores} core{'s' if total.cores > 1 else ''}"
    return (
        f"about {in_time(total.time)} on {cores}, {in_bytes(total.memory)} of memory and {in_bytes(total.disk)} of disk"
    )


def in_time(seconds: float) -> str:
    """
    >>> in_time(90), in_time(3e8), in_time(1e30)
    ('90 seconds', '9.5 years', '3.2e+22 years')
    """
    return counted(seconds, TIMES, least=2)


def in_bytes(count: float) -> str:
    """
    >>> in_bytes(4.12e12), in_bytes(2.5e10), in_bytes(100)
    ('4.1 TB', '25 GB', '0.0001 MB')
    """
    return counted(count, BYTES, least=1)


def counted(value: float, units: Sequence[tuple[str, float]], least: float) -> str:
    """The value to two digits, in the largest unit of which it has at least `least`."""
    name, size = next((unit for unit in units if value >= least * unit[1]), units[-1])
    number = float(f"{value / size:.2g}")
    return f"{number:,.0f} {name}" if 100 <= number < 1e6 else f"{number:.2g} {name}"
