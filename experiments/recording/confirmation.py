"""The same sweep on seeds never used before: which sweep it confirms, and which seeds are new.

A sweep is confirmed by another whose cells have the same settings, data and code, and seeds that nobody has seen a result of: the
first free block after the largest that a recorded cell of the study, or of another study with the same settings, has. A confirmation
that was interrupted has shown no answer, so its seeds are still new: the same command goes on with them.
"""

import copy
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from omegaconf import OmegaConf

from experiments.config.composition import Job
from experiments.config.errors import ConfigurationError
from experiments.config.secrets import hidden
from experiments.recording.delivery import retry
from experiments.recording.naming import from_short, in_short
from experiments.recording.plan import Plan
from experiments.recording.provenance import command
from experiments.recording.store import existing_store, runs_of_kind, sweep_name
from experiments.study.crossing import in_words
from experiments.study.experiment import Experiment, listed_seeds
from experiments.study.study import Study
from reports.schema import CONFIRMS, FORMAT
from reports.schema.address import StoreUnusable
from reports.schema.names import listed
from reports.schema.record import Unreadable, read_record

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from rich.console import Console

Runs = Mapping[str, Any]  # of cells, by run id


class Confirmation(NamedTuple):
    """The jobs of a sweep on new seeds, and what they confirm: a sweep's run, and for the settings of each cell its run there."""

    jobs: list[Job]
    sweep: str
    cells: Mapping[str, str]


