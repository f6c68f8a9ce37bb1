"""A confirmation: every arm's difference on the first seeds and on the new ones."""

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.confirmation import Confirmed, confirmation
from reports.excerpt import IN_FIGURES, how_many
from reports.figures.arms import ARMS
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import GREY, LEGEND, TEST, TRAIN
from reports.load import Sweep

FIRST, NEW = "first seeds", "new seeds"


def side_by_side(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """The arms of the first sweep, each at the value that it chose, with two intervals."""
    found = confirmation(sweep)
    if found is None or not found.pairs:
        return None
    unit, factor = error_unit(comparison)
    first, new = (
        max(one.difference.n for one in ones) for ones in zip(*((p.first, p.new) for p in found.pairs), strict=True)
    )
    data = pd.DataFrame(row for pair in found.pairs for row in rows_of(pair, factor))
    shown = data[data.arm.isin(list(dict.fromkeys(data.arm))[:IN_FIGURES])]
    colours = alt.Scale(domain=[FIRST, NEW], range=[TRAIN, TEST])
    tips = [alt.Tooltip(c, format=".3g" if data[c].dtype == float else "") for c in ("arm", *data.columns[2:8])]
    base = alt.Chart(shown).encode(
        y=alt.Y("arm:N", sort=None, title=None, axis=ARMS, scale=alt.Scale(paddingInner=0.3)),
        yOffset=alt.YOffset("seeds:N", sort=[FIRST, NEW]),
        color=alt.Color("seeds:N", scale=colours, title=None, legend=LEGEND),
        tooltip=tips,
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    x = alt.X(
        "low:Q",
        title=f"difference of test/error from the baseline ({unit})",
        scale=alt.Scale(nice=True, zero=True),
        axis=alt.Axis(tickCount=8),
    )
    return Figure(
        "confirmation",
        "Confirmed on seeds never used before",
        "Every arm at the value that the first sweep chose. Point: mean over seeds of the paired difference from its baseline; bar: "
        f"95 % interval over {comparison.these_seeds}, of all comparisons together (max-T), once for the {first} first seeds and once "
        f"for the {new} new ones. Left of zero is better." + how_many(shown.arm.nunique(), data.arm.nunique(), "arms"),
        (
            zero
            + base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
            + base.mark_point(filled=True, size=70, opacity=1).encode(x="difference:Q")
        ).properties(width=600, height=alt.Step(16)),
        data,
    )


def rows_of(pair: Confirmed, factor: float) -> list[dict[str, object]]:
    """A difference on the first seeds and on the new ones; an interval that is infinite, as below six seeds, is missing."""
    selection = {"": pair.selection.mean, " low": pair.selection.low, " high": pair.selection.high}
    shared = {f"selection{end}": value * factor for end, value in selection.items()} | {"verdict": pair.verdict}
    return [
        {
            "arm": pair.called,
            "seeds": seeds,
            "difference": one.difference.mean * factor,
            "low": finite(one.together.low) * factor,
            "high": finite(one.together.high) * factor,
            "p": one.together.p,
            "n": one.difference.n,
            "d": one.difference.d,
            "alone low": one.difference.low * factor,
            "alone high": one.difference.high * factor,
            "p alone": one.difference.p,
            **shared,
        }
        for seeds, one in ((FIRST, pair.first), (NEW, pair.new))
    ]


def finite(value: float) -> float:
    return value if np.isfinite(value) else float("nan")
