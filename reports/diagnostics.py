"""How networks overfit: diagnostics of every arm at its chosen value."""

from reports.averages import intervals
from reports.comparison import Comparison
from reports.formats import number
from reports.load import Sweep

COLUMNS = {
    "best step": "validation/best_step",
    "rise after": "validation/rise",
    "‖W − W₀‖": "weights/distance",
    "Π ‖Wₗ‖": "weights/spectral_norm",
    "zeros": "weights/zeros",
    "margin, 10 %": "margin/10",
    "calibration error": "test/calibration_error",
    "‖g‖": "gradient/norm",
    "gradient noise": "gradient/noise",
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
