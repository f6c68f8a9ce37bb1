"""The findings of a sweep that trains no network: every cell's measures."""

from reports.checks import look_at_failures
from reports.excerpt import IN_TABLES, IN_TERMINAL, how_many
from reports.findings import Findings
from reports.load import Sweep
from reports.measurements import averages, measurement_rows, measures_of, stated_measures

MEASURES = "mean over seeds ± half of the 95 % t interval of each alone, where seeds differ"


def of_theories(sweep: Sweep) -> Findings:
    table, looked = [*measurement_rows(sweep, IN_TABLES)], look_at_failures(sweep)
    return Findings(
        explained="theories.html.j2",
        heading="Every cell in numbers",
        sentences=[],
        warnings=looked.warnings + stated_measures(sweep).missing,
        notes=looked.notes,
        chosen=frozenset(),
        table=table,
        total=len(sweep.cells),
        numbers=averages(measures_of(sweep), sweep.results).drop(columns="of"),
        tables={},
        figures=[],
        in_terminal=(table[:IN_TERMINAL], f"{MEASURES}.{how_many(IN_TERMINAL, len(sweep.cells), 'cells')}"),
    )
