"""Cut a large sweep down for a reader: the first arms by validation error, thinned points, and how many are shown."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from reports.comparison import Comparison, Row
from reports.load import Sweep, has_rows

IN_TABLES, IN_TERMINAL, IN_FIGURES = 50, 20, 30  # arms
IN_TEXT = 1500  # characters of the answer
Item = TypeVar("Item")


def leading(sweep: Sweep, comparison: Comparison, most: int, last: int = 0) -> Comparison:
    """The comparison with at most `most` rows: those of least validation error, their baselines, and `last` of the largest.

    Where there are no more rows than that, the comparison itself, in the order of the sweep.
    """
    if len(comparison.rows) <= most:
        return comparison
    ranked = by_validation(sweep, comparison)
    named = {row.arm: row for row in comparison.rows}
    kept: dict[str, Row] = {}
    for row in ranked:
        pair = kept | {arm: named[arm] for arm in (row.baseline, row.arm) if arm in named}
        if len(pair) > most - last:
            break
        kept = pair
    rest = [row for row in ranked if row.arm not in kept]
    return comparison._replace(rows=[*kept.values(), *rest[len(rest) - last :]])


def by_validation(sweep: Sweep, comparison: Comparison) -> list[Row]:
    """The rows, those of least validation error first."""
    ranks = validation_rank(sweep.results)
    return sorted(comparison.rows, key=lambda row: ranks[row.cell])


def validation_rank(results: pd.DataFrame) -> dict[str, int]:
    """Every cell's rank by mean validation error, then loss; a diverged seed's are infinite, as in `chosen_on_validation`.

    Without validation rows it is the cell's place in the sweep: nothing may be ranked on the test set.
    """
    measures = ["validation/error", "validation/loss"]
    means = results.reindex(columns=measures).astype(float).fillna(np.inf).groupby(results["cell"], sort=False).mean()
    return {cell: place for place, cell in enumerate(means.sort_values(measures, kind="stable").index)}


def leading_arms(sweep: Sweep) -> str:
    """Which arms `leading` takes, for a caption."""
    return "arms, those of least validation error" if has_rows(sweep, "validation") else "arms, the first of the sweep"


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of `count` positions, evenly spaced, the first and the last among them.

    >>> evenly(3, 5), evenly(9, 3)
    ([0, 1, 2], [0, 4, 8])
    """
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def thinned(items: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of the items, evenly chosen."""
    return [items[position] for position in evenly(len(items), most)]


def how_many(shown: int, count: int, of: str) -> str:
    """A sentence for a caption where not all are shown, else an empty text.

    >>> how_many(3, 3, "arms"), how_many(3, 1000, "arms")
    ('', ' Shown: 3 of 1,000 arms.')
    """
    return f" Shown: {shown:,} of {count:,} {of}." if shown < count else ""


def shortened(text: str, most: int = IN_TEXT) -> str:
    """The text, or its beginning up to the end of a list item, if it is longer than `most`.

    >>> shortened("lower: a, b, c, d", 13)
    'lower: a, b … (shortened: table.csv has all)'
    """
    if len(text) <= most:
        return text
    start = text[:most]
    ends = [start.rfind(mark) for mark in (", ", "; ", ". ")]
    return f"{start[: max(ends)] if max(ends) > 0 else start} … (shortened: table.csv has all)"


def first(texts: Sequence[str], most: int) -> list[str]:
    """The first `most` texts, each shortened, and how many more there are."""
    more = [f"And {len(texts) - most:,} more of this kind."] if len(texts) > most else []
    return [shortened(text) for text in texts[:most]] + more


def lines_within(text: str, most: int) -> str:
    """As many whole lines as fit into `most` characters."""
    if len(text) <= most:
        return text
    return text[: text.rfind("\n", 0, most + 1)] if "\n" in text[: most + 1] else ""
