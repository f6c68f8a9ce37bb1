"""The test error of every seed."""

import altair as alt
import numpy as np
import pandas as pd

from reports.comparison import Comparison
from reports.excerpt import IN_FIGURES, how_many, leading, leading_arms
from reports.figures.arms import ARMS, chosen_rows
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import TEST, TRAIN
from reports.load import Sweep
from reports.reference_lines import PREFIX

SEEDS = 100  # dots an arm


def spread(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Every seed's test error, so that nobody has to trust a mean."""
    if len(comparison.rows) < 2:
        return None
    unit, factor = error_unit(comparison)
    chosen = chosen_rows(sweep, comparison)
    data = pd.DataFrame({"arm": chosen.arm, "seed": chosen.seed, "test/error": chosen["test/error"] * factor})
    leaders = [row.arm for row in leading(sweep, comparison, IN_FIGURES).rows]
    shown = data[data.arm.isin(leaders)]
    means = shown.groupby("arm", sort=False, as_index=False)["test/error"].mean()
    many = bool((shown.groupby("arm").size() > SEEDS).any())
    seeds = quantiles(shown, "test/error") if many else shown
    y = alt.Y("arm:N", sort=leaders, title=None, axis=ARMS)
    x = alt.X("test/error:Q", title=f"test/error ({unit})", scale=alt.Scale(zero=False, padding=12))
    dots = alt.Chart(seeds).mark_circle(size=45, color=TEST, opacity=0.45)
    ticks = alt.Chart(means).mark_tick(thickness=3, size=20, color=TRAIN)
    lines = references_near(comparison, shown["test/error"], factor)
    rules = alt.Chart(lines).mark_rule(strokeWidth=1, strokeDash=[4, 3], color=TRAIN)
    dot = f"a quantile in steps of 1/{SEEDS} from the least to the largest of all seeds" if many else "one seed"
    return Figure(
        "seeds",
        "Test error of every seed",
        f"Dot: {dot}, {drawing(comparison)}. Blue tick: their mean."
        + (f" Dashed, from the left: {', '.join(lines.name)}." if len(lines) else "")
        + how_many(len(means), len(comparison.rows), leading_arms(sweep)),
        alt.layer(
            *(layer.encode(x=x, y=y, tooltip=list(layer.data.columns)) for layer in (dots, ticks)),
            *([rules.encode(x=x, tooltip=list(lines.columns))] if len(lines) else []),
        ).properties(width=600, height=alt.Step(30)),
        data,
    )


def drawing(comparison: Comparison) -> str:
    """What seeds have of their own."""
    if comparison.counted:
        return f"of crossed ones, so that several share one of the {comparison.unit}, and are not independent"
    return "each with its own draw of all that varies between seeds"


def references_near(comparison: Comparison, errors: pd.Series, factor: float) -> pd.DataFrame:
    """The mean test errors of references that do not lie so far from all arms that these would be drawn as one."""
    found = pd.DataFrame(
        [(line.name.removeprefix(PREFIX), line.test_error.mean * factor) for line in comparison.references],
        columns=["name", "test/error"],
    ).sort_values("test/error")
    low, high = errors.min(), errors.max()
    return found[found["test/error"].between(2 * low - high, 2 * high - low)]


def quantiles(values: pd.DataFrame, column: str) -> pd.DataFrame:
    """Quantiles of each arm's values in a column, enough for a strip of them to look like one of all seeds."""
    shares = np.linspace(0, 1, SEEDS + 1)
    values_at = values.groupby("arm", sort=False)[column].quantile(shares)
    return values_at.rename_axis(["arm", "quantile"]).reset_index().dropna()
