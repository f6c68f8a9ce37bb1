"""What is known of a claim before anything is trained: why the planned seeds cannot decide it, or nothing could refute it."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from reports.claims.verdicts import counted
from reports.schema.claims import Claim, Place, text
from reports.schema.places import same
from reports.sign_flips import least_p, least_seeds

MOST = 1000  # seeds: how many are asked for at most


class Planned(NamedTuple):
    """How many seeds each cell will have, all claims of the study, and the metrics that always lie from 0 to 1."""

    seeds: int
    claims: Sequence[Claim]
    shares: Collection[str]


def one_seed(planned: Planned) -> str:
    """Why an interval cannot be had."""
    return "1 seed has no interval: take at least 2" if planned.seeds < 2 else ""


def itself(one: Place, other: Place) -> str:
    """Why two cells cannot differ."""
    return f"{text(one)} is compared with itself: nothing could decide it" if same(one, other) else ""


def confined(metric: str, low: float, high: float, planned: Planned) -> str:
    """Why a metric cannot leave [low, high]."""
    if (metric in planned.shares or metric.startswith("share(")) and low <= 0 and high >= 1:
        return f"nothing could refute it: {metric} always lies from 0 to 1, which the margin covers"
    return ""


def too_few_flips(seeds: int, comparisons: int, one: str, many: str = "") -> str:
    """Why the sign-flip test cannot reach p < 0.05."""
    if least_p(seeds) * comparisons < 0.05:
        return ""
    few = f"with {counted(seeds, 'seed')} and {counted(comparisons, one, many)} the test cannot reach p < 0.05"
    return f"{few}: take at least {needed} seeds" if (needed := least_seeds(comparisons)) else few


def of_counts(possible: Callable[[int], set[str]], seeds: int) -> str:
    """Which verdict so many seeds cannot come to, whatever they find."""
    for verb, verdict in (("support", "supported"), ("refute", "refuted")):
        if verdict not in possible(seeds):
            needed = next((n for n in range(seeds + 1, MOST + 1) if verdict in possible(n)), None)
            few = f"{counted(seeds, 'seed')} cannot {verb} it, whatever they find"
            return f"{few}: take at least {needed}" if needed else few
    return ""
