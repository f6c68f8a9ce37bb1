"""Plans a sweep: which of its cells are recorded, and which seeds of the others are still to be trained."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

from experiments.config.building import draft
from experiments.config.composition import Job
from experiments.config.errors import ConfigurationError
from experiments.config.secrets import hidden
from experiments.config.targets import trusted
from experiments.costs.cost import cost
from experiments.costs.limits import TooDear, check, exceeded, in_words
from experiments.costs.loads import Load, load, loads_of
from experiments.costs.thinning import within_bound
from experiments.recording import journal
from experiments.recording.identity import Identity, identity
from experiments.recording.store import store_key
from experiments.study.calculation import AnyExperiment
from experiments.study.execution import Execution
from experiments.study.experiment import Experiment
from experiments.study.keep import Keep, to_keep
from experiments.study.study import Study
from experiments.training.workers import Workers
from reports.schema import VALIDATION_ROWS
from reports.schema.claims import text

T = TypeVar("T")
NOT_RUN = RuntimeError("not run: the sweep stopped at the first failure")
LONG = 600  # seconds: a sweep that takes longer says so
LOOKED_UP = 100_000  # upper bound on the seeds of a cell that a shared store may have


@dataclass(eq=False)
class Cell:
    """One configuration with all its seeds. Jobs with the same identity are one cell, represented by the first of them."""

    job: Job
    experiment: AnyExperiment
    identity: Identity
    keep: Keep  # what is kept in addition to its curves
    missing: list[int]  # seeds that are neither recorded nor trained
    overwrite: bool = False  # record it again even if the store has it
    run: str | None = None  # the id of its run in the store, as far as this folder knows
    failure: str = ""  # the traceback of its training
    value: float | None = None  # its mean validation error

    @property
    def names(self) -> list[str]:
        """The names by which its run can be looked up: a run under any of them has all that `keep` asks."""
        return self.keep.cell_named(self.identity.cell, self.experiment.all_seeds)

    def run_in(self, runs: Mapping[str, str]) -> str | None:
        """Its run among those that are known by name."""
        return next((runs[name] for name in self.names if name in runs), None)

    @property
    def seeds_named(self) -> dict[int, str]:
        """The name by which each seed's result is looked up."""
        return self.keep.seeds_named(self.identity.seeds)

    @property
    def reused(self) -> list[int]:
        """Seeds of a new cell that were trained before."""
        missing = set(self.missing)
        return [seed for seed in self.experiment.all_seeds if seed not in missing]

    @property
    def outcome(self) -> float | Exception:
        """Its mean validation error, or an error that says why it has none."""
        if self.failure:
            return RuntimeError(last_line(self.failure))
        return self.value if self.value is not None else NOT_RUN


class Plan(NamedTuple):
    """The jobs of a sweep, the cells that they belong to, and the jobs that cannot be built."""

    jobs: Sequence[Job]
    cells: list[Cell]
    cell_of: dict[int, Cell]  # by the number of the job
    refused: dict[int, Exception]  # by the number of the job
    keep: Keep = Keep()

    @property
    def new(self) -> list[Cell]:
        """The cells that are not recorded."""
        return [cell for cell in self.cells if cell.run is None]

    def give_up_lost(self, is_finished: Callable[[str], bool]) -> None:
        """Makes cells new again whose runs are gone from the store; seeds still on disk are found when curves are assembled."""
        for cell in self.cells:
            if cell.run is not None and not is_finished(cell.run):
                cell.run, cell.missing, cell.overwrite = None, [], True

    @property
    def has_values(self) -> bool:
        return any(cell.value is not None for cell in self.cells)

    def outcomes(self) -> list[float | Exception]:
        """For every job, its cell's mean validation error, or an error that says why it has none."""
        return [
            RuntimeError(last_line(hidden(str(self.refused[n])))) if n in self.refused else self.cell_of[n].outcome
            for n in range(len(self.jobs))
        ]


def last_line(error: str) -> str:
    return error.strip().splitlines()[-1]


