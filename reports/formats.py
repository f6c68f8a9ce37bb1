"""How numbers are written: errors with their unit, intervals, differences, p-values."""

import math
from typing import Protocol

from reports.comparison import Comparison, Row
from reports.statistics import Interval, PairedDifference


class Ends(Protocol):
    """What has two ends: any interval."""

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


def show(interval: Interval, comparison: Comparison) -> str:
    if interval.n < 2:
        return number(interval.mean, comparison)
    return (
        f"{number(interval.mean, comparison)} [{number(interval.low, comparison)}, {number(interval.high, comparison)}]"
    )


def plus_minus(interval: Interval | PairedDifference, comparison: Comparison, *, sign: bool = False) -> str:
    """Mean ± half of the t interval, which is symmetric; the mean alone for one seed."""
    if interval.n < 2:
        return number(interval.mean, comparison, sign=sign)
    return f"{number(interval.mean, comparison, sign=sign)} ± {number((interval.high - interval.low) / 2, comparison)}"


def p_value(p: float) -> str:
    """Three decimals, never rounded across 0.05.

    >>> p_value(0.0314), p_value(0.0004), p_value(0.0498), p_value(float("nan"))
    ('0.031', '<0.001', '<0.05', '–')
    """
    if math.isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else "<0.05" if p < 0.05 <= round(p, 3) else f"{p:.3f}"


def show_paired(row: Row, comparison: Comparison) -> str:
    """The difference with its interval in the family of all, or why there is none."""
    if row.pair is None:
        return "baseline" if row.arm == row.baseline else "not paired"
    shown = f"{number(row.pair.difference.mean, comparison, sign=True)} {ends(row.pair.together, comparison)}"
    return shown.removesuffix(" –")


def ends(interval: Ends, comparison: Comparison) -> str:
    """The ends of an interval of a difference; a dash where there is none."""
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return "–"
    return f"[{number(interval.low, comparison, sign=True)}, {number(interval.high, comparison, sign=True)}]"


def half_width(mean: float, interval: Ends, comparison: Comparison) -> str:
    """A difference ± half of its interval, where this has ends."""
    shown, half = number(mean, comparison, sign=True), (interval.high - interval.low) / 2
    return f"{shown} ± {number(half, comparison)}" if math.isfinite(half) else shown


def show_difference(value: float, comparison: Comparison) -> str:
    return number(value, comparison, sign=True) + (" points" if comparison.percent else "")


def number(value: float, comparison: Comparison, *, sign: bool = False) -> str:
    if not math.isfinite(value):
        return "–"
    plus = "+" if sign else ""
    text = f"{value * 100:{plus}z.2f}" if comparison.percent else f"{value:{plus}.4g}"
    return text.replace("-", "−")
