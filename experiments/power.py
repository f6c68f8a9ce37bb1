"""What power the planned seeds have for the study's smallest effect: told in a dry run.

It takes the sd of paired differences: each arm's in the newest finished sweep of the same study on the same data, as its upper 80 %
limit; where there is none, half of the effect, the effect itself and twice that, for the reader to choose from.
"""

from collections.abc import Mapping
from math import comb
from typing import Any, NamedTuple

from experiments.config.reach import Sweeping, cells
from experiments.recording import store
from experiments.recording.plan import Plan
from experiments.study.about_data import about_data
from experiments.study.experiment import Experiment
from experiments.study.study import Study
from reports.schema.places import cells_at, normal
from reports.schema.record import read_record

SUPPOSED = (0.5, 1.0, 2.0)  # sds, in smallest effects, where none is known
LOOKED_AT = 10  # sweeps of the study, the newest


class Spread(NamedTuple):
    """An sd of paired differences, and whose it is."""

    sd: float
    whose: str


def foretold(study: Study, plan: Plan) -> str:
    """The power for the study's smallest effect, and the seeds that have one of 0.8; empty without an effect, or comparisons."""
    comparisons, effect = planned_comparisons(study, plan), study.smallest_effect
    if effect is None or comparisons < 1 or not all(tests(cell.experiment) for cell in plan.cells):
        return ""
    seeds = min(cell.experiment.independent for cell in plan.cells)
    name, spreads = earlier(study, plan)
    supposed = [Spread(factor * effect, "") for factor in SUPPOSED]
    chances = "; ".join(chance(effect, one, seeds, comparisons) for one in spreads or supposed)
    one_of = "" if comparisons == 1 else f", one of {comparisons:,} comparisons,"
    source = (
        f"Upper 80 % limits of sds from {name!r}"
        if spreads
        else "No finished sweep of this study on these data says which"
    )
    return f"power: {seeds:,} seeds find a difference of {effect:g}{one_of} with probability {chances}. {source}."


def tests(experiment: Any) -> bool:
    """Whether there are test errors to compare."""
    return isinstance(experiment, Experiment) and "test" in experiment.parts


def chance(effect: float, spread: Spread, seeds: int, comparisons: int) -> str:
    from reports.power import power, seeds_needed  # with SciPy, which takes long

    d = effect / spread.sd
    told = f"{power(d, seeds, comparisons):.2f} if the sd of differences is {spread.sd:.2g}"
    needed = f"{seeds_needed(d, comparisons):,} seeds have 0.8"
    return f"{told} ({spread.whose}; {needed})" if spread.whose else f"{told} ({needed})"


def planned_comparisons(study: Study, plan: Plan) -> int:
    """How many arms will be compared with a baseline; or how many pairs of arms, where the study compares these."""
    there = cells(Sweeping(plan.jobs), list(study.baseline))
    arms = {arm_of(cell, study) for cell in there}
    if study.compare == "pairs":
        return comb(len(arms), 2)
    baselines = {arm_of(cell, study) for cell in cells_at(study.baseline, there)} if study.baseline else set()
    return len(arms) - (len(baselines) if 0 < len(baselines) < len(arms) else 1)


def arm_of(cell: Mapping[str, Any], study: Study) -> frozenset[tuple[str, float | str]]:
    """What tells a cell's arm from others: its values, but for those that are chosen."""
    return frozenset(normal({axis: value for axis, value in cell["axes"].items() if axis not in study.choose}).items())


def earlier(study: Study, plan: Plan) -> tuple[str, list[Spread]]:
    """The newest finished sweep of the study on the planned data that compared anything, and its least and its largest sd."""
    from reports.door import is_answer

    data = {about_data(cell.experiment)["data"] for cell in plan.cells}
    try:
        client = store.existing_store()
        runs = [run for run in store.runs_of_kind(client, "sweep") if run.data.tags.get("study") == study.name]
        for run in [run for run in runs if run.info.status == "FINISHED"][:LOOKED_AT]:
            record = read_record(client, run.info.run_id)
            finished = [cell for cell in record["cells"] if cell["status"] == "FINISHED"] if record else []
            same = bool(finished) and {cell.get("data") for cell in finished} <= data
            if same and (spreads := spreads_of(client, run.info.run_id)):
                return store.sweep_name(run), spreads
    except Exception as error:
        if not is_answer(error):  # a store that cannot be read costs the sds, not the forecast
            raise
    return "", []


def spreads_of(client: Any, run_id: str) -> list[Spread]:
    """The least and the largest upper limit of a sweep's sds of differences from the baseline."""
    from reports.comparison import compare
    from reports.load import load_sweep
    from reports.power import sd_limit
    from reports.smallest_effect import sd_of

    pairs = [pair for pair in compare(load_sweep(client, run_id)).pairs if pair.difference.n > 1]
    limits = [Spread(sd_limit(sd_of(pair.difference), pair.difference.n), pair.arm) for pair in pairs]
    known = sorted(spread for spread in limits if spread.sd > 0)
    return list(dict.fromkeys([known[0], known[-1]])) if known else []
