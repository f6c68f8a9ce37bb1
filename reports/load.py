"""A sweep read back from MLflow: its study, its cells, and every seed's curve."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.schema import AT, BEGAN, CURVES, DIVERGED, OWN, ROWS, RULES, SEEDS, SELECTED
from reports.schema.artifacts import artifact, has_artifact
from reports.schema.names import NoSuchSweep, arm_names, as_number
from reports.schema.record import read_record, read_table
from reports.schema.rows import errors
from reports.schema.statement import first_stated

if TYPE_CHECKING:
    import pandas as pd

READERS = 4  # threads: files of ten thousand cells are read in half the time
CELLS_AT_HAND = 64  # whose errors of rows stay in memory


def none_kept(cell: str) -> None:
    """Where no errors of rows are kept."""


class Sweep(NamedTuple):
    """What a report is made of.

    `curves`: a row per cell, seed and evaluation, with what is measured at every evaluation; `seeds`: a row per cell and seed,
    with what is measured once and the steps that selection rules take; `results`: a row per cell and seed at the step that
    counts, with all metrics of both. All have the columns cell (the cell's name), arm (the cell without its chosen axes), the
    axes and seed.
    """

    name: str
    study: dict[str, Any]
    axes: list[str]
    cells: list[dict[str, Any]]
    results: "pd.DataFrame"
    curves: "pd.DataFrame"
    seeds: "pd.DataFrame"
    metrics: list[str]  # the columns of `results` that are measured
    tags: dict[str, str]
    params: dict[str, str]  # of the first cell: what all have in common, mostly
    failed: list[dict[str, Any]]
    stated: Mapping[str, int] = {}  # when each claim of the study was stated first, by its hash
    errors: "Callable[[str], pd.DataFrame | None]" = none_kept  # of a cell's held-out rows at the step that counts


def is_classification(sweep: Sweep) -> bool:
    """Whether errors are shares of examples, which are shown in percent."""
    tasks = {cell.get("task") or sweep.params.get("data.task") for cell in sweep.cells}
    return tasks == {"classification"}


def trains_networks(sweep: Sweep) -> bool:
    """Whether the sweep trains networks, which have training losses; a theory may have some too."""
    theory = sweep.params.get("theory", "none") != "none" or any(key.startswith("theory.") for key in sweep.params)
    return "train/loss" in sweep.curves and not theory


def varies(sweep: Sweep, source: str) -> bool:
    """Whether seeds differ in that source of chance in every cell: split, init or order."""
    varied = [cell["axes"].get("vary", sweep.params.get("vary", source)) for cell in sweep.cells]
    one_split = source == "split" and any(cell.get("one_split") is True for cell in sweep.cells)
    return all(source in sources for sources in varied) and not one_split


def has_rows(sweep: Sweep, part: str) -> bool:
    """Whether any cell trains a network and has rows of that part: train, validation or test."""
    return f"{part}/loss" in sweep.curves


def redrawn(sweep: Sweep) -> bool:
    """Whether every seed of every cell has data of its own, rather than a division of the same data."""
    return all(cell.get("redrawn") is True for cell in sweep.cells)


def find_sweep(client: Any, name: str | None) -> str:
    """The run of the sweep named (by name, run id or study), or of the newest."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(experiments, "tags.kind = 'sweep'", order_by=["attributes.start_time DESC"])
    for run in runs:
        labels = (
            run.info.run_id,
            run.info.run_name.removeprefix("sweep: "),
            run.info.run_name,
            run.data.tags.get("study"),
        )
        if (name is None and run.info.status == "FINISHED") or name in labels:
            return run.info.run_id
    newest = ", ".join(repr(run.info.run_name.removeprefix("sweep: ")) for run in runs[:5]) or "none"
    raise NoSuchSweep(
        f"no {'finished sweep' if name is None else f'sweep {name!r}'} in {client.tracking_uri}; the newest are: {newest}"
    )


def load_sweep(client: Any, run_id: str) -> Sweep:
    """Reads the sweep's list of cells, then each finished cell's curves."""
    record = read_record(client, run_id)
    if record is None:
        raise NoSuchSweep(
            "that sweep was interrupted before its cells were in: there is nothing to report; run its command again"
        )
    finished = [cell for cell in record["cells"] if cell["status"] == "FINISHED"]
    if not finished:
        raise NoSuchSweep(f"sweep {record['name']!r} has no finished cell to report on")
    run = client.get_run(run_id)
    curves, seeds = (in_one(client, finished, record, name) for name in (CURVES, SEEDS))
    return Sweep(
        name=record["name"],
        study=record["study"],
        axes=record["axes"],
        cells=finished,
        results=at_the_selected_step(curves, seeds),
        curves=curves,
        seeds=seeds,
        metrics=measured(curves, seeds),
        tags=run.data.tags,
        params=client.get_run(finished[0]["run_id"]).data.params,
        failed=[cell for cell in record["cells"] if cell["status"] != "FINISHED"],
        stated=first_stated(client, claims) if isinstance(claims := record["study"].get("claims"), list) else {},
        errors=lru_cache(CELLS_AT_HAND)(
            partial(errors_of, client, {cell["name"]: cell["run_id"] for cell in finished})
        ),
    )


def errors_of(client: Any, runs: Mapping[str, str], cell: str) -> "pd.DataFrame | None":
    """The errors of a cell's validation and test rows, as `rows.errors` gives them; None where none are kept."""
    return errors(client, runs[cell]) if has_artifact(client, runs[cell], ROWS) else None


def in_one(client: Any, cells: Sequence[dict[str, Any]], record: dict[str, Any], name: str) -> "pd.DataFrame":
    """Read one table of every cell and join them, with each cell's name, arm and axes."""
    import pyarrow as pa

    def read(cell: dict[str, Any]) -> Any:
        return read_table(artifact(client, cell["run_id"], name, folder), name)

    with TemporaryDirectory() as folder, ThreadPoolExecutor(READERS) as readers:
        tables = list(readers.map(read, cells))
    joined = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return labelled(joined, [len(table) for table in tables], cells, record["axes"], record["study"]["choose"])


def labelled(
    table: "pd.DataFrame",
    rows: Sequence[int],
    cells: Sequence[dict[str, Any]],
    axes: Sequence[str],
    choose: Sequence[str],
) -> "pd.DataFrame":
    """The table with each cell's name, arm and axes as columns; `rows` has each cell's number of rows."""
    import numpy as np

    def spread(values: Sequence[Any]) -> Any:
        return np.repeat(np.array(values, object), rows)

    columns = {
        f"axis/{axis}": spread([as_number(c["axes"][axis]) if axis in c["axes"] else None for c in cells])
        for axis in axes
    }
    columns["cell"] = spread([cell["name"] for cell in cells])
    columns["arm"] = spread(arm_names([cell["axes"] for cell in cells], axes, choose))
    return table.assign(**columns)


def at_the_selected_step(curves: "pd.DataFrame", seeds: "pd.DataFrame") -> "pd.DataFrame":
    """A row per cell and seed: its curves at the step that counts, and what is measured once."""
    keys = ["cell", "seed", "step"]
    once = seeds[["cell", "seed", OWN, DIVERGED, *measured_once(seeds)]].rename(columns={OWN: "step"})
    return curves.merge(once, on=keys, how="inner", sort=False, validate="one_to_one")


def measured(curves: "pd.DataFrame", seeds: "pd.DataFrame") -> list[str]:
    """The columns of both tables that hold measurements."""
    return [name for name in curves if name not in AT and not is_label(name)] + measured_once(seeds)


def measured_once(seeds: "pd.DataFrame") -> list[str]:
    others = {"seed", OWN, DIVERGED, BEGAN, *(SELECTED + rule for rule in RULES)}
    return [name for name in seeds if name not in others and not is_label(name)]


def is_label(column: str) -> bool:
    return column in ("cell", "arm") or column.startswith("axis/")
