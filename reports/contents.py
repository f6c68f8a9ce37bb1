"""What is in a report. The answer comes always: a figure or a table that cannot be made is told of, and the others are there."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from reports.answer import certainty_rows, ledger_rows, sentence, table_rows, terminal_rows
from reports.averages import intervals
from reports.claims import Verdict, in_one_sentence, judge
from reports.comparison import Comparison, compare
from reports.diagnostics import diagnostic_rows
from reports.excerpt import IN_TABLES, IN_TERMINAL, leading, shortened, told
from reports.figures.every import planned
from reports.figures.figure import Picture, draw
from reports.load import Sweep
from reports.measurements import measurement_rows, measures_of
from reports.tables import numbers_of
from reports.variance import source_rows, sources_in_a_sentence

Made = TypeVar("Made")
MEASURES = "mean over seeds ± half of the 95 % t interval, where seeds differ"


class Failure(NamedTuple):
    """A part of the report that could not be made, and why."""

    title: str
    message: str


class Contents(NamedTuple):
    """All that a page shows."""

    comparison: Comparison | None  # None where no network was trained
    answer: str
    verdicts: list[Verdict]
    table: list[dict[str, Any]]  # the answer in numbers, of the first arms or cells by validation error
    numbers: pd.DataFrame  # the same of all
    tables: dict[str, list[dict[str, str]]]  # others, by name
    pictures: list[Picture]
    in_terminal: tuple[list[dict[str, Any]], str]  # rows and caption
    failures: list[Failure]


def contents(sweep: Sweep, beside: Executor) -> Contents:
    """Makes all of it; figures are drawn beside."""
    failures: list[Failure] = []

    def attempt(title: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except Exception as error:  # whatever it is, it costs this part alone
            failures.append(Failure(title, " ".join(f"{type(error).__name__}: {error}".split())[:500]))
            return None

    comparison = attempt("Comparison", partial(compare, sweep)) if "test/error" in sweep.results else None
    verdicts = attempt("Claims", partial(judge, sweep, comparison)) or []
    drawn = []
    for plan in planned(sweep, comparison):
        figure = attempt(plan.title, plan.make)
        if figure is not None:
            drawn.append((plan.title, beside.submit(draw, figure)))
    tables = {}
    if comparison is not None:
        shown = leading(sweep, comparison, IN_TABLES)
        others = {
            "certainty": ("How sure", certainty_rows),
            "ledger": ("What other ways of choosing would have reported", ledger_rows),
            "diagnostics": ("How they fit", diagnostic_rows),
            "sources": ("Where the spread comes from", source_rows),
        }
        tables = {name: attempt(title, partial(make, sweep, shown)) or [] for name, (title, make) in others.items()}
        table: list[dict[str, Any]] = table_rows(shown)
        numbers = numbers_of(comparison)
        rows, caption = terminal_rows(leading(sweep, comparison, IN_TERMINAL))
        caption += told(len(rows), len(comparison.rows), "arms, those of least validation error; table.csv has all")
    else:
        table = [*measurement_rows(sweep, IN_TABLES)]
        numbers = intervals(sweep.results[measures_of(sweep)], sweep.results[["cell"]])
        rows, caption = table[:IN_TERMINAL], MEASURES + "." + told(IN_TERMINAL, len(sweep.cells), "cells")
    pictures = [attempt(title, drawing.result) for title, drawing in drawn]
    return Contents(
        comparison,
        answer(sweep, comparison, verdicts, tables.get("sources", [])),
        verdicts,
        table,
        numbers,
        tables,
        [picture for picture in pictures if picture is not None],
        (rows, caption),
        failures,
    )


def answer(sweep: Sweep, comparison: Comparison | None, verdicts: list[Verdict], sources: list[dict[str, str]]) -> str:
    """In a few sentences, whatever the sweep's size."""
    said = [sources_in_a_sentence(sources)] if sources else []
    if comparison is not None:
        said += comparison.warnings if sweep.axes == ["vary"] else [sentence(comparison)]
    said += [in_one_sentence(verdicts)] if verdicts else []
    return shortened(" ".join(said) or sweep.study["question"])
