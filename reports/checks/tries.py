"""L016: the best of more tries looks better, even where nothing differs."""

from typing import TYPE_CHECKING

from reports.arms import arms_of
from reports.load import Sweep, has_rows
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison


def unequal_tries(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Arms had unequal numbers of tries.

    Found: arms have different numbers of finished cells, among which validation data chose (`study.choose`). The counts are what
    they are, so that this needs no test.

    Matters: of several cells that differ in nothing, the one that validation data choose is a little better on test data, too,
    where they share chance. Four tries against one were worth 0.1 points of test error on 150 digits where nothing differed, and
    0.3 where each seed chose for itself.

    Do: give the baseline as many tries (`study.baseline_tries=4`), or arms that are compared with each other equally long grids.
    """
    if not has_rows(sweep, "validation"):
        return []
    tries: dict[str, int] = dict.fromkeys((row.arm for row in comparison.rows), 0)
    for arm in arms_of(sweep).values():
        tries[arm] = tries.get(arm, 0) + 1
    by_number: dict[int, list[str]] = {}
    for arm, count in tries.items():
        by_number.setdefault(count, []).append(arm)
    if len(by_number) < 2:
        return []
    words = "; ".join(f"{count:,} for {listed(arms)}" for count, arms in sorted(by_number.items()))
    return [f"Unequal numbers of tries on validation data, and the best of more looks better by chance: {words}"]
