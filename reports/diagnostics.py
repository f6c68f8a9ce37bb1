"""How networks overfit: diagnostics of every arm at its chosen value."""

from reports.averages import intervals
from reports.comparison import Comparison
from reports.formats import number
from reports.load import Sweep

COLUMNS = {
    "validation/best_step": "validation/best_step",
    "validation/rise": "validation/rise",
    "weights/distance": "weights/distance",
    "weights/spectral_norm": "weights/spectral_norm",
    "weights/zeros": "weights/zeros",
    "margin/10": "margin/10",
    "test/calibration_error": "test/calibration_error",
    "gradient/norm": "gradient/norm",
    "gradient/noise": "gradient/noise",
}


def diagnostic_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per arm, ready to show: means over seeds, those that are measured once at the last step."""
    shown = {
        title: name for title, name in COLUMNS.items() if name in sweep.results and sweep.results[name].notna().any()
    }
    plain = comparison._replace(percent=False)
    results = sweep.results[sweep.results.cell.isin([row.cell for row in comparison.rows])]
    means = intervals(results[list(shown.values())], results[["cell"]]).set_index(["cell", "metric"])["mean"].to_dict()
    return [
        {"": row.arm, **{title: number(round_to(means[row.cell, name]), plain) for title, name in shown.items()}}
        for row in comparison.rows
        if shown
    ]


def round_to(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")
