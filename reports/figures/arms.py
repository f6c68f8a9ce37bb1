"""Shared by figures of arms: which arms are drawn, at which value, and their labels."""

import altair as alt
import pandas as pd

from reports.comparison import Comparison
from reports.load import Sweep

ARMS = alt.Axis(labelLimit=400)


def chosen_rows(sweep: Sweep, comparison: Comparison) -> pd.DataFrame:
    return sweep.results[sweep.results.cell.isin([row.cell for row in comparison.rows])]


def labels(comparison: Comparison) -> dict[str, str]:
    return {row.arm: f"{row.arm} ({row.chosen})" if row.chosen else row.arm for row in comparison.rows}
