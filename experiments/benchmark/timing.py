"""Timing fairly: contenders take turns, and what is reported is the median over rounds of ratios within a round."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np


class Times(NamedTuple):
    """Microseconds per replica and step, one for each round, and the seconds before the first: compilation, starting workers."""

    rounds: list[float]
    preparation: float

    @property
    def median(self) -> float:
        return float(np.median(self.rounds))

    def ratio(self, other: "Times") -> tuple[float, float, float]:
        """How many times as long this takes as the other, within rounds: median, least, most."""
        ratios = np.array(self.rounds) / np.array(other.rounds)
        return float(np.median(ratios)), float(ratios.min()), float(ratios.max())


def microseconds(run: Callable[[], int]) -> float:
    """Microseconds for one replica and step."""
    start = time.perf_counter()
    count = run()
    return (time.perf_counter() - start) / count * 1e6


def take_turns(
    prepare: Mapping[str, Callable[[], Callable[[], int]]], rounds: int, tell: Callable[[str], None]
) -> dict[str, Times]:
    """Prepares every contender, lets each run once unmeasured, and then all in turn, `rounds` times."""
    runs, preparation = {}, {}
    for name, make in prepare.items():
        tell(f"preparing {name}")
        start = time.perf_counter()
        runs[name] = make()
        runs[name]()
        preparation[name] = time.perf_counter() - start
    measured: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            tell(f"round {number + 1} of {rounds}: {name}")
            time.sleep(0.2)  # threads of the one before may still be spinning
            measured[name].append(microseconds(run))
    return {name: Times(values, preparation[name]) for name, values in measured.items()}
