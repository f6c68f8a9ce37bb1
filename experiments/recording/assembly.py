"""Puts a cell's curves together from the seeds that are on disk and those that are recorded."""

from typing import TYPE_CHECKING

from experiments.recording import journal
from experiments.recording.plan import Cell
from experiments.recording.store import store_key
from experiments.study.calculation import AnyExperiment
from experiments.study.curves import Curves, joined
from experiments.study.experiment import Experiment

if TYPE_CHECKING:
    from mlflow import MlflowClient
from experiments.recording.recorded import recorded_curves


def assembled(client: "MlflowClient", cell: Cell) -> tuple[Curves | None, list[int]]:
    """Assembles a cell's curves from seeds on disk or recorded, with what `keep` asks; else None, and the missing seeds."""
    names = cell.seeds_named
    pieces = journal.saved(list(names.values()))
    there = {seed for piece in pieces for seed in piece.seeds}
    runs = journal.recorded([name for seed, name in names.items() if seed not in there], store_key())
    for run_id in sorted(set(runs.values())):
        wanted = [seed for seed, name in names.items() if runs.get(name) == run_id and seed not in there]
        piece = recorded_curves(client, run_id, wanted, cell.keep)
        if piece is not None and (piece.rows is not None or not holds_out(cell.experiment)):
            pieces.append(piece)
            there |= set(piece.seeds)
    missing = [seed for seed in cell.experiment.all_seeds if seed not in there]
    return (None, missing) if missing else (joined(pieces, cell.experiment.all_seeds), [])


def holds_out(experiment: AnyExperiment) -> bool:
    """Whether a network is trained and rows are held out from it, whose errors are recorded."""
    return isinstance(experiment, Experiment) and experiment.parts != ("train",)
