"""A factorial design: the effects with their intervals, and the means of every two switches."""

from collections.abc import Iterator
from itertools import combinations

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.design import Effect, Switch, at, design, on
from reports.figures.arms import ARMS
from reports.figures.differences import missing
from reports.figures.figure import Figure, error_unit, over
from reports.figures.palette import GREY, LEGEND, TEST, TRAIN
from reports.load import Sweep

PANELS = 6


def effects(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Main effects and interactions with their intervals."""
    unit, factor = error_unit(comparison)
    data = pd.DataFrame(row_of(effect, factor) for effect in design(sweep).effects)
    if data.empty:
        return None
    tips = [alt.Tooltip(c, format=".3g" if data[c].dtype == float else "") for c in data.columns]
    base = alt.Chart(data).encode(y=alt.Y("effect:N", sort=None, title=None, axis=ARMS), tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    scale, axis = alt.Scale(nice=True, zero=True), alt.Axis(tickCount=8)
    x = alt.X("low:Q", title=f"effect on test/error ({unit})", scale=scale, axis=axis)
    return Figure(
        "effects",
        "What each switch does, and every two together",
        "Point: mean over seeds of the effect, paired by seed; left of zero is less test error. Thick bar: 95 % interval over "
        f"{over(data.seeds, comparison)}; thin bar: 95 % interval on new data of the kind; both of all effects together (max-T). "
        "A × B: half of how much the effect of A changes when B is switched on; left of zero, both together leave less error than if their "
        "effects added up." + missing(data),
        (
            zero
            + base.mark_rule(strokeWidth=1.5, color=GREY).encode(x="new data low:Q", x2="new data high:Q")
            + base.mark_rule(strokeWidth=4, color=TEST).encode(x=x, x2="high:Q")
            + base.mark_point(filled=True, size=80, color=TEST, opacity=1).encode(x="mean:Q")
        ).properties(width=600, height=alt.Step(30)),
        data,
    )


def row_of(effect: Effect, factor: float) -> dict[str, object]:
    """An effect in the unit of the axis; an interval that is infinite, as below six seeds, is missing."""
    one, family, beyond = effect.pair.difference, effect.pair.together, effect.pair.beyond
    ends = {"": family, "new data ": beyond, "alone ": one}
    numbers = {f"{which}{end}": getattr(ends[which], end) * factor for which in ends for end in ("low", "high")}
    return {
        "effect": effect.name,
        "off": ", ".join(switch.off for switch in effect.switches),
        "on": ", ".join(switch.on for switch in effect.switches),
        "mean": one.mean * factor,
        **{name: value if np.isfinite(value) else float("nan") for name, value in numbers.items()},
        "p": family.p,
        "p alone": one.p,
        "d": one.d,
        "seeds": one.n,
    }


def interactions(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """A panel for every two switches: the mean test error at their four combinations."""
    found = design(sweep)
    if not found.effects:
        return None
    unit, factor = error_unit(comparison)
    data = pd.DataFrame(means(found.switches, sweep, factor))
    panels = [panel(part, unit) for _, part in data.groupby("panel", sort=False)][:PANELS]
    return Figure(
        "interactions",
        "Two switches at a time",
        "Mean test error over seeds and over the values of the other switches. Lines that are parallel: the two effects add up. "
        "How sure a bend or a crossing is, the intervals of the interactions above say."
        + (f" The first {PANELS} pairs; the CSV has all." if len(set(data["panel"])) > PANELS else ""),
        alt.concat(*panels, columns=3).resolve_scale(y="shared", color="independent", strokeDash="independent"),
        data,
    )


def means(switches: list[Switch], sweep: Sweep, factor: float) -> Iterator[dict[str, object]]:
    """A row for each pair of switches and combination of their values."""
    values = {cell["name"]: dict(at(switches, cell)) for cell in sweep.cells}
    errors = sweep.results.pivot(index="seed", columns="cell", values="test/error").replace(np.inf, np.nan).dropna()
    for one, other in combinations(switches, 2):
        for first in (one.off, one.on):
            for second in (other.off, other.on):
                wanted = [(one, first == one.on), (other, second == other.on)]
                cells = [c for c, own in values.items() if all((own[s] == on(s)) == is_on for s, is_on in wanted)]
                yield {
                    "panel": f"{one.name} × {other.name}",
                    "switch": one.name,
                    "value": f"{one.name}={first}",
                    "line": f"{other.name}={second}",
                    "test/error": float(errors[cells].to_numpy().mean()) * factor,
                    "seeds": len(errors),
                }


def panel(part: pd.DataFrame, unit: str) -> alt.Chart:
    lines = list(dict.fromkeys(part["line"]))
    scale = alt.Scale(domain=lines, range=[TRAIN, TEST])
    dashes = alt.Scale(domain=lines, range=[[6, 3], [1, 0]])
    return (
        alt.Chart(part, title=str(part["panel"].iloc[0]))
        .mark_line(point=alt.OverlayMarkDef(size=60))
        .encode(
            x=alt.X("value:N", sort=None, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(padding=0.3)),
            y=alt.Y("test/error:Q", title=f"test/error ({unit})", scale=alt.Scale(zero=False)),
            color=alt.Color("line:N", scale=scale, title=None, legend=LEGEND),
            strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=None),
            tooltip=["value", "line", alt.Tooltip("test/error:Q", format=".3g"), "seeds"],
        )
        .properties(width=200, height=190)
    )
