"""What is said before training: names that a study misspells, claims that this sweep cannot test, or that its seeds cannot decide."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from experiments.config.lookup import look_up_cells, look_up_metrics
from experiments.config.reach import Sweeping, cells
from experiments.recording.plan import Plan
from experiments.study.study import Study
from reports.schema import named
from reports.schema.places import cells_at
from reports.schema.statements import Claim, Order, claim, words
from reports.sign_flips import least_p, least_seeds

if TYPE_CHECKING:
    from rich.console import Console


def before_training(study: Study, sweeping: Sweeping, plan: Plan, console: "Console") -> None:
    """Raises ConfigurationError for a name that nothing here has; prints which claims cannot be tested, decided or refuted."""
    if not plan.cells:  # the sweep would be refused, as printed already
        return
    look_up_metrics(study, {name for cell in plan.cells for name in cell.experiment.metrics()})
    untestable = look_up_cells(study, sweeping)
    if untestable:
        count = "1 claim" if len(untestable) == 1 else f"{len(untestable)} claims"
        told = "; ".join(f"{says} ({why})" for says, why in untestable)
        tell(f"{count} cannot be tested by this sweep: {told}", console)
    for line in undecidable(study, sweeping, plan, {says for says, _ in untestable}):
        tell(line, console)


def undecidable(study: Study, sweeping: Sweeping, plan: Plan, untestable: Iterable[str]) -> Iterator[str]:
    """A line for each claim that the planned seeds cannot decide, or that nothing could refute."""
    there = cells(sweeping, named.keys({}, study.claims, ()))
    seeds = [len(plan.cell_of[n].experiment.all_seeds) if n in plan.cell_of else None for n in range(len(there))]
    number = {id(cell): count for cell, count in zip(there, seeds, strict=True)}
    claims = [claim(stated) for stated in study.claims]
    for stated, read in zip(study.claims, claims, strict=True):
        here = [number[id(cell)] for _, place in named.places(stated) for cell in cells_at(place, there)]
        counts = [count for count in here if count is not None]
        if words(read) not in untestable and counts and (why := cannot(read, min(counts), claims)):
            yield f"cannot be decided: {words(read)}: {why}"


def cannot(claim: Claim, seeds: int, claims: list[Claim]) -> str:
    """Why so many seeds cannot decide a claim, or nothing could refute it."""
    if not isinstance(claim, Order):
        return "one seed has no interval: take at least 2" if seeds < 2 else ""
    count = sum(isinstance(other, Order) for other in claims)
    if least_p(seeds) * count < 0.05:
        return ""
    return f"{seeds} seeds cannot reach p < 0.05: take at least {least_seeds(count)}"


def tell(line: str, console: "Console") -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
