"""What a study's smallest effect makes of its comparisons: a word for each, the power of its seeds, and how many it needs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from reports.comparison import Comparison, Pair
from reports.decision import Decision, decide
from reports.formats import ends, number
from reports.load import Sweep
from reports.power import power, sd_limit, seeds_needed
from reports.statistics import PairedDifference, t_quantile

COLUMNS = ["arm", "minus", "decision", "difference", "low", "high", "sd", "sd limit", "seeds", "power", "seeds needed"]


class Effect(NamedTuple):
    """One comparison, held against the smallest effect δ; power and seeds are of the test for δ, with the sd's upper 80 % limit."""

    pair: Pair
    decision: Decision
    sd: float  # of the differences over seeds
    limit: float  # of the sd
    power: float | None  # of the sweep's own seeds; None where all differences are equal
    seeds: int | None  # for a power of 0.8


def effects(sweep: Sweep, comparison: Comparison) -> Iterator[Effect]:
    """An entry for every comparison of two seeds or more whose arms are shown; none where the study states no smallest effect."""
    smallest, shown = float(sweep.study.get("smallest_effect") or 0), {row.arm for row in comparison.rows}
    for pair in comparison.pairs if smallest else ():
        if pair.difference.n > 1 and {pair.arm, pair.other} <= shown:
            yield effect(pair, smallest, comparison.tested)


def effect(pair: Pair, smallest: float, comparisons: int) -> Effect:
    n, sd = pair.difference.n, sd_of(pair.difference)
    limit = sd_limit(sd, n)
    word = decide(pair.together.low, pair.together.high, smallest)
    if not limit > 0:
        return Effect(pair, word, sd, limit, None, None)
    d = smallest / limit
    return Effect(pair, word, sd, limit, power(d, n, comparisons), seeds_needed(d, comparisons))


def sd_of(difference: PairedDifference) -> float:
    """The sd of differences, from their t interval mean ± t · sd / √n."""
    half = (difference.high - difference.low) / 2
    return float(half * difference.n**0.5 / t_quantile(0.975, difference.n - 1))


def smallest_effect_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The same, ready to show."""
    return [
        {
            "": entry.pair.arm,
            **({"minus": entry.pair.other} if sweep.study.get("compare") == "pairs" else {}),
            "decision": entry.decision,
            "over seeds, together": ends(entry.pair.together, comparison),
            "sd of differences": number(entry.sd, comparison),
            "at most (80 %)": number(entry.limit, comparison),
            "seeds": f"{entry.pair.difference.n:,}",
            "power": "–" if entry.power is None else f"{entry.power:.2f}",
            "seeds for power 0.8": "–" if entry.seeds is None else many(entry.seeds),
        }
        for entry in effects(sweep, comparison)
    ]


def many(seeds: int) -> str:
    """
    >>> many(1234), many(10**9)
    ('1,234', 'over a million')
    """
    return f"{seeds:,}" if seeds <= 10**6 else "over a million"


def smallest_effect_numbers(sweep: Sweep, comparison: Comparison) -> pd.DataFrame:
    """The same, unrounded, in the unit of the errors, with the columns of COLUMNS."""

    def numbers(entry: Effect) -> dict[str, Any]:
        pair = entry.pair
        named = {"arm": pair.arm, "minus": pair.other, "decision": entry.decision, "difference": pair.difference.mean}
        named |= {"low": pair.together.low, "high": pair.together.high, "sd": entry.sd, "sd limit": entry.limit}
        return named | {"seeds": pair.difference.n, "power": entry.power, "seeds needed": entry.seeds}

    return pd.DataFrame([numbers(entry) for entry in effects(sweep, comparison)], columns=COLUMNS)
