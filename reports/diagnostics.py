"""How networks overfit: diagnostics of every arm at its chosen value."""

from collections.abc import Mapping
from math import floor, isfinite, log10
from typing import Any

import pandas as pd

from reports.comparison import Comparison
from reports.crossed import counted
from reports.load import Sweep
from reports.measurements import averages

SHOWN = (
    "validation/best_step",
    "validation/rise",
    "weights/distance",
    "weights/spectral_norm",
    "weights/zeros",
    "gradient/norm",
    "gradient/noise",
)
MARGIN, SIZE = "margin/10", "weights/spectral_norm"
NORMALIZED = f"{MARGIN} / {SIZE}"
PLAIN = ("mlp", "linear", "diagonal")  # networks of which Π ‖Wₗ‖ bounds how fast outputs change


def diagnostic_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per arm, ready to show: mean over seeds ± half of the 95 % t interval; those measured once are at the last step."""
    cells = [row.cell for row in comparison.rows]
    results = sweep.results[sweep.results.cell.isin(cells)]
    values = diagnostics(results, all(is_plain(cell, sweep.params) for cell in sweep.cells if cell["name"] in cells))
    if values.empty:
        return []
    counts, values = counted(sweep._replace(results=results), values)
    results = counts.results
    texts: dict[str, dict[str, str]] = {cell: {} for cell in cells}
    for one in averages(values, results).itertuples():
        texts[one.cell][one.metric] = with_half(one.mean, one.high - one.mean, one.seeds, one.of)
    seeds = results.groupby("cell").size()
    return [{"": row.arm, **texts[row.cell], "seeds": str(seeds[row.cell])} for row in comparison.rows]


def with_half(mean: float, half: float, n: int, of: int) -> str:
    """The mean ± half of its interval, both to two digits of the half; and over how many of the seeds where not all have a value.

    >>> with_half(0.0009708, 0.00024, 9, 10), with_half(1585.0, 731.0, 3, 3), with_half(1.2345, 0.0, 3, 3)
    ('0.00097 ± 0.00024 (9 of 10)', '1580 ± 730', '1.23')
    """
    if half > 0 and isfinite(half) and 1e-6 < half < 1e6 > abs(mean):
        decimals = 1 - floor(log10(half))
        text = " ± ".join(f"{round(value, decimals):.{max(decimals, 0)}f}" for value in (mean, half))
    else:
        text = f"{mean:.3g}" + (f" ± {half:.2g}" if half > 0 and isfinite(half) else "") if n else "–"
    return (text if n == of else f"{text} ({n} of {of})").replace("-", "−")


def diagnostics(results: pd.DataFrame, plain: bool) -> pd.DataFrame:
    """What of SHOWN is measured, and not 0 everywhere, and, of plain networks, margins in units of what their weights can stretch.

    All weights times c make every margin of a relu network cᴸ times as large, and change no answer: margins of several arms compare
    only after division by Πₗ ‖Wₗ‖ (Bartlett, Foster & Telgarsky, NIPS 2017). A quantile of margins so divided is the quantile divided.
    """
    values = results[[name for name in SHOWN if name in results and results[name].fillna(0).any()]]
    if plain and {MARGIN, SIZE} <= set(results) and results[MARGIN].notna().any():
        values = values.assign(**{NORMALIZED: results[MARGIN] / results[SIZE]})
    return values


def is_plain(cell: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    """Whether a cell's network has no layers that the product of its weights' norms leaves out, as normalization."""

    def value(key: str, otherwise: str) -> str:
        return str(cell["axes"].get(key, params.get(key, otherwise)))

    return value("network", "") in PLAIN and value("network.normalization", "none") == "none"
