"""A confirmation, ready to show: sentences, and a table with both results side by side."""

from reports.comparison import Comparison
from reports.confirmation import CONFIRMED, Confirmation, Confirmed, confirmation, is_told
from reports.formats import ends, number, p_value, show, show_difference
from reports.load import Sweep, redrawn, varies
from reports.schema.names import listed

LOST = (
    "The sweep that this one confirms (run {run}) is no longer in this store, or cannot be read: what it found is not shown; all "
    "else is of the new seeds alone."
)


def confirmation_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per arm: the first result, the same value on new seeds, their difference, the verdict."""
    found = confirmation(sweep)
    return [row_of(pair, comparison) for pair in found.pairs] if found is not None else []


def row_of(pair: Confirmed, comparison: Comparison) -> dict[str, str]:
    means = [number(mean, comparison, sign=True) for mean in means_of(pair)]
    return {
        "": pair.called,
        "first": f"{means[0]} {ends(pair.first.together, comparison)}",
        "p, first": p_value(pair.first.together.p),
        "new seeds": f"{means[1]} {ends(pair.new.together, comparison)}",
        "p, new": p_value(pair.new.together.p),
        "selection: first − new": f"{means[2]} {ends(pair.selection, comparison)}",
        "seeds": f"{pair.first.difference.n}, {pair.new.difference.n}",
        "verdict": pair.verdict,
    }


def means_of(pair: Confirmed) -> tuple[float, float, float]:
    return pair.first.difference.mean, pair.new.difference.mean, pair.selection.mean


def confirmed_in_sentences(sweep: Sweep, comparison: Comparison) -> list[str]:
    """What was found again, and how much was selection or chance; or that the first sweep is gone."""
    found = confirmation(sweep)
    if found is None:
        return [LOST.format(run=sweep.confirms) + "\n"] if sweep.confirms else []
    lacking = [f"Not run to the end on new seeds: {listed(found.lacking)}."] if found.lacking else []
    return [" ".join([*verdicts(found, comparison), *lacking]) + "\n"]


def verdicts(found: Confirmation, comparison: Comparison) -> list[str]:
    """Two sentences: which of the differences decided at first are confirmed, and how much of their size was found again."""
    told = [pair for pair in found.pairs if is_told(pair.first)]
    if not told:
        return ["The sweep that this one confirms left every difference undecided: there is nothing to confirm."]
    by_verdict: dict[str, list[str]] = {CONFIRMED: []}
    for pair in told:
        text = f"{pair.name} ({show_difference(pair.new.difference.mean, comparison)})"
        by_verdict.setdefault(pair.verdict, []).append(text)
    parts = [f"{verdict}: {listed(pairs) or 'none'}" for verdict, pairs in by_verdict.items()]
    n, m = found.at_first.n, found.again.n
    points = " points" if comparison.percent else ""
    one = len(told) == 1
    difference = "difference that the first sweep" if one else f"{len(told)} differences that the first sweep"
    by = "by which it differed" if one else f"by which these {len(told)} differed on average"
    return [
        f"On {m} seeds never used before, of the {difference} decided, with the values that it chose: {'; '.join(parts)}.",
        f"Of the {number(found.at_first.mean, comparison)}{points} {by} over the first {n} seeds, {show(found.again, comparison)} were "
        f"found again; {show(found.selection, comparison)} was selection or chance ([low, high]: 95 % intervals over seeds, each alone).",
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
