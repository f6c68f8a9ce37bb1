"""Every seed's difference from the baseline, and how many are lower, tied and higher."""

import altair as alt
import pandas as pd

from reports.comparison import Comparison, differences_by_seed
from reports.crossed import of_independent_seeds
from reports.excerpt import IN_FIGURES, how_many, leading, leading_arms
from reports.figures.arms import ARMS, labels
from reports.figures.figure import Figure, error_unit
from reports.figures.palette import GREY, TEST, TRAIN
from reports.figures.seeds import SEEDS, quantiles
from reports.load import Sweep
from reports.tally import tally

WIDTH = 480  # pixels, to which the tally is added


def every_difference(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """A dot a seed and arm, paired with the baseline's same seed: who sees these need not trust a p."""
    data = by_seed(sweep, comparison)
    if not (data.groupby("arm").size() > 1).any():
        return None
    unit, names = error_unit(comparison)[0], labels(comparison)
    leaders = [names[row.arm] for row in leading(sweep, comparison, IN_FIGURES).rows]
    shown = data[data.arm.isin(leaders)]
    many = bool((shown.groupby("arm").size() > SEEDS).any())
    order = [arm for arm in leaders if arm in set(shown.arm)]
    return Figure(
        "seed_differences",
        f"Every seed's difference from {comparison.baseline}",
        f"Dot: {dot_of(comparison, many)}; blue tick: their mean. Left of zero the arm errs less. On the right, in how many "
        f"{comparison.unit} it is lower, tied and higher."
        + how_many(len(order), data.arm.nunique(), leading_arms(sweep)),
        drawn(shown, order, many, f"test/error − test/error of {comparison.baseline} ({unit})"),
        data,
    )


def dot_of(comparison: Comparison, many: bool) -> str:
    """What one dot stands for."""
    if many:
        return f"a quantile of all {comparison.unit}, in steps of 1/100"
    mean = f", mean over the networks of one of the {comparison.unit}" if comparison.counted else ""
    return f"one seed of the arm minus the same seed of its baseline{mean}"


def by_seed(sweep: Sweep, comparison: Comparison) -> pd.DataFrame:
    """A row per compared arm and seed, in the unit of the figure."""
    names, factor = labels(comparison), error_unit(comparison)[1]
    rows = [row for row in comparison.rows if row.pair is not None]
    if not rows:
        return pd.DataFrame(columns=["arm", "seed", "difference"])
    table = differences_by_seed(of_independent_seeds(sweep), [(row.cell, row.reference) for row in rows])
    table.index = pd.Index([names[row.arm] for row in rows], name="arm")
    return (table * factor).rename_axis(columns="seed").stack().rename("difference").reset_index().dropna()


def drawn(data: pd.DataFrame, arms: list[str], many: bool, title: str) -> alt.LayerChart:
    """Dots, their means, the line at zero, and the tally at the right."""
    y = alt.Y("arm:N", sort=arms, title=None, axis=ARMS)
    x = alt.X("difference:Q", title=title, scale=alt.Scale(padding=12), axis=alt.Axis(tickCount=8))
    means = data.groupby("arm", sort=False, as_index=False)["difference"].mean()
    counts = data.groupby("arm", sort=False)["difference"].agg(lambda one: tally(one).in_words()).rename("seeds")
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    dots = alt.Chart(quantiles(data, "difference") if many else data).mark_circle(size=45, color=TEST, opacity=0.45)
    ticks = alt.Chart(means).mark_tick(thickness=3, size=20, color=TRAIN)
    texts = alt.Chart(counts.reset_index()).mark_text(align="left", color=GREY, fontSize=11)
    return alt.layer(
        zero,
        *(layer.encode(x=x, y=y, tooltip=list(layer.data.columns)) for layer in (dots, ticks)),
        texts.encode(x=alt.value(WIDTH + 10), y=y, text="seeds:N"),
    ).properties(width=WIDTH, height=alt.Step(30))
