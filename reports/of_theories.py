"""The findings of a sweep that trains no network: every cell's measures."""

from reports.checks import look_at_failures
from reports.excerpt import IN_TABLES, IN_TERMINAL, how_many
from reports.findings import Findings
from reports.load import Sweep
from reports.measurements import averages, measurement_rows, measures_of, stated_measures
from reports.schema.names import listed

ABOUT_TESTS = {  # of a study: what it asks of test errors, and how it is written
    "design": "study.design",
    "smallest_effect": "study.smallest_effect",
}
MEASURES = "mean over seeds ± half of the 95 % t interval of each alone, where seeds differ"


def of_theories(sweep: Sweep) -> Findings:
    table, looked = [*measurement_rows(sweep, IN_TABLES)], look_at_failures(sweep)
    return Findings(
        explained="theories.html.j2",
        heading="Every cell in numbers",
        sentences=[],
        warnings=unanswered(sweep) + looked.warnings + stated_measures(sweep).missing,
        notes=looked.notes,
        chosen=frozenset(),
        table=table,
        total=len(sweep.cells),
        numbers=averages(measures_of(sweep), sweep.results).drop(columns="of"),
        tables={},
        figures=[],
        in_terminal=(table[:IN_TERMINAL], f"{MEASURES}.{how_many(IN_TERMINAL, len(sweep.cells), 'cells')}"),
    )


def unanswered(sweep: Sweep) -> list[str]:
    """What the study asks that only test errors of networks answer, of which there are none here."""
    asked = [written for key, written in ABOUT_TESTS.items() if sweep.study.get(key)]
    asked += ["study.compare=pairs"] * (sweep.study.get("compare") == "pairs")
    if not asked:
        return []
    return [f"Nothing is said of {listed(asked)}: only test errors of networks answer that, and there are none here."]
