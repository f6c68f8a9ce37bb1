"""Writes the artifacts of a cell's run: its tables, the errors of its rows, its networks, its config."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.recording.kept import network_of, write_model
from experiments.recording.plan import Cell
from experiments.recording.row_table import write_rows
from experiments.study.calculation import AnyExperiment
from experiments.study.curves import Curves, curve_table, seed_table
from experiments.study.experiment import Experiment
from reports.schema import (
    CONFIG,
    CURVES,
    NETWORKS,
    ROWS,
    SEEDS,
)

if TYPE_CHECKING:
    pass


def write_artifacts(folder: Path, cell: Cell, curves: Curves, config: Mapping[str, Any]) -> None:
    import yaml

    write_table(folder / CURVES, curve_table(curves))
    write_table(folder / SEEDS, seed_table(curves, cell.experiment.selection))
    if curves.rows is not None:
        write_rows(folder / ROWS, curves.rows)
    write_networks(folder / NETWORKS, cell.experiment, curves)
    text = yaml.dump(dict(config), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    (folder / CONFIG).write_text(text, encoding="utf-8")


def write_networks(folder: Path, experiment: AnyExperiment, curves: Curves) -> None:
    """Saves the kept networks, each as an MLflow model."""
    if not curves.weights or not isinstance(experiment, Experiment):
        return
    folder.mkdir()
    steps = np.array(curves.steps)[experiment.selection(curves.metrics)]
    for seed, step in zip(curves.seeds, steps.tolist(), strict=True):
        if seed in curves.weights:
            network = network_of(experiment, seed, curves.weights[seed], step)
            write_model(network, folder / str(seed), experiment.dataset.x[:3])


def write_table(file: Path, table: Any) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = pa.table({name: values.to_numpy() for name, values in table.items()})  # in a third of pandas' time
    parquet.write_table(columns, file, write_statistics=False)
