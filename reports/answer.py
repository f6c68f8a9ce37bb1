"""The answer: one sentence, and the tables that it rests on, from a comparison."""

import math
from typing import Any

from reports.certainty import certainties
from reports.comparison import Comparison, Row
from reports.formats import number, p_value, plus_minus, show, show_difference, show_paired
from reports.load import Sweep
from reports.optimism import ledger
from reports.schema.names import MOST, listed
from reports.sign_flips import least_seeds
from reports.statistics import Interval


def sentence(comparison: Comparison) -> str:
    """The answer: which arms differ from the baseline at p < 0.05 after Holm's correction, best first; then the warnings.

    What the test cannot tell from 0 is called undecided and given with its difference, never called no difference.
    """
    compared = [row for row in comparison.rows if row.difference is not None and row.difference.n]
    if any(seeds_of(row) > 1 for row in compared):
        sentences = [differences(comparison, compared)]
    else:
        sentences = [of_one(row, comparison) for row in comparison.rows[:MOST]]
        sentences += [f"And {len(comparison.rows) - MOST:,} more."] if len(comparison.rows) > MOST else []
    return " ".join([*sentences, *comparison.warnings])


def of_one(row: Row, comparison: Comparison) -> str:
    seeds = "1 seed" if row.test_error.n == 1 else f"{row.test_error.n} seeds"
    return f"{row.arm}: test error {show(row.test_error, comparison)}, gap {show(row.gap, comparison)}, over {seeds}."


def differences(comparison: Comparison, compared: list[Row]) -> str:
    ranked = sorted(compared, key=mean_difference)
    lower, higher = ([row for row in ranked if row.p < 0.05 and sign * mean_difference(row) > 0] for sign in (-1, 1))
    undecided = [row for row in ranked if not row.p < 0.05]
    parts = [
        f"{words}: " + listed([f"{row.arm} ({show_difference(mean_difference(row), comparison)})" for row in rows])
        for words, rows in (("lower test error", lower), ("higher test error", higher), ("undecided", undecided))
        if rows
    ]
    beyond = [row for row in undecided if not row.corrected.least < 0.05]
    if beyond:
        parts.append(why_undecided(comparison, beyond, everything=len(beyond) == len(undecided)))
    n = max(seeds_of(row) for row in compared)
    return f"Against {comparison.baseline}, paired over {n} seeds: " + "; ".join(parts) + "."


def why_undecided(comparison: Comparison, rows: list[Row], everything: bool) -> str:
    """What keeps the test from deciding these rows, however large their differences, and the way out."""
    n, count = max(seeds_of(row) for row in rows), comparison.tested
    whom = "" if everything else f"for {listed([row.arm for row in rows])}, "
    seeds, comparisons = (
        ("1 seed" if n == 1 else f"{n} seeds"),
        ("one comparison" if count == 1 else f"{count:,} comparisons"),
    )
    needed = least_seeds(count)
    way_out = "compare fewer arms" if needed is None else f"{needed} seeds can"
    return f"{whom}with {seeds} and {comparisons} the sign-flip test cannot reach p < 0.05, however large the difference: {way_out}"


def mean_difference(row: Row) -> float:
    return row.difference.mean if row.difference is not None else math.nan


def seeds_of(row: Row) -> int:
    return row.difference.n if row.difference is not None else 0


def table_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row per arm, ready to show, and below them one per reference."""
    rows: list[dict[str, Any]] = [
        {
            "": row.arm,
            **({"chosen": row.chosen or "–"} if chooses(comparison) else {}),
            "test/error": show(row.test_error, comparison),
            "train/error": number(row.train_error.mean, comparison),
            "gap/error": show(row.gap, comparison),
            f"test/error − {comparison.baseline}": show_paired(row, comparison),
            "d": "–"
            if row.difference is None or math.isnan(row.difference.d)
            else f"{row.difference.d:+.1f}".replace("-", "−"),
            "p": p_value(row.p),
            "seeds": row.test_error.n,
        }
        for row in comparison.rows
    ]
    return rows + below(
        rows,
        [
            {"": line.name, "test/error": show(line.test_error, comparison), "seeds": line.test_error.n}
            for line in comparison.references
        ],
        "–",
    )


def chooses(comparison: Comparison) -> bool:
    """Whether any arm has chosen a value: else a column of choices would be empty, and take the room of others."""
    return any(row.choice for row in comparison.rows)


def below(rows: list[dict[str, Any]], lines: list[dict[str, Any]], nothing: str) -> list[dict[str, Any]]:
    """The references with the columns of the arms, of which they have few."""
    return [dict.fromkeys(rows[0], nothing) | line for line in lines] if rows else []


def terminal_rows(comparison: Comparison) -> tuple[list[dict[str, str]], str]:
    """The table in the form that fits into 80 columns of a terminal, and its caption."""
    rows = [
        {
            "": row.arm,
            **({"chosen": " ".join(row.choice.values())} if chooses(comparison) else {}),
            "test/error": plus_minus(row.test_error, comparison),
            "gap/error": plus_minus(row.gap, comparison),
            "difference": "" if row.difference is None else plus_minus(row.difference, comparison, sign=True),
            "p": "" if row.difference is None else p_value(row.p),
        }
        for row in comparison.rows
    ]
    lines = [{"": one.name, "test/error": plus_minus(one.test_error, comparison)} for one in comparison.references]
    rows += below(rows, lines, "")
    chosen = "; values chosen on validation error" if chooses(comparison) else ""
    unit = ", errors in %" if comparison.percent else ""
    return rows, (
        f"mean ± half of the 95 % t interval over {max(row.test_error.n for row in comparison.rows)} seeds{unit}; "
        f"differences from {comparison.baseline}\nare paired by seed; p: sign-flip test, Holm's correction{chosen}."
    )


def certainty_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """How sure each difference is, ready to show."""

    def ends(interval: Interval) -> str:
        return f"[{number(interval.low, comparison, sign=True)}, {number(interval.high, comparison, sign=True)}]"

    return [
        {
            "": entry.arm,
            "difference": number(entry.t.mean, comparison, sign=True),
            "bootstrap": ends(entry.bootstrap),
            "new data": ends(entry.other_data),
            "win rate": f"{entry.lower:.0%} of seeds",
            "p, Holm": p_value(entry.holm),
            "p, B–H": p_value(entry.benjamini_hochberg),
        }
        for entry in certainties(sweep, comparison)
    ]


def ledger_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The optimism ledger, ready to show."""
    return [
        {
            "": entry.arm,
            "last": show(entry.by_rule["last"], comparison),
            "best_validation": show(entry.by_rule["best_validation"], comparison),
            "oracle": show(entry.by_rule["oracle"], comparison),
            "optimism of the oracle": plus_minus(entry.optimism, comparison, sign=True),
            "selected on test": number(entry.selected_on_test.mean, comparison),
        }
        for entry in ledger(sweep, comparison)
    ]
