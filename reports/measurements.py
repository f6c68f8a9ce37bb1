"""The table of a sweep that trains no network: every cell's measures over its seeds."""

from reports.load import Sweep
from reports.statistics import mean_interval


def measures_of(sweep: Sweep) -> list[str]:
    """The metrics that the study wants shown, or all."""
    others = {"seed", "step", "epoch", "diverged_at", "selected", "cell", "arm"}
    found = [
        name for name in sweep.results.columns if name not in others and not name.startswith(("axis/", "selected/"))
    ]
    return [name for name in sweep.study.get("measures", []) if name in found] or found


def measurement_rows(sweep: Sweep) -> list[dict[str, object]]:
    """One row a cell, ready to show: mean over seeds ± half of the 95 % t interval where seeds differ."""
    rows = []
    for cell, own in sweep.results.groupby("cell", sort=False):
        intervals = {name: mean_interval(own[name]) for name in measures_of(sweep)}
        shown = {
            name: f"{i.mean:.4g}" + (f" ± {(i.high - i.low) / 2:.2g}" if i.n > 1 and i.sd > 1e-9 * abs(i.mean) else "")
            for name, i in intervals.items()
        }
        rows.append(
            {"": str(cell), **{name: text.replace("-", "−") for name, text in shown.items()}, "seeds": len(own)}
        )
    return rows
