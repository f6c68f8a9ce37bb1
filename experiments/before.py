"""What is said before training: names that a study misspells, claims that this sweep cannot test, or that its seeds cannot decide."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from experiments.config.lookup import look_up_cells, look_up_metrics
from experiments.config.reach import Sweeping, cells
from experiments.recording.plan import Plan
from experiments.study.study import Study
from reports.schema import PARTS, named
from reports.schema.claims import words
from reports.schema.places import cells_at
from reports.schema.statements import claim

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


def undecidable(study: Study, sweeping: Sweeping, plan: Plan, untestable: Collection[str]) -> Iterator[str]:
    """A line for each other claim that the planned seeds cannot decide, or that nothing could refute."""
    claims = [claim(stated) for stated in study.claims]
    there = cells(sweeping, named.keys({}, study.claims, ()))
    for stated, read in zip(study.claims, claims, strict=True):
        jobs = {cell["job"] for _, place in named.places(stated) for cell in cells_at(place, there)}
        seeds = [plan.cell_of[n].experiment.independent for n in jobs if n in plan.cell_of]
        if seeds and words(read) not in untestable:
            from reports.claims import cannot  # with SciPy, which takes long: few studies have claims

            if why := cannot(read, min(seeds), claims, shares(plan)):
                yield f"to know of a claim before training: {words(read)}: {why}"


def shares(plan: Plan) -> list[str]:
    """The metrics that always lie from 0 to 1: errors of classes."""
    of_classes = all(cell.experiment.dataset.task == "classification" for cell in plan.cells)
    return [f"{part}/error" for part in PARTS] if of_classes else []


def tell(line: str, console: "Console") -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
