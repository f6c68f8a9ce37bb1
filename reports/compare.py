"""python -m reports.compare A B: two sweeps side by side: what differs in config, data and code, and in results.

A and B are names of sweeps, their runs' ids, or studies (the newest sweep is taken); they must be two. Cells of the same name are compared,
paired by seed where both saw the same data: B − A. `--metric 'first_step(test/error < 0.3)'` compares that instead of test/error;
`--csv FILE` writes the table. Exit codes: 0, or 2 for no such sweep or metric.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from reports.contrast import Contrast, check_different, contrast
from reports.door import front_door
from reports.load import Sweep, find_sweep, load_sweep
from reports.schema.store import open_store


def show(contrasted: Contrast, first: Sweep, second: Sweep) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(f"A: {first.name}\nB: {second.name}"))
    for title, rows in (
        ("What differs", contrasted.settings),
        ("Results: mean ± half of the 95 % t interval of each alone, over its seeds", contrasted.results),
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
    for end, names in contrasted.only.items():
        if names:
            console.print(Text(f"Only in {end}: {', '.join(names)}"))
    console.print(
        Text(
            "Differences are paired by seed where both saw the same data; their ± (half of the 95 % interval over "
            "these seeds) and p are of all comparisons together (max-T on sign flips)."
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m reports.compare", description=__doc__)
    parser.add_argument("A", help="a sweep's name, its run id, or a study's name")
    parser.add_argument("B", help="another")
    parser.add_argument(
        "--store", help="MLflow's tracking URI (default: MLFLOW_TRACKING_URI, else runs/mlflow.db here)"
    )
    parser.add_argument(
        "--metric", help="what is compared, recorded or derived (default: test/error, or what A measures)"
    )
    parser.add_argument("--csv", type=Path, help="where to write the table of results")
    arguments = parser.parse_args()
    with front_door():
        client: Any = open_store(arguments.store)
        runs = [find_sweep(client, name) for name in (arguments.A, arguments.B)]
        check_different(client, *runs)
        first, second = (load_sweep(client, run) for run in runs)
        contrasted = contrast(first, second, arguments.metric)
        show(contrasted, first, second)
        if arguments.csv is not None:
            pd.DataFrame(contrasted.results).to_csv(arguments.csv, index=False)


if __name__ == "__main__":
    main()
