"""Two sweeps side by side: what differs in config, data and code, and in results, cell by cell."""

from typing import Any, NamedTuple

import numpy as np

from reports.comparison import Comparison, by_seed, comparable
from reports.crossed import counted
from reports.derived import column
from reports.formats import half_width, number, p_value, plus_minus
from reports.load import Sweep
from reports.max_t import max_t
from reports.measurements import is_error, measures_of, stated_measures
from reports.schema.names import NoSuchSweep
from reports.statistics import mean_interval, paired_differences


class Contrast(NamedTuple):
    """How two sweeps differ."""

    settings: list[dict[str, str]]  # what differs: setting, A, B
    results: list[dict[str, str]]  # a row per cell that both have
    only: dict[str, list[str]]  # cells that just one has


def check_different(client: Any, first: str, second: str) -> None:
    """Raises NoSuchSweep, which lists the newest, where both names mean one sweep: a study's name means its newest."""
    if first != second:
        return
    name = client.get_run(first).info.run_name.removeprefix("sweep: ")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    newest = client.search_runs(
        experiments, "tags.kind = 'sweep'", max_results=5, order_by=["attributes.start_time DESC"]
    )
    listed = ", ".join(repr(run.info.run_name.removeprefix("sweep: ")) for run in newest)
    raise NoSuchSweep(f"A and B are both the sweep {name!r}; name two. The newest are: {listed}")


def contrast(first: Sweep, second: Sweep, metric: str | None = None) -> Contrast:
    """How they differ; in results by the metric named, or else by what both measure. Raises NoSuchMetric for one that either lacks."""
    ours, theirs = ({cell["name"]: cell for cell in sweep.cells} for sweep in (first, second))
    common = [name for name in ours if name in theirs]
    only = {"A": [name for name in ours if name not in theirs], "B": [name for name in theirs if name not in ours]}
    return Contrast(
        settings(first, second), results(first, second, common, metric or shared_metric(first, second)), only
    )


def settings(first: Sweep, second: Sweep) -> list[dict[str, str]]:
    """Parameters of the cells (those that do not vary within a sweep), data, versions, commit, command."""
    ours, theirs = settings_of(first), settings_of(second)
    keys = sorted({*ours, *theirs})
    return [
        {"": key, "A": ours.get(key, "–"), "B": theirs.get(key, "–")}
        for key in keys
        if ours.get(key) != theirs.get(key)
    ]


def settings_of(sweep: Sweep) -> dict[str, str]:
    params = {key: value for key, value in sweep.params.items() if key not in sweep.axes}
    data = ", ".join(sorted({cell.get("data", "") for cell in sweep.cells}))
    tags = {key: sweep.tags.get(key, "") for key in ("command", "commit", "versions")}
    return {**params, "data.fingerprint": data, **tags, "axes": ", ".join(sweep.axes)}


def results(first: Sweep, second: Sweep, common: list[str], metric: str) -> list[dict[str, str]]:
    """The metric of each cell in both, and B − A, paired where seeds mean the same."""
    tasks = {cell.get("task") for sweep in (first, second) for cell in sweep.cells}
    shown = Comparison([], "", is_error(metric) and tasks == {"classification"}, 0, [], [])
    have_one_unit = len(tasks) == 1  # else a share of examples would be taken from a mean square
    cells = [{cell["name"]: cell for cell in sweep.cells} for sweep in (first, second)]
    columns = [column(metric, sweep.results, sweep.curves) for sweep in (first, second)]
    tables = [
        by_seed(counted(sweep, values.to_frame(metric))[0].results, common, metric)
        for sweep, values in zip((first, second), columns, strict=True)
    ]
    ours, theirs = tables[0].align(tables[1], join="inner", axis=1)  # the seeds of both
    differences = paired_differences((theirs - ours).to_numpy())
    are_paired = [
        comparable(cells[0][name], cells[1][name]) and pairs.n > 1
        for name, pairs in zip(common, differences, strict=True)
    ]
    together = max_t(np.where(np.array(are_paired, bool)[:, None], theirs - ours, np.nan))
    rows = []
    for name, difference, paired, family in zip(common, differences, are_paired, together, strict=True):
        values_of = [table.loc[name].dropna() for table in tables]
        of_both = {end: plus_minus(mean_interval(values), shown) for end, values in zip("AB", values_of, strict=True)}
        apart = values_of[1].mean() - values_of[0].mean() if have_one_unit else np.nan
        between = half_width(difference.mean, family, shown) if paired else number(apart, shown, sign=True)
        seeds = f"{difference.n} paired" if paired else f"{len(values_of[0])}, {len(values_of[1])}"
        rows.append({f"{metric} of": name, **of_both, "B − A": between, "p": p_value(family.p), "seeds": seeds})
    return rows


def shared_metric(first: Sweep, second: Sweep) -> str:
    """Test error, or else the first of what the study of A measures that B has too. Raises NoSuchSweep where there is none."""
    if "test/error" in first.results and "test/error" in second.results:
        return "test/error"
    there = (
        stated_measures(second._replace(study=first.study)).values if first.study.get("measures") else second.results
    )
    for name in measures_of(first):
        if name in there:
            return str(name)
    raise NoSuchSweep(f"{first.name} and {second.name} have no measurement in common")
