"""The answer: one sentence, and the tables that it rests on, from a comparison."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from reports.comparison import Comparison, Pair, Row
from reports.formats import (
    ends,
    half_width,
    number,
    p_value,
    plus_minus,
    show,
    show_difference,
    show_paired,
)
from reports.load import Sweep
from reports.optimism import BY_ERROR, ledger
from reports.schema.names import MOST, listed
from reports.sign_flips import least_seeds

NEW_DATA = "on new data"
ENOUGH = least_seeds(1) or 0  # below so many seeds no p can be less than 0.05


def sentence(comparison: Comparison) -> str:
    """The answer in three lines, and the warnings: what is decided over seeds of these data, what is not and why, what of new data.

    Arms stand best first. Decided is what has p < 0.05 by max-T, and so an interval without 0; the rest is undecided, and given with
    its difference.
    """
    compared = [row for row in comparison.rows if row.pair is not None and row.pair.difference.n]
    if any(seeds_of(row) > 1 for row in compared):
        ranked = sorted(compared, key=mean_difference)
        lines = [decided(comparison, ranked), undecided(comparison, ranked), of_new_data(ranked)]
        sentences = ["\n".join(filter(None, lines))]
    else:
        sentences = [of_one(row, comparison) for row in comparison.rows[:MOST]]
        sentences += [f"And {len(comparison.rows) - MOST:,} more."] if len(comparison.rows) > MOST else []
    return " ".join([*sentences, *comparison.warnings])


def of_one(row: Row, comparison: Comparison) -> str:
    seeds = "1 seed" if row.test_error.n == 1 else f"{row.test_error.n} seeds"
    return f"{row.arm}: test error {show(row.test_error, comparison)}, gap {show(row.gap, comparison)}, over {seeds}."


def decided(comparison: Comparison, ranked: list[Row]) -> str:
    """The population, and the arms whose difference over seeds is decided."""
    n = max(seeds_of(row) for row in ranked)
    where = f"{comparison.population[:1].upper()}{comparison.population[1:]}" or "Here"
    parts = [
        f"{words}: {listed([with_difference(row, comparison) for row in rows])}"
        for words, rows in by_sign(ranked, lambda row: row.p < 0.05, mean_difference)
    ]
    found = "; ".join(parts) or "no arm is decided"
    return f"{where}, over {n} {comparison.unit}, against the baseline {comparison.baseline}: {found}."


def undecided(comparison: Comparison, ranked: list[Row]) -> str:
    """The arms whose difference over seeds is not decided, and why."""
    rows = [row for row in ranked if not row.p < 0.05]
    if not rows:
        return ""
    few = [row for row in rows if seeds_of(row) < ENOUGH]
    whom = "" if len(few) == len(rows) else f" ({listed([row.arm for row in few])})"
    why = ["intervals over seeds include 0"] if len(few) < len(rows) else []
    why += (
        [
            f"below {ENOUGH} {comparison.unit}{whom} the sign-flip test can decide nothing: take more "
            f"({comparison.typed(ENOUGH)})"
        ]
        if few
        else []
    )
    return f"Undecided: {listed([with_difference(row, comparison) for row in rows])}; {'; '.join(why)}."


def of_new_data(ranked: list[Row]) -> str:
    """The same question about new data of the kind."""
    known = [row for row in ranked if row.pair is not None and not row.pair.new_data.why]
    if not known:
        whys = {row.pair.new_data.why for row in ranked if row.pair is not None}
        return f"What holds on new data of this kind is not known: {'; '.join(sorted(whys))}."
    parts = [
        f"{words}: {listed([row.arm for row in rows])}"
        for words, rows in by_sign(known, holds_on_new_data, mean_difference)
    ]
    rest = [row.arm for row in known if not holds_on_new_data(row)]
    parts += [f"undecided: {listed(rest)}"] if rest else []
    parts += (
        [f"not known: {listed([row.arm for row in ranked if row not in known])}"] if len(known) < len(ranked) else []
    )
    return f"On new data of this kind: {'; '.join(parts)}."


def holds_on_new_data(row: Row) -> bool:
    """Whether the interval on new data, all comparisons together, excludes 0."""
    return row.pair is not None and (row.pair.beyond.low > 0 or row.pair.beyond.high < 0)


def by_sign(
    ranked: list[Row], counts: Callable[[Row], bool], mean: Callable[[Row], float]
) -> Iterator[tuple[str, list[Row]]]:
    """The rows that count, those of lower error and those of higher error, where there are any."""
    for sign, words in ((-1, "lower test error"), (1, "higher test error")):
        rows = [row for row in ranked if counts(row) and sign * mean(row) > 0]
        if rows:
            yield words, rows


def with_difference(row: Row, comparison: Comparison) -> str:
    return f"{row.arm} ({show_difference(mean_difference(row), comparison)})"


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
            "gap/error": plus_minus(row.gap, comparison),
            f"test/error − {comparison.baseline}": show_paired(row, comparison),
            NEW_DATA: "–" if row.pair is None else ends(row.pair.beyond, comparison),
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
            "difference": "" if row.pair is None else half_width(mean_difference(row), row.pair.together, comparison),
            "p": "" if row.pair is None else p_value(row.p),
            NEW_DATA: "" if row.pair is None else ends(row.pair.beyond, comparison),
        }
        for row in comparison.rows
    ]
    lines = [{"": one.name, "test/error": plus_minus(one.test_error, comparison)} for one in comparison.references]
    rows += below(rows, lines, "")
    chosen = "; values chosen on validation error" if chooses(comparison) else ""
    unit = ", errors in %" if comparison.percent else ""
    return rows, (
        f"mean ± half of the 95 % t interval of each alone, over {max(row.test_error.n for row in comparison.rows)} "
        f"{comparison.these_seeds}{unit}; differences from {comparison.baseline} are paired by seed; their ± and p, and the interval "
        f"on new data, are of all comparisons together (max-T on sign flips){chosen}."
    )


def certainty_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """How sure each difference is, and what of, ready to show."""
    rows = [row.pair for row in comparison.rows if row.pair is not None and row.pair.difference.n > 1]
    return [of_pair(pair, comparison) for pair in rows]


def pair_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The same of every arm against every other, where the study compares these."""
    if sweep.study.get("compare") != "pairs":
        return []
    shown = {row.arm for row in comparison.rows}
    pairs = [pair for pair in comparison.pairs if pair.difference.n > 1 and {pair.arm, pair.other} <= shown]
    return [{"": pair.arm, "minus": pair.other} | of_pair(pair, comparison) for pair in pairs]


