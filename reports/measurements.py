"""The table of a sweep that trains no network: every cell's measures over its seeds."""

from reports.averages import intervals
from reports.load import Sweep


def measures_of(sweep: Sweep) -> list[str]:
    """The metrics that the study wants shown, or all."""
    measured = sweep.metrics
    return [name for name in sweep.study.get("measures", []) if name in measured] or measured


def measurement_rows(sweep: Sweep, most: int | None = None) -> list[dict[str, object]]:
    """One row per cell (the first `most`), ready to show: mean over seeds ± half of the 95 % t interval where seeds differ."""
    cells = sweep.results["cell"].drop_duplicates()[:most]
    rows = sweep.results[sweep.results["cell"].isin(cells)]
    seeds = rows.groupby("cell", sort=False).size()
    averages = intervals(rows[measures_of(sweep)], rows[["cell"]])
    averages["shown"] = [
        shown(*numbers) for numbers in zip(averages["mean"], averages["high"], averages["seeds"], strict=True)
    ]
    return [
        {"": str(cell), **dict(zip(of_cell["metric"], of_cell["shown"], strict=True)), "seeds": int(seeds[cell])}
        for cell, of_cell in averages.groupby("cell", sort=False)
    ]


def shown(mean: float, high: float, seeds: int) -> str:
    """
    >>> shown(-1.0, -0.5, 3), shown(1.0, 1.0, 3)
    ('−1 ± 0.5', '1')
    """
    differ = seeds > 1 and high - mean > 1e-9 * abs(mean)
    return (f"{mean:.4g}" + (f" ± {high - mean:.2g}" if differ else "")).replace("-", "−")
