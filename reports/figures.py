"""The figures of a report. Each is one Vega-Lite specification, from which come the page, the PNG and the SVG, and its CSV."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import IN_FIGURES, leading, told
from reports.heatmap import heat_map
from reports.learning import gap_against_train, learning_curves
from reports.load import Sweep
from reports.overfitting import weight_distribution
from reports.palette import GREY, TEST, TRAIN, Figure, error_unit
from reports.stated import stated_figures
from reports.strengths import strengths

LEAST = "arms, those of least validation error"
ARMS = alt.Axis(labelLimit=400)
SEEDS = 100  # dots an arm


class Planned(NamedTuple):
    """A figure by its title, and how it is made: None where the sweep has no data for it."""

    title: str
    make: Callable[[], Figure | None]


def planned(sweep: Sweep, comparison: Comparison | None) -> list[Planned]:
    """Those that the study states, and those of every sweep that trains networks."""
    found = [Planned(title, make) for title, make in stated_figures(sweep)]
    every: dict[str, Callable[[Sweep, Comparison], Figure | None]] = {
        "Difference from the baseline": forest,
        "Test error of every seed": spread,
        "What the strength does": strengths,
        "Learning curves": learning_curves,
        "Gap against train loss": gap_against_train,
        "Test error over two axes": heat_map,
        "What became of the weights": weight_distribution,
    }
    if comparison is not None:
        found += [Planned(title, partial(make, sweep, comparison)) for title, make in every.items()]
    return found


def figures(sweep: Sweep, comparison: Comparison | None) -> Iterator[Figure]:
    """All that the sweep has data for."""
    made = (plan.make() for plan in planned(sweep, comparison))
    return (figure for figure in made if figure is not None)


def forest(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Paired differences from the baseline with their intervals."""
    if not any(row.difference is not None and row.difference.n > 1 for row in comparison.rows):
        return None
    unit, factor = error_unit(comparison)
    names = labels(comparison)
    data = pd.DataFrame(
        {
            "arm": names[row.arm],
            "difference": row.difference.mean * factor,
            "low": row.difference.low * factor,
            "high": row.difference.high * factor,
            "seeds": row.difference.n,
        }
        for row in comparison.rows
        if row.difference is not None
    )
    leaders = [names[row.arm] for row in leading(sweep, comparison, IN_FIGURES).rows]
    shown = data[data.arm.isin(leaders)]
    y = alt.Y("arm:N", sort=[arm for arm in leaders if arm in set(shown.arm)], title=None, axis=ARMS)
    tips = [alt.Tooltip(c, format=".3g" if c not in ("arm", "seeds") else "") for c in data.columns]
    base = alt.Chart(shown).encode(y=y, tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    axis = alt.X(
        "low:Q",
        title=f"test error − test error of {comparison.baseline} ({unit})",
        scale=alt.Scale(nice=True, zero=True),
    )
    bars = base.mark_rule(strokeWidth=2, color=TEST).encode(x=axis, x2="high:Q")
    points = base.mark_point(filled=True, size=80, color=TEST, opacity=1).encode(x="difference:Q")
    return Figure(
        "differences",
        f"Difference from {comparison.baseline}, paired by seed",
        "Point: mean over seeds of the paired difference; bar: its 95 % t interval. Left of zero is better. "
        "A bar across zero: this many seeds cannot tell." + told(len(shown), len(data), LEAST),
        (zero + bars + points).properties(width=600, height=alt.Step(30)),
        data,
    )


def spread(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Every seed's test error, so that nobody has to trust a mean."""
    if len(comparison.rows) < 2:
        return None
    unit, factor = error_unit(comparison)
    chosen = chosen_rows(sweep, comparison)
    data = pd.DataFrame({"arm": chosen.arm, "seed": chosen.seed, "test error": chosen["test/error"] * factor})
    leaders = [row.arm for row in leading(sweep, comparison, IN_FIGURES).rows]
    shown = data[data.arm.isin(leaders)]
    means = shown.groupby("arm", sort=False, as_index=False)["test error"].mean()
    many = bool((shown.groupby("arm").size() > SEEDS).any())
    seeds = quantiles(shown) if many else shown
    y = alt.Y("arm:N", sort=leaders, title=None, axis=ARMS)
    x = alt.X("test error:Q", title=f"test error ({unit})", scale=alt.Scale(zero=False, padding=12))
    dots = alt.Chart(seeds).mark_circle(size=45, color=TEST, opacity=0.45)
    ticks = alt.Chart(means).mark_tick(thickness=3, size=20, color=TRAIN)
    dot = f"a quantile in steps of 1/{SEEDS} from the least to the largest of all seeds" if many else "one seed"
    return Figure(
        "seeds",
        "Test error of every seed",
        f"Dot: {dot}, each with its own draw of all that varies between seeds. Blue tick: their mean."
        + told(len(means), len(comparison.rows), LEAST),
        alt.layer(*(one.encode(x=x, y=y, tooltip=list(one.data.columns)) for one in (dots, ticks))).properties(
            width=600, height=alt.Step(30)
        ),
        data,
    )


def quantiles(errors: pd.DataFrame) -> pd.DataFrame:
    """Of each arm, so many that a strip of them looks as all seeds would."""
    shares = np.linspace(0, 1, SEEDS + 1)
    found = errors.groupby("arm", sort=False)["test error"].quantile(shares)
    return found.rename_axis(["arm", "quantile"]).reset_index().dropna()


def chosen_rows(sweep: Sweep, comparison: Comparison) -> pd.DataFrame:
    return sweep.results[sweep.results.cell.isin([row.cell for row in comparison.rows])]


def labels(comparison: Comparison) -> dict[str, str]:
    return {row.arm: f"{row.arm} ({row.chosen})" if row.chosen else row.arm for row in comparison.rows}