def check_validated(study: Study, plan: Plan, searched: bool) -> None:
    """Raises ConfigurationError where something is chosen on validation rows, and a cell has none, or does not measure that half.

    That is a value that the study chooses, or, with `searched`, the next job of a sweeper that minimizes validation error.
    """
    varying = [axis for axis in study.choose if len({job.overrides.get(axis) for job in plan.jobs}) > 1]
    cells = [cell for cell in plan.cells if isinstance(cell.experiment, Experiment)]
    check_halves(study, cells)
    if not (varying or searched) or all("validation" in cell.experiment.parts for cell in cells):  # type: ignore[attr-defined]
        return
    if searched:
        raise ConfigurationError(
            "hydra/sweeper searches for the least validation error, and split.validation=0 leaves no validation rows; give "
            "split.validation rows, or list the values yourself with hydra/sweeper=lab."
        )
    raise ConfigurationError(
        f"study.choose names {varying[0]}, which is chosen on validation error, and split.validation=0 leaves no validation rows; give "
        "split.validation rows, or compare all values: study.choose=[]."
    )


def check_halves(study: Study, cells: Sequence[Cell]) -> None:
    """Raises ConfigurationError where values are chosen on one half of the validation rows, and a cell has no error on that half."""
    if study.choose_on == "all":
        return
    needed = f"{VALIDATION_ROWS[study.choose_on]}/error"
    lacking = [cell.job.overrides for cell in cells if needed not in cell.experiment.metrics()]
    without = [text({key: own for key, own in axes.items() if not key.startswith("study")}) for axes in lacking]
    if without:
        raise ConfigurationError(
            f"study.choose_on is {study.choose_on}, and nothing measures {needed} of {without[0] or 'this cell'}; choose the step on the "
            "other half (selection=best_validation selection.rows=first_half), or add validation_halves to `measures`."
        )


def planned(jobs: Sequence[Job], options: Execution, where: Workers = Workers()) -> Plan:  # noqa: B008
    """Plans a sweep. Raises ConfigurationError where no job can be built, or one cannot with `fail_fast`; TooDear if it costs too much.

    A dry run that is too dear prints the refusal and returns an empty plan.
    """
    try:
        return affordable(jobs, options, where)
    except TooDear as refusal:
        if not options.dry_run:
            raise
        print(refusal, file=sys.stderr)
        return Plan(jobs, [], {}, {})


def affordable(jobs: Sequence[Job], options: Execution, where: Workers) -> Plan:
    """Plans a sweep, first estimating its cost before data are built or seeds listed, as if everything were new.

    Where that cost exceeds a limit, or some data's size is unknown, a lower bound is checked at once, and the cost once all is known.
    """
    allowed = trusted()
    drafts, refused = attempted({n: partial(draft, job.config, allowed) for n, job in enumerate(jobs)}, options)
    asked = loads_of(drafts.values())
    total = cost(asked, where, options)
    doubtful = not all(needed.is_known for needed in asked) or bool(exceeded(total, options))
    if doubtful:
        check(without(asked, most_known(options)), options, where)
    elif total.time > LONG:
        print(f"the sweep will take {in_words(total)}, if nothing can be reused", file=sys.stderr)
    experiments, refused_later = attempted({n: parts.build for n, parts in drafts.items()}, options)
    refused |= refused_later
    if not experiments:
        raise next(iter(refused.values()))  # one message, not one per job
    if len({isinstance(experiment, Experiment) for experiment in experiments.values()}) > 1:
        raise ConfigurationError(
            "theory: some cells of this sweep train networks and some do not; make two sweeps of them."
        )
    keep = to_keep(options.keep)
    check_seeds_named(keep, list(experiments.values()))
    cells: dict[str, Cell] = {}
    cell_of: dict[int, Cell] = {}
    for n, experiment in experiments.items():
        to_have = kept_of(experiment, keep)
        known_by = identity(jobs[n].config, experiment)
        cell = Cell(jobs[n], experiment, known_by, to_have, experiment.all_seeds, overwrite=options.force)
        cell_of[n] = cells.setdefault(known_by.cell, cell)
    keep = within_bound(keep, (cell.experiment for cell in cells.values()))
    plan = Plan(jobs, list(cells.values()), cell_of, refused, keep)
    if not options.force:
        look_up(plan.cells)
    if doubtful:
        check(loads_of_plan(plan), options, where)
    return plan


