"""The findings of a sweep that trains networks and tests them on nothing: errors on training rows, and on validation rows if any."""

from functools import partial

from reports.checks.every import codes_in
from reports.comparison import Comparison, compare
from reports.figures.every import Planned
from reports.figures.learning import learning_curves
from reports.findings import Findings
from reports.load import Sweep, has_rows, is_classification
from reports.of_theories import of_theories, unanswered

SHOWN = [f"{part}/{what}" for part in ("train", "validation") for what in ("error", "loss")]


def of_untested(sweep: Sweep) -> Findings:
    """A table of measurements in place of a comparison; what the study measures, or errors and losses."""
    measures = sweep.study.get("measures") or [name for name in SHOWN if name in sweep.metrics]
    measured = sweep._replace(study=sweep.study | {"measures": measures})
    comparison = compare(sweep)
    return of_theories(measured)._replace(
        sentences=[sentence(sweep)],
        warnings=unanswered(sweep) + [warning for warning in comparison.warnings if "L020" not in codes_in(warning)],
        notes=comparison.notes,
        chosen=frozenset(row.cell for row in comparison.rows),
        figures=[Planned("Learning curves", partial(learning_curves, sweep, as_shown(sweep, comparison)))],
        percent=is_classification(sweep),
        all_diverged=all(row.diverged == row.seeds for row in comparison.rows),
    )


def sentence(sweep: Sweep) -> str:
    rows = "training and validation rows" if has_rows(sweep, "validation") else "training rows"
    return (
        f"Nothing is said of generalization, since no rows are for testing (split.test=0): errors are those of {rows}."
    )


def as_shown(sweep: Sweep, comparison: Comparison) -> Comparison:
    """The comparison whose rows are all cells: none is compared, so each has a panel of its own."""
    first = comparison.rows[0]
    rows = [first._replace(arm=name, cell=name, baseline=name) for name in sweep.results["cell"].unique()]
    return comparison._replace(rows=rows)
