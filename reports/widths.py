"""How the half widths of a comparison's 95 % intervals fall with the number of seeds, as seen so far and as to be expected of more.

Of three intervals of a difference in test error, with s the sd over seeds and q the quantile of max-T:

    alone       t_{k−1} · s / √k        over seeds of these data, as if it were the only comparison; from 2 seeds
    together    q · s / √k              the same with all comparisons, which decides; from 6 seeds
    new data    q · √(S²/k + C + U)     on new data of the kind, with all comparisons; it ends at q √(C + U), however many seeds

Up to n, the seeds that there are, `alone` and `together` are those of the first k seeds, in their order. Beyond n, and on new data for
all k, s, C and U are those of all n seeds, and q that of Student's t at the level of so many independent comparisons, with the factor
by which the two differ at n.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from reports.comparison import Comparison, Pair, differences_by_seed
from reports.crossed import of_independent_seeds
from reports.excerpt import thinned
from reports.load import Sweep
from reports.max_t import max_t
from reports.power import LEAST, corrected
from reports.sign_flips import EXACT, FLIPS, Array
from reports.smallest_effect import sd_of
from reports.statistics import mean_interval, t_quantile

FURTHER = 4  # times the seeds that there are
POINTS, PREFIXES = 25, 8  # a curve; those of them for which all flips are tried
WORK = 3e7  # flips × seeds × comparisons: more are tried for all seeds alone


class Width(NamedTuple):
    """A half width, in the unit of the error; `expected`: by what all n seeds say, not seen."""

    arm: str
    interval: str
    seeds: int
    half: float
    expected: bool = False


def widths(sweep: Sweep, comparison: Comparison, arms: Collection[str]) -> pd.DataFrame:
    """The widths of those of the arms that are compared with a baseline, a row for each interval and number of seeds."""
    pairs = [pair for pair in comparison.pairs if pair.difference.n > 1]
    if not pairs:
        return pd.DataFrame(columns=Width._fields)
    cell_of = {row.arm: row.cell for row in comparison.rows}
    table = differences_by_seed(
        of_independent_seeds(sweep), [(cell_of[pair.arm], cell_of[pair.other]) for pair in pairs]
    ).to_numpy()
    rows = {(row.arm, row.baseline) for row in comparison.rows if row.arm in arms}
    places = [place for place, pair in enumerate(pairs) if (pair.arm, pair.other) in rows]
    found = list(seen_together(pairs, places, table))
    for place in places:
        found += [*seen_alone(pairs[place], table[place]), *expected(pairs[place], comparison.tested)]
    drawable = [width for width in found if np.isfinite(width.half) and width.half > 0]
    return pd.DataFrame(drawable, columns=Width._fields)


def seen_alone(pair: Pair, differences: Array) -> Iterator[Width]:
    """The t interval of the first k seeds."""
    values = differences[np.isfinite(differences)]
    for k in thinned(range(2, len(values) + 1), POINTS):
        interval = mean_interval(values[:k])
        yield Width(pair.arm, "alone", k, (interval.high - interval.low) / 2)


def seen_together(pairs: Sequence[Pair], places: Sequence[int], table: Array) -> Iterator[Width]:
    """The simultaneous intervals of the first k seeds, of those pairs at these places."""
    n = table.shape[1]
    affordable = [k for k in range(LEAST, n) if flips(k) * k * len(pairs) < WORK]
    for k in [*thinned(affordable, PREFIXES), n]:
        found = max_t(table[:, :k]) if k < n else [pair.together for pair in pairs]
        for place in places:
            yield Width(pairs[place].arm, "together", k, (found[place].high - found[place].low) / 2)


def flips(k: int) -> int:
    """How many are tried."""
    return 2 ** (k - 1) if k <= EXACT else FLIPS


def expected(pair: Pair, comparisons: int) -> Iterator[Width]:
    """The widths with k seeds, from what all n say."""
    n, sd = pair.difference.n, sd_of(pair.difference)
    lasting = what_lasts(pair, sd)
    factor = pair.together.quantile / quantile(n, comparisons) if np.isfinite(pair.together.quantile) else 1.0
    for k in numbers(n):
        q, s2 = factor * quantile(k, comparisons), sd**2 / k
        if k >= n:
            yield Width(pair.arm, "alone", k, t_quantile(0.975, k - 1) * s2**0.5, expected=True)
        if k >= max(n, LEAST):
            yield Width(pair.arm, "together", k, q * s2**0.5, expected=True)
        if k >= LEAST:
            on_new_data = Width(pair.arm, "new data", k, q * (s2 + lasting) ** 0.5, expected=k > n)
            yield from (on_new_data, on_new_data._replace(expected=True)) if k == n else (on_new_data,)


def what_lasts(pair: Pair, sd: float) -> float:
    """C + U, what of the variance on new data more seeds do not lessen; NaN where there is no interval on new data."""
    n, half = pair.difference.n, (pair.new_data.high - pair.new_data.low) / 2
    return max(0.0, (half / t_quantile(0.975, n - 1)) ** 2 - sd**2 / n) if np.isfinite(half) else np.nan


@cache
def quantile(k: int, comparisons: int) -> float:
    """Student's t at the level of one of so many independent comparisons."""
    return float(stats.t.isf(corrected(comparisons) / 2, k - 1))


def numbers(n: int) -> list[int]:
    """Numbers of seeds from 2 to 4 n at about even ratios, n among them.

    >>> numbers(3)
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    """
    return sorted({n, *(int(k) for k in np.geomspace(2, FURTHER * n, POINTS).round())})
