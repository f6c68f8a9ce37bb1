"""The findings of a sweep that trains networks: its arms compared by test error, and everything that rests on that."""

from functools import partial

from reports.answer import NEW_DATA, certainty_rows, ledger_rows, pair_rows, sentence, table_rows, terminal_rows
from reports.comparison import Comparison, compare
from reports.diagnostics import diagnostic_rows
from reports.excerpt import IN_TABLES, IN_TERMINAL, how_many, leading, leading_arms
from reports.figures.every import of_comparison
from reports.findings import Attempt, Findings
from reports.load import Sweep
from reports.measurements import beside, numbers_beside, stated_measures
from reports.own_choice import own_choice_rows
from reports.tables import numbers_of, pairs_of
from reports.tries import unequal_tries
from reports.variance import source_rows, sources_in_a_sentence

TABLES = {  # by name: title, and what makes it
    "certainty": ("How sure", certainty_rows),
    "own_choice": ("What each seed would have chosen", own_choice_rows),
    "pairs": ("Every arm against every other", pair_rows),
    "ledger": ("What other ways of choosing would have reported", ledger_rows),
    "diagnostics": ("How they fit", diagnostic_rows),
    "sources": ("Where the spread comes from", source_rows),
}


def of_networks(sweep: Sweep, attempt: Attempt) -> Findings:
    comparison = compare(sweep)
    shown = leading(sweep, comparison, IN_TABLES)
    tables = {name: attempt(title, partial(make, sweep, shown)) or [] for name, (title, make) in TABLES.items()}
    measures, few = stated_measures(sweep), leading(sweep, comparison, IN_TERMINAL)
    rows, caption = terminal_rows(few)
    caption += how_many(len(few.rows), len(comparison.rows), f"{leading_arms(sweep)}; table.csv has all")
    return Findings(
        explained="networks.html.j2",
        heading="The answer in numbers",
        sentences=sentences(sweep, comparison, tables["sources"]),
        warnings=comparison.warnings + measures.missing,
        notes=comparison.notes + unequal_tries(sweep, comparison),
        chosen=frozenset(row.cell for row in comparison.rows),
        table=beside(table_rows(shown), shown, measures.values, sweep),
        total=len(comparison.rows) + len(comparison.references),
        numbers=numbers_beside(numbers_of(comparison), measures.values, sweep),
        more_numbers={"pairs.csv": pairs_of(comparison)} if sweep.study.get("compare") == "pairs" else {},
        tables=tables,
        figures=of_comparison(sweep, comparison),
        in_terminal=(beside(rows, few, measures.values, sweep), caption),
        further=(NEW_DATA, *measures.values.columns.difference(list(rows[0]), sort=False)),
        percent=comparison.percent,
        all_diverged=all(row.diverged == row.seeds for row in comparison.rows),
    )


def sentences(sweep: Sweep, comparison: Comparison, sources: list[dict[str, str]]) -> list[str]:
    """The answer: the spread by source where `vary` is swept, and the differences from the baseline unless only that is."""
    first = [sources_in_a_sentence(sources)] if sources else []
    return first + (comparison.warnings if sweep.axes == ["vary"] else [sentence(comparison)])