def confirmation(study: Study, plan: Plan, console: "Console") -> Confirmation:
    """Finds the newest finished sweep of these cells, and puts the jobs on new seeds. Raises ConfigurationError if there is none."""
    check_tested(plan)
    try:
        client = retry(existing_store, console)
    except StoreUnusable as error:
        raise ConfigurationError(f"study.confirm: {error}. {first_command()}") from error
    cells = {run.info.run_id: run for run in retry(partial(runs_of_kind, client, "cell"), console)}
    sweeps = [run for run in retry(partial(runs_of_kind, client, "sweep"), console) if is_of(run, study)]
    first, its_cells = newest(client, study, plan, sweeps, cells)
    used = seeds_used(study, its_cells, cells.values(), abandoned(sweeps))
    jobs = [on_new_seeds(job, used, plan.jobs) for job in plan.jobs]
    seeds = {seed for job in jobs for seed in job.config.seeds}
    console.print(
        f"confirms {sweep_name(first)!r}, on seeds {in_short(sorted(seeds))}, which no recorded cell of {study.name!r} has",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    return Confirmation(jobs, first.info.run_id, its_cells)


def check_tested(plan: Plan) -> None:
    """Raises ConfigurationError unless every cell trains networks of new seeds and tests them: what is confirmed are test errors."""
    for cell in plan.cells:
        if not isinstance(cell.experiment, Experiment):
            raise ConfigurationError(
                "study.confirm compares test errors of networks, and theory=… trains none; ask for other seeds yourself: "
                "seeds=[10,11,12]."
            )
        if cell.experiment.crossed:
            raise ConfigurationError(
                f"study.confirm takes other seeds, and seeds={in_words(cell.experiment.crossed)} crosses draws that are always the first "
                "ones. Run it with a number of seeds (seeds=10), and then the same with study.confirm=true."
            )
        if "test" not in cell.experiment.parts:
            raise ConfigurationError(
                "study.confirm compares test errors, and split.test=0 leaves no test rows; give split.test rows."
            )


def newest(
    client: "MlflowClient", study: Study, plan: Plan, sweeps: Sequence[Any], cells: Runs
) -> tuple[Any, Mapping[str, str]]:
    """The newest finished sweep of the plan's cells that confirms no other, and its cells by their settings."""
    finished = [run for run in sweeps if run.info.status == "FINISHED" and CONFIRMS not in run.data.tags]
    for run in finished:
        found = its_cells(client, run, plan, cells)
        if found:
            return run, found
    others = [repr(sweep_name(run)) for run in finished]
    there = f"those here have other cells, settings, data or code: {listed(others)}" if others else "there is none here"
    raise ConfigurationError(
        f"study.confirm looks for a finished sweep of {study.name!r} with the same cells; {there}. {first_command()}"
    )


def its_cells(client: "MlflowClient", run: Any, plan: Plan, cells: Runs) -> dict[str, str]:
    """A sweep's finished cells by their settings, where these are the plan's, but for cells that failed; else none."""
    try:
        record = read_record(client, run.info.run_id)
    except Unreadable:
        return {}
    if record is None or len(record["cells"]) != len(plan.jobs):
        return {}
    finished = [cell["run_id"] for cell in record["cells"] if cell["status"] == "FINISHED"]
    settings = {cells[run_id].data.tags.get("settings", ""): run_id for run_id in finished if run_id in cells}
    return settings if settings.keys() <= {cell.identity.settings for cell in plan.cells} else {}


def seeds_used(study: Study, settings: Collection[str], cells: Collection[Any], unseen: Collection[str]) -> set[int]:
    """The seeds of all recorded cells of the study, and of others with these settings; not of sweeps that nobody has seen."""
    used: set[int] = set()
    for tags in (run.data.tags for run in cells):
        if (tags.get("study") == study.name or tags.get("settings") in settings) and tags.get("sweep") not in unseen:
            used |= from_short(tags.get("seeds", ""))
    return used


def abandoned(sweeps: Sequence[Any]) -> set[str]:
    """The names of confirmations that were interrupted."""
    return {sweep_name(run) for run in sweeps if CONFIRMS in run.data.tags and run.info.status != "FINISHED"}


def is_of(run: Any, study: Study) -> bool:
    return run.data.tags.get("study") == study.name and run.data.tags.get("format") == str(FORMAT)


def on_new_seeds(job: Job, used: Collection[int], jobs: Sequence[Job]) -> Job:
    """The job on as many seeds as it asks for, none of them used; what it was called by stays, unless all jobs have one value."""
    seeds = new_seeds(job.config.seeds, used, OmegaConf.select(job.config, "split.folds", default=1))
    config = copy.deepcopy(job.config)
    config.seeds = seeds
    overrides = {key: value for key, value in job.overrides.items() if key != "study.confirm"}
    if len({other.overrides.get("seeds") for other in jobs}) == 1:  # else seeds are an axis, and its values are names
        overrides["seeds"] = f"[{','.join(map(str, seeds))}]"
    return Job(overrides, config, job.choices)


def new_seeds(asked: Any, used: Collection[int], folds: int = 1) -> list[int]:
    """As many seeds as asked for, from the first after all that are used; a list of which none is used is taken as it is.

    Where seeds are folds (split=k_fold), they begin with a repetition, so that each row is tested as often as the first sweep does.

    >>> new_seeds(3, {0, 1, 2}), new_seeds([0, 7], {0, 1, 2}), new_seeds([8, 5], {0, 1, 2}), new_seeds(5, {0, 1, 2}, folds=5)
    ([3, 4, 5], [3, 4], [8, 5], [5, 6, 7, 8, 9])
    """
    given = [*asked] if not isinstance(asked, int) else None
    if given is not None and not set(given) & set(used):
        return given
    largest = max(used, default=-1)
    start = (largest // folds + 1) * folds  # the first of a repetition
    seeds = list(range(start, start + len(listed_seeds(given if given is not None else asked))))
    if seeds[-1] >= 2**32:
        raise ConfigurationError(
            f"study.confirm takes seeds after the largest used, {largest}, and a seed must be less than 2³²; list seeds that "
            "were never used yourself: seeds=[…]."
        )
    return seeds


def first_command() -> str:
    """What to run first."""
    words = [word for word in sys.argv[1:] if word != "--multirun" and not word.startswith("study.confirm=")]
    return f"Run it first: {hidden(command(words))}"
