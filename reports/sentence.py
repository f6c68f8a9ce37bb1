"""The answer in a few lines: what is decided over seeds of these data, what is not and why, and what of new data."""

import math
from collections.abc import Callable

from reports.comparison import Comparison, Ends, Row
from reports.decision import decide
from reports.formats import show, show_difference
from reports.schema.names import MOST, listed
from reports.sign_flips import least_seeds

ENOUGH = least_seeds(1) or 0  # below so many seeds no p can be less than 0.05
LOWER, HIGHER, BETTER, WORSE, EQUIVALENT, UNDECIDED = (
    *("lower test error", "higher test error"),
    *("better", "worse", "equivalent", "undecided"),
)


def sentence(comparison: Comparison) -> str:
    """The answer in three lines, and the warnings.

    Arms stand best first. What their interval decides is told by its word; the rest is undecided, and given with its difference.
    """
    compared = [row for row in comparison.rows if row.pair is not None and row.pair.difference.n]
    if any(seeds_of(row) > 1 for row in compared):
        ranked = sorted(compared, key=mean_difference)
        lines = [decided(comparison, ranked), undecided(comparison, ranked), of_new_data(comparison, ranked)]
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
        f"{word}: {listed([with_difference(row, comparison) for row in rows])}"
        for word, rows in by_word(ranked, over_seeds, comparison).items()
        if word != UNDECIDED
    ]
    found = "; ".join(parts) or "no arm is decided"
    return f"{where}, over {n} {comparison.unit}, against the baseline {comparison.baseline}: {found}."


def undecided(comparison: Comparison, ranked: list[Row]) -> str:
    """The arms whose difference over seeds is not decided, and why."""
    rows = by_word(ranked, over_seeds, comparison).get(UNDECIDED, [])
    if not rows:
        return ""
    few = [row for row in rows if seeds_of(row) < ENOUGH]
    whom = "" if len(few) == len(rows) else f" ({listed([row.arm for row in few])})"
    beyond = f" and differences beyond ± {effect(comparison)}" if comparison.smallest_effect else ""
    why = [f"intervals over seeds include 0{beyond}"] if len(few) < len(rows) else []
    if few:
        short = f"below {ENOUGH} {comparison.unit}{whom} the sign-flip test can decide nothing"
        why.append(f"{short}: take more ({comparison.typed(ENOUGH)})")
    return f"Undecided: {listed([with_difference(row, comparison) for row in rows])}; {'; '.join(why)}."


def of_new_data(comparison: Comparison, ranked: list[Row]) -> str:
    """The same question about new data of the kind."""
    known = [row for row in ranked if row.pair is not None and not row.pair.new_data.why]
    if not known:
        whys = {row.pair.new_data.why for row in ranked if row.pair is not None}
        return f"What holds on new data of this kind is not known: {'; '.join(sorted(whys))}."
    groups = by_word(known, on_new_data, comparison)
    parts = [f"{word}: {listed([row.arm for row in rows])}" for word, rows in groups.items()]
    unknown = [row.arm for row in ranked if row not in known]
    parts += [f"not known: {listed(unknown)}"] if unknown else []
    return f"On new data of this kind: {'; '.join(parts)}."


def over_seeds(row: Row) -> Ends:
    return Ends(row.pair.together.low, row.pair.together.high) if row.pair is not None else Ends(math.nan, math.nan)


def on_new_data(row: Row) -> Ends:
    return row.pair.beyond if row.pair is not None else Ends(math.nan, math.nan)


def by_word(rows: list[Row], interval: Callable[[Row], Ends], comparison: Comparison) -> dict[str, list[Row]]:
    """The rows by what their interval decides, the undecided ones last."""
    order = (LOWER, HIGHER, BETTER, WORSE, EQUIVALENT, UNDECIDED)
    words = [word_of(interval(row), comparison.smallest_effect) for row in rows]
    found = {word: [row for row, own in zip(rows, words, strict=True) if own == word] for word in order}
    within = f"{EQUIVALENT}, within ± {effect(comparison)}"
    return {within if word == EQUIVALENT else word: group for word, group in found.items() if group}


def word_of(interval: Ends, smallest_effect: float | None) -> str:
    """What an interval of a difference decides.

    >>> word_of(Ends(-2.0, -1.0), None), word_of(Ends(-1.0, 1.0), None), word_of(Ends(-1.0, 1.0), 1.5)
    ('lower test error', 'undecided', 'equivalent')
    """
    if smallest_effect:
        return decide(*interval, smallest_effect)
    return LOWER if interval.high < 0 else HIGHER if interval.low > 0 else UNDECIDED


def effect(comparison: Comparison) -> str:
    """The smallest effect that matters, in the unit of differences."""
    size = comparison.smallest_effect or 0.0
    return f"{100 * size:g} points" if comparison.percent else f"{size:g}"


def with_difference(row: Row, comparison: Comparison) -> str:
    return f"{row.arm} ({show_difference(mean_difference(row), comparison)})"


def mean_difference(row: Row) -> float:
    return row.difference.mean if row.difference is not None else math.nan


def seeds_of(row: Row) -> int:
    return row.difference.n if row.difference is not None else 0
