"""A confirmation, ready to show: sentences, and a table with both results side by side."""

from reports.comparison import Comparison
from reports.confirmation import CONFIRMED, Confirmation, Confirmed, Tested, confirmation
from reports.formats import number, p_value, show_difference
from reports.load import Sweep, redrawn, varies
from reports.schema.names import listed
from reports.statistics import Interval

LOST = (
    "The sweep that this one confirms (run {run}) is no longer in this store, or cannot be read: what it found is not shown; all "
    "else is of the new seeds alone."
)


def confirmation_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per arm: the first result, the same value on new seeds, their difference, the verdict."""
    found = confirmation(sweep)
    return [row_of(arm, comparison) for arm in found.arms] if found is not None else []


def row_of(arm: Confirmed, comparison: Comparison) -> dict[str, str]:
    return {
        "": arm.row.arm,
        "chosen at first": arm.row.chosen or "–",
        "first": shown(arm.first, comparison),
        "p, first": p_value(arm.first.together.p),
        "new seeds": shown(arm.new, comparison),
        "p, new seeds": p_value(arm.new.together.p),
        "selection: first − new": with_ends(arm.selection, comparison),
        "verdict": arm.verdict,
    }


def shown(tested: Tested, comparison: Comparison) -> str:
    """A difference with its simultaneous interval."""
    ends = (number(end, comparison, sign=True) for end in (tested.together.low, tested.together.high))
    return f"{number(tested.difference.mean, comparison, sign=True)} [{', '.join(ends)}]"


def with_ends(interval: Interval, comparison: Comparison, *, sign: bool = True) -> str:
    ends = (number(end, comparison, sign=sign) for end in (interval.low, interval.high))
    return f"{number(interval.mean, comparison, sign=sign)} [{', '.join(ends)}]"


def confirmed_in_sentences(sweep: Sweep, comparison: Comparison) -> list[str]:
    """What was found again, and how much was selection or chance; or that the first sweep is gone."""
    found = confirmation(sweep)
    if found is None:
        return [LOST.format(run=sweep.confirms)] if sweep.confirms else []
    lacking = [f"Not run to the end on new seeds: {listed(found.lacking)}."] if found.lacking else []
    return [*verdicts(found, comparison), *lacking]


def verdicts(found: Confirmation, comparison: Comparison) -> list[str]:
    """Two sentences: which of the differences told at first are confirmed, and how much of their size was found again."""
    told = [arm for arm in found.arms if arm.first.is_told]
    if not told:
        return ["The sweep that this one confirms told no arm from its baseline: there is nothing to confirm."]
    by_verdict: dict[str, list[str]] = {CONFIRMED: []}
    for arm in told:
        text = f"{arm.row.arm} ({show_difference(arm.new.difference.mean, comparison)})"
        by_verdict.setdefault(arm.verdict, []).append(text)
    parts = [f"{verdict}: {listed(arms) or 'none'}" for verdict, arms in by_verdict.items()]
    n, m = found.at_first.n, found.again.n
    points = " points" if comparison.percent else ""
    each = "by which it differed" if len(told) == 1 else f"by which these {len(told)} differed on average"
    return [
        f"On {m} seeds never used before, of the {len(told)} differences that the first sweep told with the values it chose: {'; '.join(parts)}.",
        f"Of the {number(found.at_first.mean, comparison)}{points} {each} over the first {n} seeds, "
        f"{with_ends(found.again, comparison, sign=False)} were found again; {with_ends(found.selection, comparison, sign=False)} "
        "was selection or chance.",
    ]


def what_is_new(sweep: Sweep) -> str:
    """What new seeds draw anew, and what they share with the first ones: what a confirmation is true of."""
    if redrawn(sweep):
        return "Every seed has data of its own, so that new seeds confirm it on new data of this kind."
    if not varies(sweep, "split"):
        return (
            "These seeds do not divide the data anew: the new ones confirm it for other initial weights and orders of minibatches, as far "
            "as these vary. What the rows themselves favour, in training, validation or test, is confirmed with them."
        )
    if sweep.params.get("split") == "own":
        return (
            "The data have their own test rows: new seeds train and validate on other rows, with other weights and orders, and are tested "
            "on the same ones. What these test rows favour is confirmed with them."
        )
    return (
        "New seeds divide the same examples anew: what these examples as a whole favour is confirmed with them, and new data are "
        "another question."
    )
