"""Two sweeps side by side: what differs in config, data and code, and in results, cell by cell."""

from typing import Any, NamedTuple

from reports.comparison import Comparison, by_seed, comparable
from reports.formats import number, p_value, plus_minus
from reports.load import Sweep
from reports.schema.names import NoSuchSweep
from reports.statistics import holm, mean_interval, paired_differences


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


def contrast(first: Sweep, second: Sweep) -> Contrast:
    ours, theirs = ({cell["name"]: cell for cell in sweep.cells} for sweep in (first, second))
    common = [name for name in ours if name in theirs]
    only = {"A": [name for name in ours if name not in theirs], "B": [name for name in theirs if name not in ours]}
    return Contrast(settings(first, second), results(first, second, common), only)


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


def results(first: Sweep, second: Sweep, common: list[str]) -> list[dict[str, str]]:
    """Test error (or what the study measures first) of each cell in both, and B − A, paired where seeds mean the same."""
    metric = (
        "test/error"
        if "test/error" in first.results and "test/error" in second.results
        else shared_metric(first, second)
    )
    tasks = {cell.get("task") for sweep in (first, second) for cell in sweep.cells}
    shown = Comparison([], "", metric == "test/error" and tasks == {"classification"}, 0, [], [])
    cells = [{cell["name"]: cell for cell in sweep.cells} for sweep in (first, second)]
    tables = [by_seed(sweep.results, common, metric) for sweep in (first, second)]
    ours, theirs = tables[0].align(tables[1], join="inner", axis=1)  # the seeds of both
    differences = paired_differences((theirs - ours).to_numpy())
    are_paired = [
        comparable(cells[0][name], cells[1][name]) and pairs.n > 1
        for name, pairs in zip(common, differences, strict=True)
    ]
    p_values = holm(
        [pairs.p if paired else float("nan") for pairs, paired in zip(differences, are_paired, strict=True)]
    )
    rows = []
    for name, difference, paired, p in zip(common, differences, are_paired, p_values, strict=True):
        values_of = [table.loc[name].dropna() for table in tables]
        of_both = {end: plus_minus(mean_interval(values), shown) for end, values in zip("AB", values_of, strict=True)}
        between = (
            plus_minus(difference, shown, sign=True)
            if paired
            else number(values_of[1].mean() - values_of[0].mean(), shown, sign=True)
        )
        seeds = f"{difference.n} paired" if paired else f"{len(values_of[0])}, {len(values_of[1])}"
        rows.append({f"{metric} of": name, **of_both, "B − A": between, "p": p_value(p), "seeds": seeds})
    return rows


def shared_metric(first: Sweep, second: Sweep) -> str:
    from reports.measurements import measures_of

    for name in ("validation/error", "train/error", *measures_of(first)):
        if name in first.results and name in second.results:
            return name
    raise NoSuchSweep(f"{first.name} and {second.name} have no measurement in common")