def kept_of(experiment: AnyExperiment, keep: Keep) -> Keep:
    """What of `keep` there can be: nothing without a network, nothing of rows where none is held out."""
    if not isinstance(experiment, Experiment):
        return Keep()
    return keep if experiment.parts != ("train",) else keep._replace(rows=False, outputs=False)


def check_seeds_named(keep: Keep, experiments: Sequence[AnyExperiment]) -> None:
    """Raises ConfigurationError where `keep` asks for the weights of a seed that no cell has."""
    there = {seed for experiment in experiments for seed in experiment.all_seeds} if keep.weights else set()
    if absent := sorted((keep.weights or frozenset()) - there):
        raise ConfigurationError(
            f"execution.keep has weights:{absent[0]}, but no cell of this sweep has the seed {absent[0]}; name seeds that are "
            "trained (a number of seeds n means 0 … n − 1), or keep the weights of all: execution.keep=weights."
        )


def loads_of_plan(plan: Plan) -> list[Load]:
    """The loads of the cells, counting only missing seeds; the sizes of the data are known now."""
    loads = [load(draft(c.job.config, trusted()), c.experiment.dataset.size, len(c.missing)) for c in plan.cells]
    return [
        needed if cell.run is None else needed._replace(seeds=0) for needed, cell in zip(loads, plan.cells, strict=True)
    ]


def without(loads: Sequence[Load], known: int) -> list[Load]:
    """The loads if as many as `known` seeds of each cell need no training: a lower bound."""
    return [load._replace(seeds=max(0, load.seeds - known)) for load in loads]


def most_known(options: Execution) -> int:
    """An upper bound on the seeds of a cell that need no training, for the check before they are looked up."""
    if options.force:
        return 0
    return journal.count() if store_key() == "local" else LOOKED_UP


def attempted(makes: Mapping[int, Callable[[], T]], options: Execution) -> tuple[dict[int, T], dict[int, Exception]]:
    """Calls each job's maker: what they return, and the errors of those that fail, by job number. Raises with `fail_fast`."""
    made: dict[int, T] = {}
    refused: dict[int, Exception] = {}
    for number, make in makes.items():
        try:
            made[number] = make()
        except ConfigurationError as error:
            refused[number] = error
        except Exception as error:  # one job's failure must not stop the others
            refused[number] = ConfigurationError(f"{type(error).__name__}: {error}")
        if refused and options.fail_fast:
            raise refused[number]
    return made, refused


def look_up(cells: Sequence[Cell]) -> None:
    """Finds the runs of cells that are recorded, and which seeds of the others are still to be trained."""
    if store_key() != "local":
        learn_from_store(cells)
    runs = journal.recorded([name for cell in cells for name in cell.names], store_key())
    for cell in cells:
        cell.run = cell.run_in(runs)
    new = [cell for cell in cells if cell.run is None]
    seeds = [name for cell in new for name in cell.seeds_named.values()]
    there = journal.trained(seeds) | set(journal.recorded(seeds, store_key()))
    for cell in new:
        cell.missing = [seed for seed, name in cell.seeds_named.items() if name not in there]


def learn_from_store(cells: Iterable[Cell]) -> None:
    """Asks a shared store once for each cell that this folder does not know: somebody else may have recorded its seeds."""
    from rich.console import Console

    from experiments.recording.delivery import retry
    from experiments.recording.recorded import seeds_recorded
    from experiments.recording.store import open_store, writable_runs

    writable_runs()
    console = Console(stderr=True)
    client = retry(open_store, console)
    for cell in cells:
        if not journal.recorded(cell.names, store_key()):
            for run_id, names in retry(partial(seeds_recorded, client, cell.identity), console):
                journal.now_recorded(names, store_key(), run_id)
