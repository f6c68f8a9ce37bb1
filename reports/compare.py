"""python -m reports.compare A B: two sweeps side by side: what differs in config, data and code, and in results.

A and B are names of sweeps, their runs' ids, or studies (the newest sweep is taken); they must be two. Cells of the same name are compared,
paired by seed where both saw the same data: B − A. `--csv FILE` writes the table. Exit codes: 0, or 2 for no such sweep.
"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from reports.answer import number, p_value, plus_minus
from reports.comparison import Comparison, by_seed, comparable
from reports.door import front_door
from reports.load import Sweep, find_sweep, load_sweep
from reports.schema.names import NoSuchSweep
from reports.schema.store import open_store
from reports.statistics import holm, mean_interval, paired_differences


class Contrast(NamedTuple):
    """What two sweeps have of their own."""

    settings: list[dict[str, str]]  # what differs: setting, A, B
    results: list[dict[str, str]]  # a row a cell that both have
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
    ours, theirs = told(first), told(second)
    keys = sorted({*ours, *theirs})
    return [
        {"": key, "A": ours.get(key, "–"), "B": theirs.get(key, "–")}
        for key in keys
        if ours.get(key) != theirs.get(key)
    ]


def told(sweep: Sweep) -> dict[str, str]:
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
    told = [
        comparable(cells[0][name], cells[1][name]) and one.n > 1 for name, one in zip(common, differences, strict=True)
    ]
    p_values = holm([one.p if paired else float("nan") for one, paired in zip(differences, told, strict=True)])
    rows = []
    for name, difference, paired, p in zip(common, differences, told, p_values, strict=True):
        own = [table.loc[name].dropna() for table in tables]
        of_both = {end: plus_minus(mean_interval(values), shown) for end, values in zip("AB", own, strict=True)}
        between = plus_minus(difference, shown, True) if paired else number(own[1].mean() - own[0].mean(), shown, True)
        seeds = f"{difference.n} paired" if paired else f"{len(own[0])}, {len(own[1])}"
        rows.append({f"{metric} of": name, **of_both, "B − A": between, "p": p_value(p), "seeds": seeds})
    return rows


def shared_metric(first: Sweep, second: Sweep) -> str:
    from reports.measurements import measures_of

    for name in measures_of(first):
        if name in second.results:
            return name
    raise NoSuchSweep(f"{first.name} and {second.name} measure nothing that both have")


def show(found: Contrast, first: Sweep, second: Sweep) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(f"A: {first.name}\nB: {second.name}"))
    for title, rows in (
        ("What differs", found.settings),
        ("Results: mean ± half of the 95 % t interval", found.results),
    ):
        if not rows:
            console.print(Text(f"{title}: nothing"))
            continue
        table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", padding=(0, 1, 0, 0))
        for column in rows[0]:
            table.add_column(column, overflow="fold", justify="right" if column in ("B − A", "p", "seeds") else "left")
        for row in rows:
            table.add_row(*map(Text, row.values()))
        console.print(table)
    for end, names in found.only.items():
        if names:
            console.print(Text(f"Only in {end}: {', '.join(names)}"))
    console.print(
        Text("Differences are paired by seed where both saw the same data; p: sign-flip test, Holm's correction.")
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m reports.compare", description=__doc__)
    parser.add_argument("A", help="a sweep's name, its run id, or a study's name")
    parser.add_argument("B", help="another")
    parser.add_argument(
        "--store", help="MLflow's tracking URI (default: MLFLOW_TRACKING_URI, else runs/mlflow.db here)"
    )
    parser.add_argument("--csv", type=Path, help="where to write the table of results")
    arguments = parser.parse_args()
    with front_door():
        client: Any = open_store(arguments.store)
        runs = [find_sweep(client, name) for name in (arguments.A, arguments.B)]
        check_different(client, *runs)
        first, second = (load_sweep(client, run) for run in runs)
        found = contrast(first, second)
        show(found, first, second)
        if arguments.csv is not None:
            pd.DataFrame(found.results).to_csv(arguments.csv, index=False)


if __name__ == "__main__":
    main()
