"""The laboratory without the command line: cells by name in, a data frame and figures out; nothing is recorded.

>>> from dataclasses import replace
>>> from backprop.losses import SquaredError
>>> from backprop.penalties import L2
>>> from experiments.notebook import Experiment, Recipe, datasets, run
>>> plain = Recipe(loss=SquaredError(), epochs=2)
>>> recipes = {"plain": plain, **{f"λ = {s:g}": replace(plain, penalty=L2(s)) for s in (0.01, 0.1)}}
>>> cells = {name: Experiment(datasets.diabetes(), recipe, seeds=3) for name, recipe in recipes.items()}
>>> list(run(cells).table.index)
['plain', 'λ = 0.01', 'λ = 0.1', 'reference: mean of the targets', 'reference: linear model']
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.training import Recipe
from experiments.data import datasets
from experiments.recording.kept import Network, network_of
from experiments.recording.row_table import row_table
from experiments.study.about_data import about_data
from experiments.study.curves import Curves, curve_table, seed_table
from experiments.study.experiment import Experiment
from experiments.study.keep import to_keep
from experiments.study.study import check_measures
from experiments.training.evaluation import attempt, finished_cells
from experiments.training.tasks import tasks
from reports.schema.codes import check_codes

__all__ = ["Experiment", "Recipe", "Results", "datasets", "run"]

if TYPE_CHECKING:
    import pandas as pd

    from reports.comparison import Comparison
    from reports.load import Sweep


class Results:
    """The results of a study: `frame` (a row per cell and seed), `curves` (per evaluation too), `table`, `answer`, `notes`, `figures`.

    Also the errors of a cell's `rows`, and the `network` of one of its seeds.
    """

    def __init__(self, sweep: Any, experiments: Mapping[str, Experiment], done: Mapping[str, Curves]):
        self.sweep, self.experiments, self.done = sweep, experiments, done

    @property
    def frame(self) -> "pd.DataFrame":
        return self.sweep.results

    @property
    def curves(self) -> "pd.DataFrame":
        return self.sweep.curves

    def rows(self, cell: str, at: str | int = "") -> "pd.DataFrame":
        """The error of every validation and test row, for every seed: 1 wrong, 0 right, or the squared error.

        `at` is a step, or selected/last, selected/best_validation, selected/oracle; without it, the step that counts.
        Raises ValueError for an unknown cell, Unreadable where no errors are kept at that step.
        """
        from reports.schema.rows import frame

        rows = self.of(cell).rows
        if rows is None:
            raise ValueError(f"no errors of rows are kept for cell {cell!r}.")
        return frame(row_table(rows), str(at))

    def network(self, cell: str, seed: int) -> Network:
        """A seed's network at the step that counts: `.predict(x)` takes raw features. Raises ValueError where it is not kept."""
        curves, experiment = self.of(cell), self.experiments[cell]
        if seed not in curves.weights:
            raise ValueError(
                f"seed is {seed!r}; for cell {cell!r} the networks of the seeds {sorted(curves.weights)} are kept."
            )
        place = experiment.selection(curves.metrics)[curves.seeds.index(seed)]
        return network_of(experiment, seed, curves.weights[seed], int(np.array(curves.steps)[place]))

    def of(self, cell: str) -> Curves:
        if cell not in self.done:
            raise ValueError(f"cell is {cell!r}; it must be one of {list(self.done)}.")
        return self.done[cell]

    @cached_property
    def comparison(self) -> "Comparison":
        from reports.comparison import compare

        return compare(self.sweep)

    @property
    def table(self) -> "pd.DataFrame":
        """A row per cell: mean and interval of errors and gap, the paired difference from the baseline, and the measures asked for."""
        import pandas as pd

        from reports.answer import table_rows
        from reports.crossed import counted
        from reports.measurements import beside, stated_measures

        measures = stated_measures(self.sweep)
        if measures.missing:
            raise ValueError(" ".join(measures.missing))
        sweep, values = counted(self.sweep, measures.values)
        rows = beside(table_rows(self.comparison), self.comparison, values, sweep)
        return pd.DataFrame(rows).set_index("")

    def by_seed(self, metric: str) -> "pd.DataFrame":
        """Any metric, recorded or derived as `first_step(test/error < 0.3)`: a row per cell, a column per seed.

        Raises ValueError where there is no such metric.
        """
        from reports.derived import column

        rows = self.frame.assign(value=column(metric, self.frame, self.curves))
        return rows.pivot(index="cell", columns="seed", values="value").loc[list(self.done)]

    @property
    def answer(self) -> str:
        from reports.of_networks import sentences

        return " ".join(sentences(self.sweep, self.comparison, []))

    @property
    def sources(self) -> "pd.DataFrame":
        """Where the spread comes from, of every cell whose seeds cross sources, as `seeds={"split": 11, "init": 11}`.

        Raises ValueError where none does.
        """
        import pandas as pd

        from reports.variance import component_rows

        rows = component_rows(self.sweep, self.comparison)
        if not rows:
            raise ValueError(
                'no cell crosses sources of chance with all its seeds; try seeds={"split": 11, "init": 11}.'
            )
        return pd.DataFrame(rows).set_index("source")

    @property
    def notes(self) -> list[str]:
        """What could be better about the cells, a sentence each with its code; warnings stand in the answer.

        `python -m reports.checks` explains the codes.
        """
        return self.comparison.notes

    @property
    def figures(self) -> dict[str, Any]:
        """Altair charts by name; a notebook shows one when it is the last line of its cell."""
        from reports.figures.every import figures

        return {figure.name: figure.chart for figure in figures(self.sweep, self.comparison)}


