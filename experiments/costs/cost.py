"""Estimates the time, memory and disk that a sweep takes, from the needs of its cells, within a factor of about three.

That is enough to tell a coffee break from a century. The constants were measured on two quiet cores.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from experiments.costs.loads import LARGEST, Load, bounded
from experiments.costs.thinning import BOUND
from experiments.study.execution import Execution
from experiments.study.keep import to_keep
from experiments.training.workers import Workers

START, JOB, CELL, SEED = 10.0, 0.05, 0.15, 3e-4  # seconds: per sweep; to compose a job, record a cell, look up a seed
PROCESS, WORKER, CONFIG = 500e6, 250e6, 100e3  # bytes of memory: of the command, per training process, per job's config
REPORT, RECORD, RESULT = 4e6, 150e3, 1500  # bytes on disk: per sweep, per cell, per seed
DRAWN = 10_000  # splits whose row numbers are cached


class Cost(NamedTuple):
    """Time in seconds, memory and disk in bytes at their peak, and the cores used."""

    time: float
    memory: float
    disk: float
    cores: int


def cost(loads: Sequence[Load], where: Workers, options: Execution) -> Cost:
    """Estimates the cost of all cells together. The time and memory of training on a cluster are unknown, and left out."""
    new = [load for load in loads if load.seeds > 0]
    seeds = sum(load.seeds for load in new)
    cores = cores_of(where, sum(ceil(min(load.seeds, LARGEST) / load.fits) for load in new))
    elsewhere = where.address is not None
    work = 0.0 if elsewhere else sum(seconds(load, seeds) for load in new)
    stack = 0.0 if elsewhere else max((bytes_of_a_stack(load, seeds) for load in new), default=0.0)
    data = {load.data: load for load in sorted(loads, key=lambda load: load.seeds)}.values()
    curves = sum(load.seeds * load.curves for load in new)
    return Cost(
        START + len(new) * CELL + seeds * SEED + sum(map(seconds_of_data, data)) + work / cores,
        PROCESS + len(loads) * CONFIG + cores * (WORKER + stack) + sum(map(bytes_of_data, data)) + 3 * curves,
        REPORT
        + len(new) * RECORD
        + seeds * RESULT
        + 2 * curves
        + bytes_of_rows(new, options)
        + bytes_of_weights(new, options),
        cores,
    )


def cores_of(where: Workers, stacks: float) -> int:
    from joblib import effective_n_jobs

    return int(max(1, min(effective_n_jobs(where.workers), stacks)))


def seconds(load: Load, together: float) -> float:
    return load.seeds * (load.steps * (load.step + load.call / max(1, min(load.fits, together))) + load.beside)


def bytes_of_a_stack(load: Load, together: float) -> float:
    return min(load.fits, together) * load.network + load.measuring


def bytes_of_rows(loads: Sequence[Load], options: Execution) -> float:
    """Bytes on disk: per held-out row its number, its error at every selected step, and what execution.keep asks for."""
    keep = to_keep(options.keep)
    number, rules, value = 2, 3, 4
    chosen = everywhere = 0.0
    for load in loads:
        rows, of_classes = load.seeds * load.rows, load.size.targets > 1
        outputs = rules * value * load.size.targets if keep.outputs else 0
        chosen += rows * (number + (1 if of_classes else rules * value) + outputs)
        everywhere += rows * load.evaluations * (1 / 8 if of_classes else value * keep.rows)
    return chosen + (everywhere if keep.rows else min(everywhere, BOUND))


def bytes_of_weights(loads: Sequence[Load], options: Execution) -> float:
    asked = to_keep(options.keep).weights
    return sum((load.seeds if asked is None else min(load.seeds, len(asked))) * load.parameters for load in loads)


def seconds_of_data(load: Load) -> float:
    """Seconds to make or read the data and to split them per seed: three draws each if there are too many to cache."""
    examples, features, targets = map(bounded, load.size)
    draws = load.seeds * (1 if load.seeds <= DRAWN else 3)
    return (
        load.copies * examples * (features + targets) * 20e-9
        + draws * (1e-3 + examples * 150e-9)
        + load.seeds * examples * features * 3e-9
    )


def bytes_of_data(load: Load) -> float:
    """Bytes of memory: the data once, and the row numbers of every seed."""
    examples, features, targets = map(bounded, load.size)
    of_a_seed = examples * (8 if load.seeds <= DRAWN else 16) + 32 * features + RESULT
    return load.copies * examples * (features + targets) * 12 + load.seeds * of_a_seed
