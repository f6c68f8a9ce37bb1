"""How networks overfit: diagnostics of every arm at its chosen value."""

from reports.averages import intervals
from reports.comparison import Comparison
from reports.formats import number
from reports.load import Sweep

SHOWN = (
    "validation/best_step",
    "validation/rise",
    "weights/distance",
    "weights/spectral_norm",
    "weights/zeros",
    "margin/10",
    "test/calibration_error",
    "gradient/norm",
    "gradient/noise",
)


def diagnostic_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per arm, ready to show: means over seeds, those that are measured once at the last step."""
    shown = [name for name in SHOWN if name in sweep.results and sweep.results[name].notna().any()]
    plain = comparison._replace(percent=False)
    results = sweep.results[sweep.results.cell.isin([row.cell for row in comparison.rows])]
    means = intervals(results[shown], results[["cell"]]).set_index(["cell", "metric"])["mean"].to_dict()
    return [
        {"": row.arm, **{name: number(round_to(means[row.cell, name]), plain) for name in shown}}
        for row in comparison.rows
        if shown
    ]


def round_to(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")
