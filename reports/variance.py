"""Where the spread over seeds comes from: the variance of test error by source of chance."""

import numpy as np

from reports.comparison import Comparison
from reports.formats import number
from reports.load import Sweep
from reports.statistics import sd_interval


def source_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """Where a sweep varies `vary`: the spread of test error over seeds when only some sources of chance differ."""
    axes_of = {cell["name"]: cell["axes"] for cell in sweep.cells}
    varied = [row for row in comparison.rows if "vary" in axes_of[row.cell]]
    results = sweep.results[sweep.results.cell.isin([row.cell for row in varied])]
    finite = results[np.isfinite(results["test/error"])]
    errors = {cell: rows["test/error"] for cell, rows in finite.groupby("cell")}
    varied = [row for row in varied if len(errors.get(row.cell, ())) > 1]
    others = {row.cell: tuple(item for item in axes_of[row.cell].items() if item[0] != "vary") for row in varied}
    sources = {row.cell: axes_of[row.cell]["vary"].count(",") + 1 for row in varied}
    everything = {others[cell]: errors[cell].var(ddof=1) for cell, count in sources.items() if count == 3}
    return [
        {
            "what varies": row.arm,
            "sd of test/error": number(errors[row.cell].std(ddof=1), comparison),
            "95 % interval": "[" + ", ".join(number(end, comparison) for end in sd_interval(errors[row.cell])) + "]",
            "share of the variance": f"{errors[row.cell].var(ddof=1) / everything[others[row.cell]]:.0%}"
            if everything.get(others[row.cell])
            else "–",
            "seeds": str(len(errors[row.cell])),
        }
        for row in varied
    ]


def sources_in_a_sentence(rows: list[dict[str, str]]) -> str:
    spreads = [
        f"{row['what varies'].removeprefix('vary=')} {row['sd of test/error']} {row['95 % interval']}" for row in rows
    ]
    return f"Standard deviation of the test error over seeds: {'; '.join(spreads)}."