def run(
    cells: Mapping[str, Experiment],
    baseline: str | None = None,
    workers: int = 1,
    keep: str | Sequence[str | int] = "weights",
    measures: Sequence[str] = (),
    mute: Sequence[str] = (),
) -> Results:
    """Trains all cells, those that differ only in numbers in one stack, and compares them with the baseline (or the first).

    `keep` is as `execution.keep` of a config: a list of some of rows, outputs and weights. `measures` are metrics, recorded or
    derived as `first_step(test/error < 0.3)`, that the table shows beside errors; `mute` the codes of checks that are only counted.

    Raises RuntimeError with the worker's traceback where a stack fails, ValueError for a baseline that is no cell.
    """
    from joblib import Parallel, delayed

    check_measures(list(measures))
    check_codes(mute if isinstance(mute, str) else list(mute))
    names = list(cells)
    if baseline is not None and baseline not in cells:
        raise ValueError(f"baseline is {baseline!r}; it must be one of the cells {names}.")
    experiments = list(cells.values())
    for experiment in experiments:
        experiment.check_data()
    plan = tasks(experiments, keep=to_keep(keep))
    results = Parallel(n_jobs=workers)(delayed(attempt)(i, task) for i, task in enumerate(plan))
    done = dict(finished_cells(results, plan, experiments))
    for curves in done.values():
        if isinstance(curves, str):
            raise RuntimeError(curves)
    study: dict[str, Any] = {
        "name": "notebook",
        "question": "",
        "baseline": {"cell": baseline} if baseline else {},
        "choose": [],
    }
    study |= {"measures": list(measures), "mute": list(mute)}
    by_name = {names[n]: curves for n, curves in done.items() if not isinstance(curves, str)}
    return Results(as_sweep(cells, by_name, study), cells, by_name)


def as_sweep(cells: Mapping[str, Experiment], done: Mapping[str, Any], study: dict[str, Any]) -> "Sweep":
    """The `Sweep` that reports are made of, from curves that were not recorded."""
    import pandas as pd

    from reports.load import Sweep, at_the_selected_step, labelled, measured

    listed = [
        {"run_id": "", "name": name, "axes": {"cell": name}, "status": "FINISHED", **about_data(experiment)}
        for name, experiment in cells.items()
    ]

    def in_one(tables: "list[pd.DataFrame]") -> "pd.DataFrame":
        joined = pd.concat(tables, ignore_index=True)
        return labelled(joined, [len(table) for table in tables], listed, ["cell"], []).assign(
            arm=lambda rows: rows.cell
        )

    curves = in_one([curve_table(done[name]) for name in cells])
    seeds = in_one([seed_table(done[name], experiment.selection) for name, experiment in cells.items()])
    return Sweep(
        name="notebook",
        study=study,
        axes=["cell"],
        cells=listed,
        results=at_the_selected_step(curves, seeds),
        curves=curves,
        seeds=seeds,
        metrics=measured(curves, seeds),
        tags={},
        params={"data.task": next(iter(cells.values())).dataset.task},
        failed=[],
        row_table=lambda cell: None if (rows := done[cell].rows) is None else row_table(rows),
        errors=partial(errors_of_rows, done),
    )


def errors_of_rows(done: "Mapping[str, Curves]", cell: str) -> "pd.DataFrame | None":
    """The errors of a cell's held-out rows at the step that counts; None where none are kept."""
    from reports.schema.rows import frame

    rows = done[cell].rows
    return None if rows is None else frame(row_table(rows))
