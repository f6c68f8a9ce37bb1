"""L015, L024: numbers of seeds that a comparison rests on."""

from typing import TYPE_CHECKING

from reports.checks.evidence import name_of
from reports.load import Sweep
from reports.schema.names import listed
from reports.sign_flips import least_p, least_seeds

if TYPE_CHECKING:
    from reports.comparison import Comparison


def too_few_seeds(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Fewer seeds than a test needs.

    Found: a difference over n seeds whose least p, 2 / 2ⁿ, is not below 0.05: with fewer than six seeds. One seed has no p, and
    no interval.

    Matters: such a difference stays undecided however large it is.

    Do: `seeds=10`, or more; what is trained already is not trained again.
    """
    needed, found = least_seeds(1), dict[int, list[str]]()
    baselines = {row.arm: row.baseline for row in comparison.rows}
    for pair in comparison.pairs:
        if 0 < pair.difference.n < (needed or 0):
            found.setdefault(pair.difference.n, []).append(name_of(pair, baselines))
    whole = len(found) == 1 and len(*found.values()) == len(comparison.pairs)
    return [
        f"{'With' if whole else f'{listed(arms)}: with'} {n} {comparison.unit if n > 1 else 'seed'} nothing can be decided, however large "
        f"the difference ({f'the least p is {least_p(n):g}' if n > 1 else 'there is no p'}): it takes {needed} {comparison.unit}"
        for n, arms in found.items()
    ]


def fewer_pairs_than_seeds(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """A comparison over fewer seeds than its arms have.

    Found: an arm and its baseline share fewer finished seeds than either of them has.

    Matters: the averages in the table are over other seeds than the difference is: the difference of two averages is not the
    difference shown.

    Do: give all cells the same `seeds`; where seeds diverged, see L003.
    """
    errors = {row.arm: row.test_error.n for row in comparison.rows}
    baselines = {row.arm: row.baseline for row in comparison.rows}
    fewer = [
        f"{name_of(pair, baselines)} ({pair.difference.n} of {errors[pair.arm]})"
        for pair in comparison.pairs
        if 0 < pair.difference.n < min(errors[pair.arm], errors[pair.other])
    ]
    return [f"Compared over fewer seeds than their averages are over: {listed(fewer)}"] * bool(fewer)
