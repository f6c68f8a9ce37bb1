"""What each seed would have chosen: differences from the baseline by either choice, and how often each value is chosen."""

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import IN_FIGURES, how_many, leading, leading_arms, thinned
from reports.figures.arms import ARMS
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import GREY, LEGEND, TEST, TRAIN
from reports.load import Sweep
from reports.own_choice import OwnChoice, own_choices

VALUES = 10  # that are drawn of an arm
POOLED, OWN = "chosen by all seeds together", "chosen by each seed"


def own_choice(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Above, the differences by the pooled choice and by each seed's own; below, how many seeds choose which value."""
    unit, factor = error_unit(comparison)
    shown = leading(sweep, comparison, IN_FIGURES)
    choices = own_choices(sweep, shown)
    if not choices:
        return None
    differences, values = differences_of(choices, factor), values_of(choices)
    charts = [picked(values), *([forest(differences, comparison, unit)] if len(differences) else [])]
    n = max(row.test_error.n for row in comparison.rows)
    cut = any(len(one.tried) > VALUES for one in choices)
    return Figure(
        "own_choice",
        "What each seed would have chosen",
        f"Above: mean difference in test error, paired by seed, with its 95 % interval over {n:,} {comparison.these_seeds}, of all "
        "comparisons together (max-T). Chosen by all seeds together: one value, by mean validation error; by each seed: the value, of the "
        "baseline too, that is best on its own validation rows. Below: how many seeds choose each value (area of the dot); ring: the "
        "value chosen for all."
        + (f" At most {VALUES} values an arm are drawn, evenly chosen, and those chosen." if cut else "")
        + how_many(len(choices), len(comparison.rows), leading_arms(sweep)),
        alt.vconcat(*reversed(charts)).resolve_scale(color="independent"),
        pd.concat([values, differences], ignore_index=True),
    )


def differences_of(choices: list[OwnChoice], factor: float) -> pd.DataFrame:
    """A row per arm that is compared, and choice."""
    found = [
        {
            "arm": one.arm,
            "choice": by,
            "difference": difference.mean * factor,
            "low": difference.together.low * factor,
            "high": difference.together.high * factor,
            "p": difference.together.p,
        }
        for one in choices
        for by, difference in ((POOLED, one.pooled), (OWN, one.own))
        if difference is not None and np.isfinite(difference.mean)
    ]
    return pd.DataFrame(found).replace([np.inf, -np.inf], np.nan)


def values_of(choices: list[OwnChoice]) -> pd.DataFrame:
    """A row per value that is drawn, of each arm that has several."""
    rows = []
    for one in (one for one in choices if len(one.tried) > 1):
        kept = set(thinned([cell.value for cell in one.tried], VALUES))
        drawn = [cell for cell in one.tried if cell.value in kept or cell.seeds or cell.pooled]
        rows += [
            {"arm": one.arm, "place": n, "value": cell.value, "seeds": cell.seeds, "for all": cell.pooled}
            for n, cell in enumerate(drawn)
        ]
    return pd.DataFrame(rows)


def forest(data: pd.DataFrame, comparison: Comparison, unit: str) -> alt.LayerChart:
    colour = alt.Color(
        "choice:N", scale=alt.Scale(domain=[POOLED, OWN], range=[TRAIN, TEST]), title=None, legend=LEGEND
    )
    tips = [alt.Tooltip(c, format="" if c in ("arm", "choice") else ".3g") for c in data.columns]
    y = alt.Y("arm:N", sort=list(dict.fromkeys(data["arm"])), title=None, axis=ARMS)
    base = alt.Chart(data).encode(y=y, yOffset=alt.YOffset("choice:N", sort=[POOLED, OWN]), color=colour, tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    title = f"test/error − test/error of {comparison.baseline} ({unit})"
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, scale=alt.Scale(zero=True, nice=True, padding=8)), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=60, opacity=1).encode(x=alt.X("difference:Q", title=title))
    return (zero + bars + points).properties(width=600, height=alt.Step(15))


def picked(data: pd.DataFrame) -> alt.LayerChart:
    axis = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    base = alt.Chart(data).encode(
        x=alt.X("place:O", title="values tried, in the order of the sweep", axis=axis),
        y=alt.Y("arm:N", sort=list(dict.fromkeys(data["arm"])), title=None, axis=ARMS),
        tooltip=["arm", "value", "seeds", "for all"],
    )
    size = alt.Size(
        "seeds:Q",
        scale=alt.Scale(domain=[0, max(1, int(data.groupby("arm")["seeds"].sum().max()))], range=[0, 420]),
        legend=None,
    )
    dots = base.mark_circle(color=TEST, opacity=0.6).encode(size=size)
    rings = base.transform_filter(alt.datum["for all"]).mark_point(size=460, strokeWidth=2, color=TRAIN, opacity=1)
    names = base.mark_text(dx=17, align="left", fontSize=10, color=GREY).encode(text="value:N")
    return alt.layer(dots, rings, names).properties(width=600, height=alt.Step(28))
