"""A sweep read back from MLflow: its study, its cells, and every seed's curve."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from reports.artifacts import artifact, confined
from reports.record import is_name, read_record, read_table
from reports.schema import AT, CURVES, DIVERGED, OWN, RULES, SEEDS, SELECTED

if TYPE_CHECKING:
    import pandas as pd

READERS = 4  # threads: files of ten thousand cells are read in half the time


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


def varies(sweep: Sweep, source: str) -> bool:
    """Whether seeds differ in that source of chance in every cell: split, init or order."""
    told = [cell["axes"].get("vary", sweep.params.get("vary", source)) for cell in sweep.cells]
    return all(source in one for one in told)


class NoSuchSweep(Exception):
    """There is no sweep of that name; the message lists the newest."""


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
    newest = ", ".join(repr(run.info.run_name.removeprefix("sweep: ")) for run in runs[:5]) or "none yet"
    raise NoSuchSweep(
        f"no {'finished sweep' if name is None else f'sweep {name!r}'} in {client.tracking_uri}; there is: {newest}"
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
    )


def in_one(client: Any, cells: Sequence[dict[str, Any]], record: dict[str, Any], name: str) -> "pd.DataFrame":
    """One of the tables of all cells, one below the other, with each one's name, arm and axes."""
    import pyarrow as pa

    def read(cell: dict[str, Any]) -> Any:
        return read_table(artifact(client, cell["run_id"], name, folder), name)

    with TemporaryDirectory() as folder, ThreadPoolExecutor(READERS) as readers:
        tables = list(readers.map(read, cells))
    whole = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return labelled(whole, [len(table) for table in tables], cells, record["axes"], record["study"]["choose"])


def labelled(
    table: "pd.DataFrame",
    rows: Sequence[int],
    cells: Sequence[dict[str, Any]],
    axes: Sequence[str],
    choose: Sequence[str],
) -> "pd.DataFrame":
    """The table with the name, the arm and the axes of each cell, of which it has so many rows."""
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
    """The columns of both tables that are measured."""
    return [name for name in curves if name not in AT and not is_label(name)] + measured_once(seeds)


def measured_once(seeds: "pd.DataFrame") -> list[str]:
    others = {"seed", OWN, DIVERGED, *(SELECTED + rule for rule in RULES)}
    return [name for name in seeds if name not in others and not is_label(name)]


def is_label(column: str) -> bool:
    return column in ("cell", "arm") or column.startswith("axis/")


def arm_name(axes: dict[str, str], all_axes: Sequence[str], chosen: Sequence[str]) -> str:
    """What is compared: the cell without the axes whose value is chosen on validation data."""
    kept = {axis: axes[axis] for axis in all_axes if axis in axes and axis not in chosen}
    shown = [
        value if "." not in axis and not is_number(value) else f"{short(axis, all_axes)}={value}"
        for axis, value in kept.items()
    ]
    return " ".join(shown) or "all"


def arm_names(places: Sequence[dict[str, str]], all_axes: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """The arm of every cell, by the places of the cells on the axes; two that would have one name are called by axis and value.

    >>> arm_names([{"penalty": "none"}, {"constraint": "none"}, {"penalty": "l2"}], ["penalty", "constraint"], [])
    ['penalty=none', 'constraint=none', 'l2']
    """
    kept = [{axis: place[axis] for axis in all_axes if axis in place and axis not in chosen} for place in places]
    return unambiguous([arm_name(place, all_axes, ()) for place in kept], kept, all_axes)


def unambiguous(names: Sequence[str], places: Sequence[dict[str, str]], axes: Sequence[str]) -> list[str]:
    """The names, where one name stands for one place; else the places themselves."""
    meant: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for name, place in zip(names, places, strict=True):
        meant.setdefault(name, set()).add(tuple(place.items()))
    return [
        name
        if len(meant[name]) == 1
        else " ".join(f"{short(axis, axes)}={value}" for axis, value in place.items()) or name
        for name, place in zip(names, places, strict=True)
    ]


def as_number(text: str) -> float | str:
    return float(text) if is_number(text) else text


def as_override(value: Any) -> str:
    """A value of a study's file as an axis has it.

    >>> [as_override(value) for value in (True, None, ["split", "init"], 0.5, "l2")]
    ['true', 'null', '[split,init]', '0.5', 'l2']
    """
    if isinstance(value, list):
        return "[" + ",".join(map(as_override, value)) + "]"
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def folder_name(sweep: str) -> str:
    """A sweep's name as a folder's. Raises NoSuchSweep for a name that no sweep has: one from a record may be a stranger's.

    >>> folder_name("regularizers 2026-11-23 12:30:00")
    'regularizers_2026-11-23_12-30-00'
    """
    if not is_name(sweep):
        raise NoSuchSweep(f"{sweep!r} is no name of a sweep: it must be letters, digits, spaces and . : + - _ ( )")
    return sweep.replace(":", "-").replace(" ", "_")


def report_folder(sweep: str) -> Path:
    """Where a sweep's report lies, in runs/ of the current directory; raises OutsideStore where a link leads elsewhere."""
    return confined(Path("runs/reports") / folder_name(sweep), Path("runs"))


def short(key: str, keys: Sequence[str]) -> str:
    """The last part of a dotted key, or as many as tell it from the other keys.

    >>> short("noise.hidden.scale", ["noise.hidden.scale", "noise.inputs.scale"])
    'hidden.scale'
    """
    parts = key.split(".")
    endings = [".".join(parts[-length:]) for length in range(1, len(parts) + 1)]
    alone = (end for end in endings if sum(f".{other}".endswith(f".{end}") for other in keys) == 1)
    return next(alone, key)
