"""The findings of a sweep that trains networks: its arms compared by test error, and everything that rests on that."""

from functools import partial

import pandas as pd

from reports.answer import NEW_DATA, certainty_rows, ledger_rows, pair_rows, table_rows, terminal_rows
from reports.by_source import by_source
from reports.calibration import calibration_rows
from reports.comparison import Comparison, compare
from reports.confirmed import confirmation_rows, confirmed_in_sentences
from reports.crossed import counted, is_crossed
from reports.diagnostics import diagnostic_rows
from reports.effects import effect_rows, effects_in_sentences
from reports.excerpt import IN_TABLES, IN_TERMINAL, how_many, leading, leading_arms
from reports.figures.every import of_comparison
from reports.findings import Attempt, Findings
from reports.load import Sweep
from reports.measurements import beside, numbers_beside, stated_measures
from reports.own_choice import own_choice_rows
from reports.sentence import sentence
from reports.smallest_effect import smallest_effect_numbers, smallest_effect_rows
from reports.tables import numbers_of, pairs_of
from reports.variance import component_rows, in_a_sentence, source_rows, sources_in_a_sentence, spread_rows

TABLES = {  # by name: title, and what makes it
    "confirmation": ("Both results side by side", confirmation_rows),
    "effects": ("Effects of the switches in numbers", effect_rows),
    "certainty": ("How sure", certainty_rows),
    "own_choice": ("Each seed's own choice in numbers", own_choice_rows),
    "pairs": ("Every pair of arms in numbers", pair_rows),
    "smallest_effect": ("Seeds and the smallest effect that matters", smallest_effect_rows),
    "ledger": ("What other ways of choosing would have reported", ledger_rows),
    "diagnostics": ("How they fit", diagnostic_rows),
    "calibration": ("How far their confidence can be trusted", calibration_rows),
    "components": ("The sources of spread in numbers", component_rows),
    "spread": ("How much of the spread is the finite test set", spread_rows),
    "sources": ("Spread with some sources held still", source_rows),
}
OVER_DRAWS = (
    " Seeds are crossed: n counts draws of the first source, such as splits, each with the mean of its networks."
)

FITTED = "No arm errs on its training rows, so that the gap is the test error."


def of_networks(sweep: Sweep, attempt: Attempt) -> Findings:
    comparison = compare(sweep)
    shown = leading(sweep, comparison, IN_TABLES)
    made = {name: attempt(title, partial(make, sweep, shown)) or [] for name, (title, make) in TABLES.items()}
    tables = made | ({"ledger": []} if is_crossed(sweep) else {})  # its ± takes all seeds for independent
    measures, few = stated_measures(sweep), leading(sweep, comparison, IN_TERMINAL)
    counts, values = counted(sweep, measures.values)
    rows, caption = terminal_rows(few)
    fitted = FITTED if all(row.train_error.mean == 0 for row in comparison.rows) else ""
    caption += OVER_DRAWS if is_crossed(sweep) else ""
    caption += f" {fitted}" * bool(fitted)
    caption += how_many(len(few.rows), len(comparison.rows), f"{leading_arms(sweep)}; table.csv has all")
    return Findings(
        explained="networks.html.j2",
        heading="The answer in numbers",
        sentences=sentences(sweep, comparison, tables["sources"]),
        warnings=comparison.warnings + measures.missing,
        notes=comparison.notes,
        chosen=frozenset(row.cell for row in comparison.rows),
        table=beside(table_rows(shown), shown, values, counts),
        total=len(comparison.rows) + len(comparison.references),
        numbers=numbers_beside(numbers_of(comparison), values, counts),
        more_numbers=more_numbers(sweep, comparison),
        tables=tables,
        figures=of_comparison(sweep, comparison),
        in_terminal=(beside(rows, few, values, counts), caption),
        further=(NEW_DATA, *values.columns.difference(list(rows[0]), sort=False)),
        percent=comparison.percent,
        all_diverged=all(row.diverged == row.seeds for row in comparison.rows),
        fitted=fitted,
    )


def more_numbers(sweep: Sweep, comparison: Comparison) -> dict[str, pd.DataFrame]:
    """The CSVs of the tables that only some studies have."""
    pairs = {"pairs.csv": pairs_of(comparison)} if sweep.study.get("compare") == "pairs" else {}
    return pairs | (
        {"effect.csv": smallest_effect_numbers(sweep, comparison)} if sweep.study.get("smallest_effect") else {}
    )


def sentences(sweep: Sweep, comparison: Comparison, sources: list[dict[str, str]]) -> list[str]:
    """The answer: the spread by source where seeds are crossed or `vary` is swept, and the differences from the baseline."""
    components = [in_a_sentence(one, comparison) for one in by_source(sweep, comparison)[:1]]
    first = components + ([sources_in_a_sentence(sources)] if sources else [])
    first += confirmed_in_sentences(sweep, comparison) + effects_in_sentences(sweep, comparison)
    alone = sweep.axes == ["vary"] or (components and len(comparison.rows) == 1)
    return first + (comparison.warnings if alone else [sentence(comparison)])
