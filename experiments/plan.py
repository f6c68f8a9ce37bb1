"""What a sweep has to do: which of its cells are new, which are trained but not recorded, which the store has."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from experiments import CONF, results
from experiments.building import build
from experiments.calculation import AnyExperiment
from experiments.composition import Job, has_key
from experiments.errors import ConfigurationError, did_you_mean, known_keys
from experiments.identity import identity
from experiments.store import store_key
from experiments.study import Execution, Experiment, Study
from experiments.targets import trusted


class Plan(NamedTuple):
    """Jobs by number. Jobs of one identity are one cell, which the first of them stands for."""

    jobs: Sequence[Job]
    experiments: dict[int, AnyExperiment]
    refused: dict[int, Exception]  # jobs that cannot be built
    identities: dict[int, str]
    known: dict[str, str]  # the runs of recorded cells, by identity
    kept: list[int]  # trained, but not recorded
    new: list[int]  # to be trained

    def first(self) -> dict[str, int]:
        """The job that stands for each cell, in the order of the jobs."""
        first: dict[str, int] = {}
        for n, name in self.identities.items():
            first.setdefault(name, n)
        return first


def check_axes(study: Study, jobs: Sequence[Job]) -> None:
    """Raises ConfigurationError where the study speaks of an axis that no config has: a misspelt one would go unnoticed."""
    for place, axes in (("choose", study.choose), ("baseline", study.baseline)):
        for axis in axes:
            if any(axis in job.overrides or axis in job.choices or has_key(job.config, axis) for job in jobs):
                continue
            known = known_keys(CONF)  # an axis of the study that this part of it does not have
            if axis not in known:
                raise ConfigurationError(
                    f"study.{place} names {axis!r}, which is no key of this config.{did_you_mean(axis, sorted(known))}"
                )


def planned(jobs: Sequence[Job], options: Execution) -> Plan:
    """Raises ConfigurationError where no job can be built, or where one cannot and the sweep is to fail fast."""
    experiments: dict[int, AnyExperiment] = {}
    refused: dict[int, Exception] = {}
    for number, job in enumerate(jobs):
        try:
            experiments[number] = build(job.config, trusted())
        except ConfigurationError as error:
            refused[number] = error
        except Exception as error:  # a job's own misfortune must not be the others'
            refused[number] = ConfigurationError(f"{type(error).__name__}: {error}")
        if refused and options.fail_fast:
            break
    if not experiments or (refused and options.fail_fast):
        raise next(iter(refused.values()))  # one message, not one a job
    if len({isinstance(experiment, Experiment) for experiment in experiments.values()}) > 1:
        raise ConfigurationError(
            "theory: some cells of this sweep train networks and some do not; make two sweeps of them."
        )
    identities = {n: identity(jobs[n].config, experiment) for n, experiment in experiments.items()}
    plan = Plan(jobs, experiments, refused, identities, {}, [], [])
    if store_key() != "local" and not options.force:
        learn_from_store([name for name in plan.first() if results.recorded(name, store_key()) is None])
    for name, n in plan.first().items():
        run_id = None if options.force else results.recorded(name, store_key())
        if run_id is not None:
            plan.known[name] = run_id
        elif results.is_saved(name) and not options.force:
            plan.kept.append(n)
        else:
            plan.new.append(n)
    return plan


def learn_from_store(identities: Sequence[str]) -> None:
    """Which of these cells somebody else has recorded in a store that others use as well."""
    from rich.console import Console

    from experiments.delivery import patiently
    from experiments.store import open_store, run_of, writable_runs

    writable_runs()
    console = Console(stderr=True)
    client = patiently(open_store, console)
    for name in identities:
        run_id = patiently(partial(run_of, client, name), console)
        if run_id is not None:
            results.now_recorded(name, store_key(), run_id)