def of_pair(pair: Pair, comparison: Comparison) -> dict[str, str]:
    """The difference, its intervals, what widens that on new data, and its p."""
    parts = pair.new_data[3:6]
    shares = [f"{part / sum(parts):.0%}" if sum(parts) > 0 else "–" for part in parts]
    return {
        "": pair.arm,
        "difference": number(pair.difference.mean, comparison, sign=True),
        "over seeds, together": ends(pair.together, comparison),
        "over seeds, alone": ends(pair.difference, comparison),
        "on new data, together": ends(pair.beyond, comparison),
        "on new data, alone": ends(pair.new_data, comparison),
        "of seeds, test rows, training rows": ", ".join(shares) if not pair.new_data.why else pair.new_data.why,
        "d": "–" if math.isnan(pair.difference.d) else f"{pair.difference.d:+.1f}".replace("-", "−"),
        "p, together": p_value(pair.together.p),
        "p, step-down": p_value(pair.together.step_down),
        "seeds": str(pair.difference.n),
    }


def ledger_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The optimism ledger, ready to show."""
    return [
        {
            "": entry.arm,
            "reported": show(entry.reported, comparison),
            "least validation loss": number(entry.by_rule["best_validation"].mean, comparison),
            "least validation error": number(entry.by_rule[BY_ERROR].mean, comparison),
            "oracle": number(entry.by_rule["oracle"].mean, comparison),
            "oracle − reported": plus_minus(entry.against_reported, comparison, sign=True),
            "oracle − least validation error": plus_minus(entry.against_error, comparison, sign=True),
            "bias alone": "–" if entry.split_half is None else plus_minus(entry.split_half, comparison, sign=True),
            "value too": number(entry.selected_on_test.mean, comparison),
        }
        for entry in ledger(sweep, comparison)
    ]
