"""Hydra finds its plugins in a package of this name, and imports them at every start: so these are light.

The sweeper expands studies and command lines into jobs; the launcher hands all jobs to the laboratory at once.
"""

import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig, OmegaConf


@dataclass
class LabSweeperConf:
    _target_: str = "hydra_plugins.lab_sweeper.LabSweeper"
    params: dict[str, Any] = field(default_factory=dict)  # axes of one grid, as in Hydra's own sweeper
    grids: list[Any] = field(default_factory=list)  # several grids, each a mapping of axes: their union is run


@dataclass
class LabLauncherConf:
    _target_: str = "hydra_plugins.lab_sweeper.LabLauncher"
    workers: int = -1  # processes that train; −1: one a core
    replicas: int | None = None  # networks to a stack; null: what trains best
    backend: str = "loky"  # processes on this machine; dask: a cluster
    address: str | None = None  # of a Dask scheduler, tcp://HOST:PORT; null: a cluster on this machine


ConfigStore.instance().store(group="hydra/sweeper", name="lab", node=LabSweeperConf, provider="backprop-lab")
ConfigStore.instance().store(group="hydra/launcher", name="lab", node=LabLauncherConf, provider="backprop-lab")


LISTING = (LabSweeperConf._target_, "hydra._internal.core_plugins.basic_sweeper.BasicSweeper")


def searches(sweeper: Mapping[str, Any]) -> bool:
    """Whether a sweeper goes by the values of earlier jobs, as Optuna's does; ours and Hydra's own run what is listed."""
    return sweeper["_target_"] not in LISTING


class LabSweeper(Sweeper):
    """Products of comma-separated values, and the grids of a study file."""

    def __init__(self, params: Mapping[str, Any], grids: Sequence[Mapping[str, Any]]):
        self.params, self.grids = params, grids

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from hydra.core.plugins import Plugins

        self.loader, self.master = hydra_context.config_loader, config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        from experiments.config.building import execution_of
        from experiments.config.composition import Composer, applicable
        from experiments.config.grids import expand, offered, studies
        from experiments.config.tries import with_tries
        from experiments.costs.limits import TooDear, check_jobs
        from experiments.run import CellsFailed, NotAllWell

        composer = Composer(self.loader, self.master)
        if isinstance(self.launcher, LabLauncher):
            self.launcher.composer = composer  # what is composed to see which keys apply is not composed again
        options = execution_of(self.master)
        try:
            sweeps = [  # of all studies before the first begins, so that a mistake in the last costs nothing
                (
                    with_tries(
                        applicable(expand(grids, others, self.loader, partial(check_jobs, options)), composer), composer
                    ),
                    grids,
                )
                for grids, others in (
                    (self.grids_of(study), others) for study, others in studies(arguments, self.loader)
                )
            ]
        except TooDear as refusal:
            if not options.dry_run:
                raise
            print(refusal, file=sys.stderr)
            return [[]]
        results: list[JobReturn] = []
        for jobs, grids in sweeps:
            if isinstance(self.launcher, LabLauncher):
                self.launcher.offered = offered(grids, self.loader)
            results += self.launcher.launch(jobs, initial_job_idx=len(results))
        failed = sum(job.status is JobStatus.FAILED for job in results)
        if failed:
            rest = "nothing was run" if self.master.execution.dry_run else "the others are recorded"
            raise CellsFailed(f"{failed} of {len(results)} cells failed; {rest}")
        if shortfalls := getattr(self.launcher, "shortfalls", []):
            raise NotAllWell("\n".join(shortfalls))
        return [results]

    def grids_of(self, study: str | None) -> list[dict[str, Any]]:
        """The axes of the study that the command line composes, or of one of the several that it names."""
        from experiments.config.grids import checked_grids

        params, grids = self.params, self.grids
        if study is not None:
            overrides = [f"study={study}", *self.master.hydra.overrides.hydra]
            sweeper = self.loader.load_configuration(
                self.master.hydra.job.config_name, overrides, RunMode.MULTIRUN
            ).hydra.sweeper
            params, grids = sweeper.params, sweeper.grids
        plain: Any = OmegaConf.to_container(OmegaConf.create({"params": params, "grids": grids}))
        return checked_grids(plain["params"], plain["grids"])


class LabLauncher(Launcher):
    """Composes every job, trains those that can share a stack as one, and answers with one JobReturn a job."""

    def __init__(self, **where: Any):
        self.where = where
        self.composer: Any = None  # the sweeper's, where it is ours
        self.offered: Any = None  # the values on the study's grids, where it is our sweeper that expands them
        self.shortfalls: list[str] = []

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.loader, self.config = hydra_context.config_loader, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from experiments.config.composition import Composer, without_unused_keys
        from experiments.sweep import sweep
        from experiments.training.workers import Workers

        composer = self.composer or Composer(self.loader, self.config)
        jobs = [without_unused_keys(composer(overrides)) for overrides in job_overrides]
        searched = searches(self.config.hydra.sweeper)
        outcomes, shortfalls = sweep(jobs, Workers(**self.where), self.offered, searched=searched)
        self.shortfalls += shortfalls
        self.save_config()
        returns = []
        for overrides, job, outcome in zip(job_overrides, jobs, outcomes, strict=True):
            failed = isinstance(outcome, Exception)
            result = JobReturn(
                overrides=list(overrides), cfg=job.config, status=JobStatus.FAILED if failed else JobStatus.COMPLETED
            )
            result.return_value = outcome
            returns.append(result)
        return returns

    def save_config(self) -> None:
        """The config of the whole, where Hydra's users, and other sweepers, expect it; without copies of the environment."""
        folder = Path(self.config.hydra.sweep.dir)
        folder.mkdir(parents=True, exist_ok=True)
        shown = copy.deepcopy(self.config)
        shown.hydra.job.env_set = {}
        OmegaConf.save(shown, folder / "multirun.yaml")
