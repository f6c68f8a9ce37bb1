"""Tries the baseline as often as other arms are tried: with other streams of initial weights, minibatches and noise.

The least of four validation errors is lower than one, even where four networks differ in nothing but chance. With
`study.baseline_tries` the baseline has as many chances, and validation data choose among them as among strengths.
"""

from collections.abc import Sequence

from experiments.config.building import study_of
from experiments.config.composition import Composer, Job
from experiments.config.errors import ConfigurationError
from experiments.config.reach import Sweeping, cells
from experiments.study.study import Study
from reports.schema import STREAM
from reports.schema.places import cells_at


def with_tries(jobs: list[list[str]], composer: Composer) -> list[list[str]]:
    """The jobs, those of the baseline once for each of its streams. Raises ConfigurationError where these are an axis already."""
    first = composer(jobs[0])
    study = study_of(first.config)
    if study.baseline_tries == 1:
        return jobs
    check_free(study, first, jobs)
    composed = [composer(job) for job in jobs]
    tried = {cell["job"] for cell in cells_at(study.baseline, cells(Sweeping(composed), list(study.baseline)))}
    streams = [f"{STREAM}={number}" for number in range(study.baseline_tries)]
    return [
        [*job, *stream] for n, job in enumerate(jobs) for stream in ([[one] for one in streams] if n in tried else [[]])
    ]


def check_free(study: Study, first: Job, jobs: Sequence[Sequence[str]]) -> None:
    """Raises ConfigurationError where nothing can be tried again: no network is trained, or the command line has streams of its own."""
    tries = f"study.baseline_tries is {study.baseline_tries}"
    if first.config.get("theory"):
        raise ConfigurationError(
            f"{tries}, and theory={first.choices.get('theory')} trains no network that chance would change; leave it out."
        )
    if any(override.partition("=")[0] == STREAM for job in jobs for override in job):
        raise ConfigurationError(
            f"{tries}, which runs {STREAM}=0, 1, … of the baseline; leave {STREAM} out, or baseline_tries."
        )


def check_tried(study: Study, jobs: Sequence[Job]) -> None:
    """Raises ConfigurationError where another sweeper than ours has listed the jobs, and the baseline is tried once."""
    if study.baseline_tries > 1 and not any(STREAM in job.overrides for job in jobs):
        raise ConfigurationError(
            f"study.baseline_tries is {study.baseline_tries}, and no job here is tried again: hydra/sweeper=lab does that, where "
            "study.baseline names a cell of the sweep."
        )
