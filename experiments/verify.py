"""python -m experiments.verify RUN: trains a recorded cell again from its record: are the numbers the same bits?

RUN is the run's id in MLflow, or its name, of which the newest is taken. Exit codes: 0 the same bits, 1 not, 2 no such
run, or its data are gone.
"""

import argparse
import sys
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def verify(client: Any, run: Any, allowed: Sequence[str] = ()) -> "pd.DataFrame":
    """Recorded and repeated numbers of every metric that differs: the largest difference, and at which seed and step."""
    import pandas as pd
    from omegaconf import DictConfig, OmegaConf

    from experiments.building import build
    from experiments.errors import ConfigurationError
    from experiments.evaluation import attempt, finished_cells, tasks
    from experiments.records import curve_table

    with TemporaryDirectory() as folder:
        config = OmegaConf.load(client.download_artifacts(run.info.run_id, "config.yaml", folder))
        recorded = pd.read_parquet(client.download_artifacts(run.info.run_id, "curves.parquet", folder))
    assert isinstance(config, DictConfig)
    experiment = build(config, allowed)  # what the record itself would allow does not count: it may be a stranger's
    if experiment.dataset.fingerprint != run.data.tags["data.fingerprint"]:
        raise ConfigurationError("the data are not those of the record: their fingerprints differ")
    plan = tasks([experiment])
    ((_, result),) = finished_cells((attempt(i, task) for i, task in enumerate(plan)), plan, [experiment])
    if isinstance(result, str):
        raise ConfigurationError(result)
    repeated = curve_table(result, experiment)
    differing = []
    for name in recorded.columns:
        same = (recorded[name] == repeated[name]) | (recorded[name].isna() & repeated[name].isna())
        if not same.all():
            gap = (recorded[name].astype(float) - repeated[name].astype(float)).abs()
            at = gap.idxmax()
            row = {"metric": name, "seed": recorded.seed[at], "step": recorded.step[at], "recorded": recorded[name][at]}
            differing.append(row | {"repeated": repeated[name][at], "difference": gap[at]})
    return pd.DataFrame(differing)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.verify", description=__doc__)
    parser.add_argument("run", help="the id or the name of a cell's run")
    parser.add_argument("--allow", nargs="+", default=[], metavar="TARGET", help="classes of yours that it may name")
    arguments = parser.parse_args()
    wanted = arguments.run
    from experiments.provenance import provenance
    from experiments.store import existing_store, find_cell
    from reports.load import NoSuchSweep

    try:
        client = existing_store()
        run = find_cell(client, wanted)
    except NoSuchSweep as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    from experiments.errors import ConfigurationError

    try:
        differing = verify(client, run, arguments.allow)
    except ConfigurationError as error:
        print(f"error: {run.info.run_name} cannot be trained again: {error}", file=sys.stderr)
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
