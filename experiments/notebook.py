"""The laboratory without the command line: cells by name in, a data frame and figures out; nothing is recorded.

>>> from backprop.penalties import L2
>>> from experiments import datasets
>>> from experiments.notebook import run
>>> from experiments.study import Experiment
>>> l2 = {f"λ = {s:g}": Experiment(datasets.diabetes(), penalty=L2(s), epochs=2, seeds=3) for s in (0.01, 0.1)}
>>> run(l2).table["seeds"].tolist()
[3, 3]
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from experiments.evaluation import attempt, finished_cells, tasks
from experiments.records import curve_table
from experiments.study import Experiment

if TYPE_CHECKING:
    import pandas as pd

    from reports.comparison import Comparison


class Results:
    """What came of a study: `frame` (a row a cell and seed), `curves` (and evaluation), `table`, `answer`, `figures`."""

    def __init__(self, sweep: Any):
        self.sweep = sweep

    @property
    def frame(self) -> "pd.DataFrame":
        return self.sweep.results

    @property
    def curves(self) -> "pd.DataFrame":
        return self.sweep.curves

    @cached_property
    def comparison(self) -> "Comparison":
        from reports.comparison import compare

        return compare(self.sweep)

    @property
    def table(self) -> "pd.DataFrame":
        """A row a cell: mean and interval of test error and gap, the paired difference from the baseline."""
        import pandas as pd

        from reports.answer import table_rows

        return pd.DataFrame(table_rows(self.comparison)).set_index("")

    @property
    def answer(self) -> str:
        from reports.answer import sentence

        return sentence(self.comparison)

    @property
    def figures(self) -> dict[str, Any]:
        """Altair charts by name; a notebook shows one when it is the last line of its cell."""
        from reports.figures import figures

        return {figure.name: figure.chart for figure in figures(self.sweep, self.comparison)}


def run(cells: Mapping[str, Experiment], baseline: str | None = None, workers: int = 1) -> Results:
    """Trains all cells, those that differ only in numbers in one stack, and compares them with the baseline (or the first).

    Raises RuntimeError with the worker's traceback where a stack fails, ValueError for a baseline that is no cell.
    """
    import pandas as pd
    from joblib import Parallel, delayed

    from reports.load import Sweep

    names = list(cells)
    if baseline is not None and baseline not in cells:
        raise ValueError(f"baseline is {baseline!r}; it must be one of the cells {names}.")
    experiments = list(cells.values())
    plan = tasks(experiments)
    tables: dict[int, Any] = {}
    results = Parallel(n_jobs=workers)(delayed(attempt)(i, task) for i, task in enumerate(plan))
    for number, curves in finished_cells(results, plan, experiments):
        if isinstance(curves, str):
            raise RuntimeError(curves)
        tables[number] = curve_table(curves, experiments[number]).assign(cell=names[number], arm=names[number])
    curves = pd.concat([tables[number] for number in range(len(names))], ignore_index=True)
    sweep = Sweep(
        name="notebook",
        study={"name": "notebook", "question": "", "baseline": {"cell": baseline} if baseline else {}, "choose": []},
        axes=["cell"],
        cells=[{"run_id": "", "name": name, "axes": {"cell": name}, "status": "FINISHED"} for name in names],
        results=curves[curves.selected].reset_index(drop=True),
        curves=curves.assign(**{"axis/cell": curves.cell}),
        tags={},
        params={"data.task": experiments[0].dataset.task},
        failed=[],
    )
    return Results(sweep._replace(results=sweep.results.assign(**{"axis/cell": sweep.results.cell})))
