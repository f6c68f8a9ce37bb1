"""Make the contents of a report. A figure or table that cannot be made is listed as failed; the answer and all others stay."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

from reports.claims import Verdict, in_one_sentence, judge
from reports.excerpt import shortened
from reports.figures.every import Planned
from reports.figures.figure import Picture, draw
from reports.figures.stated import stated_figures
from reports.findings import Attempt, Findings, Made
from reports.load import Sweep, has_rows, trains_networks
from reports.of_networks import of_networks
from reports.of_theories import of_theories
from reports.of_untested import of_untested
from reports.verdicts import dated


class Failure(NamedTuple):
    """A part of the report that could not be made, and why."""

    title: str
    message: str


class Contents(NamedTuple):
    """All that a page shows."""

    findings: Findings
    answer: str
    verdicts: list[Verdict]
    pictures: list[Picture]
    failures: list[Failure]


def of_its_kind(sweep: Sweep, attempt: Attempt) -> Callable[[], Findings]:
    """What makes the findings: of networks that are tested, of networks that are not, or of calculations."""
    if not trains_networks(sweep):
        return partial(of_theories, sweep)
    return partial(of_networks, sweep, attempt) if has_rows(sweep, "test") else partial(of_untested, sweep)


def contents(sweep: Sweep, beside: Executor) -> Contents:
    """Makes all that a page shows; figures are drawn by the executor `beside`."""
    failures: list[Failure] = []

    def attempt(title: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except Exception as error:  # whatever it is, it costs this part alone
            failures.append(Failure(title, " ".join(f"{type(error).__name__}: {error}".split())[:500]))
            return None

    findings = attempt("Comparison", of_its_kind(sweep, attempt)) or of_theories(sweep)
    verdicts = attempt("Claims", partial(judge, sweep, findings.chosen)) or []
    verdicts = attempt("When claims were stated", partial(dated, verdicts, sweep)) or verdicts
    planned = [*(Planned(title, make) for title, make in stated_figures(sweep)), *findings.figures]
    figures = [(plan.title, attempt(plan.title, plan.make)) for plan in planned]
    drawn = [(title, beside.submit(draw, figure)) for title, figure in figures if figure is not None]
    pictures = [attempt(title, drawing.result) for title, drawing in drawn]
    sentences = [*findings.sentences, *([in_one_sentence(verdicts)] if verdicts else [])]
    return Contents(
        findings,
        shortened(" ".join(sentences).replace("\n ", "\n").rstrip() or sweep.study["question"]),
        verdicts,
        [picture for picture in pictures if picture is not None],
        failures,
    )
