"""The answer of a comparison in words and numbers: the sentence, and the tables of the page, the terminal and the notebook."""

import math
from typing import Any

from reports.certainty import certainties
from reports.comparison import Comparison, Row
from reports.load import Sweep
from reports.optimism import ledger
from reports.statistics import Interval, PairedDifference


def sentence(comparison: Comparison) -> str:
    """The answer: which arms differ from the baseline at p < 0.05 after Holm's correction, best first; then the warnings."""
    arms = {row.arm: row.difference for row in comparison.rows if row.difference is not None and row.difference.n > 1}
    said = [differences(comparison, arms)] if arms else [of_one(row, comparison) for row in comparison.rows]
    return " ".join([*said, *comparison.warnings])


def of_one(row: Row, comparison: Comparison) -> str:
    return f"{row.arm}: test error {show(row.test_error, comparison)}, gap {show(row.gap, comparison)}, over {row.test_error.n} seeds."


def differences(comparison: Comparison, arms: dict[str, PairedDifference]) -> str:
    clear = {row.arm for row in comparison.rows if row.p < 0.05}
    ranked = sorted(arms, key=lambda arm: arms[arm].mean)
    n = max(difference.n for difference in arms.values())
    parts = []
    for words, found in (
        ("lower test error", [arm for arm in ranked if arm in clear and arms[arm].mean < 0]),
        ("higher test error", [arm for arm in ranked if arm in clear and arms[arm].mean > 0]),
    ):
        if found:
            parts.append(
                f"{words}: " + ", ".join(f"{arm} ({show_difference(arms[arm].mean, comparison)})" for arm in found)
            )
    unclear = [arm for arm in arms if arm not in clear]
    if unclear:
        parts.append(f"no difference that {n} seeds can tell: " + ", ".join(unclear))
    if 2.0 ** (1 - n) * len(arms) >= 0.05:
        comparisons = "one comparison" if len(arms) == 1 else f"{len(arms)} comparisons"
        parts.append(f"with {n} seeds and {comparisons} the test cannot reach p < 0.05 at all: take more seeds")
    return f"Against {comparison.baseline}, paired over {n} seeds: " + "; ".join(parts) + "."


def table_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row an arm, ready to show."""
    return [
        {
            "": row.arm,
            "chosen": row.chosen or "–",
            "test error": show(row.test_error, comparison),
            "train error": number(row.train_error.mean, comparison),
            "gap": show(row.gap, comparison),
            f"test error − {comparison.baseline}": show_paired(row, comparison),
            "d": "–"
            if row.difference is None or math.isnan(row.difference.d)
            else f"{row.difference.d:+.1f}".replace("-", "−"),
            "p": p_value(row.p),
            "seeds": row.test_error.n,
        }
        for row in comparison.rows
    ]


def terminal_rows(comparison: Comparison) -> tuple[list[dict[str, str]], str]:
    """The rows of `table_rows` that fit into 80 columns, and what they are."""
    rows = [
        {
            "": row.arm,
            "chosen": " ".join(value.split("=", 1)[1] for value in row.chosen.split()),
            "test error": plus_minus(row.test_error, comparison),
            "gap": plus_minus(row.gap, comparison),
            "difference": "" if row.difference is None else plus_minus(row.difference, comparison, True),
            "p": "" if row.difference is None else p_value(row.p),
        }
        for row in comparison.rows
    ]
    chosen = "; values chosen on validation error" if any(row.chosen for row in comparison.rows) else ""
    unit = ", errors in %" if comparison.percent else ""
    return rows, (
        f"mean ± half of the 95 % t interval over {max(row.test_error.n for row in comparison.rows)} seeds{unit}; "
        f"differences from {comparison.baseline}\nare paired by seed; p: sign-flip test, Holm's correction{chosen}"
    )


def certainty_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """How sure each difference is, ready to show."""

    def ends(interval: Interval) -> str:
        return f"[{number(interval.low, comparison, True)}, {number(interval.high, comparison, True)}]"

    return [
        {
            "": one.arm,
            "difference": number(one.t.mean, comparison, True),
            "bootstrap": ends(one.bootstrap),
            "on other such data": ends(one.other_data),
            "lower in": f"{one.lower:.0%} of seeds",
            "p, Holm": p_value(one.holm),
            "p, B–H": p_value(one.benjamini_hochberg),
            "seeds to tell it": "–" if one.seeds is None else f"{one.seeds:,}",
        }
        for one in certainties(sweep, comparison)
    ]


def ledger_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The optimism ledger, ready to show."""
    return [
        {
            "": entry.arm,
            "last step": show(entry.by_rule["last"], comparison),
            "best validation loss": show(entry.by_rule["best_validation"], comparison),
            "oracle": show(entry.by_rule["oracle"], comparison),
            "the oracle flatters by": plus_minus(entry.flattery, comparison, True),
            "peeking twice": number(entry.peeking.mean, comparison),
        }
        for entry in ledger(sweep, comparison)
    ]


def show(interval: Interval, comparison: Comparison) -> str:
    if interval.n < 2:
        return number(interval.mean, comparison)
    return (
        f"{number(interval.mean, comparison)} [{number(interval.low, comparison)}, {number(interval.high, comparison)}]"
    )


def plus_minus(interval: Interval | PairedDifference, comparison: Comparison, sign: bool = False) -> str:
    """A t interval is symmetric: mean ± half its length. One seed has none."""
    if interval.n < 2:
        return number(interval.mean, comparison, sign)
    return f"{number(interval.mean, comparison, sign)} ± {number((interval.high - interval.low) / 2, comparison)}"


def p_value(p: float) -> str:
    return "–" if math.isnan(p) else f"{p:.3f}"


def show_paired(row: Row, comparison: Comparison) -> str:
    if row.difference is None:
        return "baseline" if row.arm == row.baseline else "not paired"
    ends = ", ".join(number(end, comparison, sign=True) for end in (row.difference.low, row.difference.high))
    return f"{number(row.difference.mean, comparison, sign=True)} [{ends}]"


def show_difference(value: float, comparison: Comparison) -> str:
    return number(value, comparison, sign=True) + (" points" if comparison.percent else "")


def number(value: float, comparison: Comparison, sign: bool = False) -> str:
    if not math.isfinite(value):
        return "–"
    plus = "+" if sign else ""
    text = f"{value * 100:{plus}.2f}" if comparison.percent else f"{value:{plus}.4g}"
    return text.replace("-", "−")
