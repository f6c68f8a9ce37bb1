"""python -m experiments.verify RUN: trains a recorded cell again from its record, and compares all numbers bit by bit.

RUN is the run's id in MLflow, or the cell's name there or in the table of a report; the newest of that name is taken.
Exit codes: 0 the same bits, 1 not, 2 no such run, or its data are gone.
"""

import argparse
import sys
from collections.abc import Collection, Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from experiments.study.curves import Curves
    from experiments.study.keep import Keep


def verify(client: Any, run: Any, allowed: Collection[str] = ()) -> "pd.DataFrame":
    """A row per metric that differs: the largest difference, at which seed and step, and the two numbers there."""
    import pandas as pd
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from experiments.config.building import build
    from experiments.config.errors import ConfigurationError
    from experiments.recording.recorded import recorded_curves
    from experiments.study.curves import curve_table, seed_table
    from experiments.training.evaluation import attempt, finished_cells
    from experiments.training.tasks import tasks
    from reports.schema import CONFIG, CURVES, SEEDS
    from reports.schema.artifacts import artifact
    from reports.schema.record import check_format, read_table

    check_format(run.info.run_name, run.data.tags.get("format", "1"))

    with TemporaryDirectory() as folder:
        file = artifact(client, run.info.run_id, CONFIG, folder)
        try:
            config = OmegaConf.create(file.read_text(encoding="utf-8"))
        except (YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
            raise ConfigurationError(f"its config.yaml cannot be read: {error}") from error
        recorded = [
            read_table(artifact(client, run.info.run_id, name, folder), name).to_pandas() for name in (CURVES, SEEDS)
        ]
    if not isinstance(config, DictConfig):
        raise ConfigurationError("its config.yaml holds no config")
    experiment = build(config, allowed)  # what the record itself would allow does not count: it may be a stranger's
    if experiment.dataset.fingerprint != run.data.tags.get("data.fingerprint"):
        raise ConfigurationError("the data are not those that were recorded: their fingerprints differ")
    keep = kept_by(run, experiment.all_seeds)
    plan = tasks([experiment], keep=keep)
    ((_, result),) = finished_cells((attempt(i, task) for i, task in enumerate(plan)), plan, [experiment])
    if isinstance(result, str):
        raise ConfigurationError(result)
    repeated = curve_table(result), seed_table(result, experiment.selection)
    differing = [differences(*pair) for pair in zip(recorded, repeated, strict=True)]
    beside = recorded_curves(client, run.info.run_id, experiment.all_seeds, keep)
    if beside is None:
        raise ConfigurationError("what is recorded beside its tables cannot be read")
    differing += [of_rows(beside, result), of_weights(beside, result)]
    return pd.concat(differing, ignore_index=True)


def kept_by(run: Any, seeds: Sequence[int]) -> "Keep":
    """What to keep of the repetition, so that all that the run has can be compared, with errors of rows at every evaluation."""
    from experiments.study.keep import Keep, from_tag
    from reports.schema import KEPT

    had = from_tag(run.data.tags.get(KEPT, ""), seeds)
    outputs = any("outputs" in kinds for kinds in had.values())
    return Keep(
        rows=True, outputs=outputs, weights=frozenset(seed for seed, kinds in had.items() if "weights" in kinds)
    )


def of_rows(recorded: "Curves", repeated: "Curves") -> "pd.DataFrame":
    """A row per evaluation at which errors or outputs of rows differ, with the first row that does."""
    import numpy as np
    import pandas as pd

    from experiments.config.errors import ConfigurationError
    from experiments.study.rows import taken

    ours, theirs = recorded.rows, repeated.rows
    if ours is None or theirs is None:
        return pd.DataFrame()
    same_rows = all(np.array_equal(getattr(ours, key), getattr(theirs, key)) for key in ("seed", "part", "row"))
    if not same_rows or not set(ours.at) <= set(theirs.at):
        raise ConfigurationError("its errors of rows are for rows or steps other than those of its config")
    pairs = {("error", at): [taken(rows.errors, rows.at.index(at)) for rows in (ours, theirs)] for at in ours.at}
    pairs |= {("output", at): [values[:, 0], theirs.outputs[at][:, 0]] for at, values in ours.outputs.items()}
    differing = []
    for (what, at), (a, b) in pairs.items():
        differs = (a != b) & ~((a != a) & (b != b))  # NaN equals NaN here
        if differs.any():
            i = int(differs.argmax())
            place = {"metric": f"{what} of row {ours.row[i]}", "seed": ours.seed[i], "step": at}
            values = {"recorded": float(a[i]), "repeated": float(b[i]), "difference": abs(float(a[i]) - float(b[i]))}
            differing.append(place | values)
    return pd.DataFrame(differing)


def of_weights(recorded: "Curves", repeated: "Curves") -> "pd.DataFrame":
    """A row per seed whose weights differ, with the weight that differs most."""
    import numpy as np
    import pandas as pd

    differing = []
    for seed, a in recorded.weights.items():
        b = repeated.weights[seed]
        if not np.array_equal(a, b, equal_nan=True):
            gap = np.abs(a - b)
            i = int(np.nanargmax(gap)) if np.isfinite(gap).any() else 0
            place = {"metric": "weights", "seed": seed, "step": "–"}
            differing.append(place | {"recorded": a[i], "repeated": b[i], "difference": gap[i]})
    return pd.DataFrame(differing)


def differences(recorded: "pd.DataFrame", repeated: "pd.DataFrame") -> "pd.DataFrame":
    """A row per column of a table that differs, with the largest difference."""
    import pandas as pd

    from experiments.config.errors import ConfigurationError
    from reports.schema import BEGAN
    from reports.schema.names import listed

    recorded, repeated = (table.drop(columns=BEGAN, errors="ignore") for table in (recorded, repeated))
    if others := sorted({*recorded.columns} ^ {*repeated.columns}):
        raise ConfigurationError(
            f"its tables and those that this code makes do not both have {listed(others)}: another version recorded it; check out the "
            "commit that its tag `commit` names"
        )
    if list(recorded.columns) != list(repeated.columns) or len(recorded) != len(repeated):
        raise ConfigurationError("its tables have rows or columns other than those of its config")
    differing = []
    for name in recorded.columns:
        same = (recorded[name] == repeated[name]) | (recorded[name].isna() & repeated[name].isna())
        if not same.all():
            gap = (recorded[name].astype(float) - repeated[name].astype(float)).abs()
            at = gap.idxmax()
            where = {
                "metric": name,
                "seed": recorded.seed[at],
                "step": recorded.step[at] if "step" in recorded else "–",
            }
            values = {"recorded": recorded[name][at], "repeated": repeated[name][at], "difference": gap[at]}
            differing.append(where | values)
    return pd.DataFrame(differing)


def find(client: Any, wanted: str) -> Any:
    """The finished run of a cell, by its id, or by its name in MLflow or in the table of a report, the newest first.

    Raises NoSuchSweep, with the names to choose from where an arm has several cells.
    """
    from experiments.recording import store
    from reports.schema.names import NoSuchSweep, arm_names
    from reports.schema.record import read_record

    try:
        return store.find_cell(client, wanted)
    except NoSuchSweep as unknown:
        for sweep in store.runs_of_kind(client, "sweep"):
            record = read_record(client, sweep.info.run_id)
            if record is None:
                continue
            places = [cell["axes"] for cell in record["cells"]]
            arms = arm_names(places, record["axes"], record["study"]["choose"])
            cells = [cell for cell, arm in zip(record["cells"], arms, strict=True) if wanted in (arm, cell["name"])]
            if len(cells) > 1:
                names = ", ".join(repr(cell["name"]) for cell in cells)
                raise NoSuchSweep(f"{wanted!r} has several cells; name one of them: {names}") from unknown
            if cells and cells[0]["status"] == "FINISHED":
                return client.get_run(cells[0]["run_id"])
        raise


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.verify", description=__doc__)
    parser.add_argument("run", help="the id or the name of a cell's run")
    parser.add_argument("--allow", nargs="+", default=[], metavar="TARGET", help="classes of yours that it may name")
    arguments = parser.parse_args()
    from experiments.config.errors import ConfigurationError
    from experiments.config.secrets import hidden
    from experiments.config.targets import trusted
    from experiments.recording.provenance import provenance
    from experiments.recording.store import existing_store
    from reports.door import front_door

    with front_door():
        client = existing_store()
        run = find(client, arguments.run)
        try:
            differing = verify(client, run, {*arguments.allow, *trusted()})
        except ConfigurationError as error:
            print(f"error: {run.info.run_name} cannot be trained again: {hidden(str(error))}", file=sys.stderr)
            sys.exit(2)
    if differing.empty:
        print(f"{run.info.run_name}: the same bits ({run.info.run_id})")
        return
    print(f"{run.info.run_name}: {len(differing)} metrics differ\n{differing.to_string(index=False)}")
    for what in ("commit", "versions"):
        if run.data.tags.get(what) != provenance()[what]:
            print(f"{what} then: {run.data.tags.get(what)}\n{what} now:  {provenance()[what]}")
    sys.exit(1)


if __name__ == "__main__":
    main()
