"""Among how many cells each arm was chosen: the best of several is lower by chance too."""

from reports.comparison import Comparison
from reports.load import Sweep, has_rows
from reports.schema.names import listed


def unequal_tries(sweep: Sweep, comparison: Comparison) -> list[str]:
    """A note where an arm was chosen among more cells than its baseline, or fewer."""
    tries = sweep.results.groupby("arm")["cell"].nunique().to_dict() if has_rows(sweep, "validation") else {}
    differ: dict[tuple[int, str], list[str]] = {}
    for row in comparison.rows:
        if tries and row.difference is not None and tries[row.arm] != tries[row.baseline]:
            differ.setdefault((tries[row.arm], row.baseline), []).append(row.arm)
    told = "; ".join(
        f"{listed(arms)} had {in_tries(count)}{' each' if len(arms) > 1 else ''}, {baseline} {tries[baseline]}"
        for (count, baseline), arms in differ.items()
    )
    why = "The best of several is lower by chance too; study.baseline_tries gives the baseline as many."
    return [f"Not all were chosen among as many cells: {told}. {why}"] if told else []


def in_tries(count: int) -> str:
    """
    >>> in_tries(1), in_tries(4)
    ('1 try', '4 tries')
    """
    return "1 try" if count == 1 else f"{count} tries"
