"""python -m experiments.verify RUN: trains a recorded cell again from its record: are the numbers the same bits?

RUN is the run's id in MLflow, or the cell's name there or in the table of a report, of which the newest is taken. Exit
codes: 0 the same bits, 1 not, 2 no such run, or its data are gone.
"""

import argparse
import sys
from collections.abc import Collection
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def verify(client: Any, run: Any, allowed: Collection[str] = ()) -> "pd.DataFrame":
    """Recorded and repeated numbers of every metric that differs: the largest difference, and at which seed and step."""
    import pandas as pd
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from experiments.building import build
    from experiments.errors import ConfigurationError
    from experiments.evaluation import attempt, finished_cells, tasks
    from experiments.records import curve_table
    from reports.artifacts import artifact
    from reports.record import read_table

    with TemporaryDirectory() as folder:
        file = artifact(client, run.info.run_id, "config.yaml", folder)
        try:
            config = OmegaConf.create(file.read_text(encoding="utf-8"))
        except (YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
            raise ConfigurationError(f"its config.yaml cannot be read: {error}") from error
        recorded = read_table(artifact(client, run.info.run_id, "curves.parquet", folder)).to_pandas()
    if not isinstance(config, DictConfig):
        raise ConfigurationError("its config.yaml holds no config")
    experiment = build(config, allowed)  # what the record itself would allow does not count: it may be a stranger's
    if experiment.dataset.fingerprint != run.data.tags.get("data.fingerprint"):
        raise ConfigurationError("the data are not those of the record: their fingerprints differ")
    plan = tasks([experiment])
    ((_, result),) = finished_cells((attempt(i, task) for i, task in enumerate(plan)), plan, [experiment])
    if isinstance(result, str):
        raise ConfigurationError(result)
    repeated = curve_table(result, experiment)
    if list(recorded.columns) != list(repeated.columns) or len(recorded) != len(repeated):
        raise ConfigurationError("its table of curves has other rows or columns than its config makes")
    differing = []
    for name in recorded.columns:
        same = (recorded[name] == repeated[name]) | (recorded[name].isna() & repeated[name].isna())
        if not same.all():
            gap = (recorded[name].astype(float) - repeated[name].astype(float)).abs()
            at = gap.idxmax()
            row = {"metric": name, "seed": recorded.seed[at], "step": recorded.step[at], "recorded": recorded[name][at]}
            differing.append(row | {"repeated": repeated[name][at], "difference": gap[at]})
    return pd.DataFrame(differing)


def find(client: Any, wanted: str) -> Any:
    """The finished run of a cell, by its id, or by its name in MLflow or in the table of a report, the newest first.

    Raises NoSuchSweep, with the names to choose from where an arm has several cells.
    """
    from experiments import store
    from reports.load import NoSuchSweep, arm_names
    from reports.record import read_record

    try:
        return store.find_cell(client, wanted)
    except NoSuchSweep as unknown:
        for sweep in store.runs_of_kind(client, "sweep"):
            record = read_record(client, sweep.info.run_id)
            if record is None:
                continue
            places = [cell["axes"] for cell in record["cells"]]
            arms = arm_names(places, record["axes"], record["study"]["choose"])
            found = [cell for cell, arm in zip(record["cells"], arms, strict=True) if wanted in (arm, cell["name"])]
            if len(found) > 1:
                names = ", ".join(repr(cell["name"]) for cell in found)
                raise NoSuchSweep(f"{wanted!r} has several cells; name one of them: {names}") from unknown
            if found and found[0]["status"] == "FINISHED":
                return client.get_run(found[0]["run_id"])
        raise


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.verify", description=__doc__)
    parser.add_argument("run", help="the id or the name of a cell's run")
    parser.add_argument("--allow", nargs="+", default=[], metavar="TARGET", help="classes of yours that it may name")
    arguments = parser.parse_args()
    from experiments.errors import ConfigurationError
    from experiments.provenance import provenance
    from experiments.secrets import hidden
    from experiments.store import existing_store
    from experiments.targets import trusted
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
