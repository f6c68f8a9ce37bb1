"""Sweeps made up, without training: records as a sweep writes them, and the same read back as reports read them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from reports.load import Sweep, at_the_selected_step, load_sweep, measured
from reports.schema import CURVES, DIVERGED, FORMAT, OF_BINS, OWN, PARTS, RULES, SEEDS, SELECTED, SWEEP

LAST = (
    *("weights/distance", "weights/spectral_norm", "gradient/norm", "gradient/noise", "margin/10", "margin/50"),
    *("test/calibration_error", "test/calibration_floor", "test/overconfidence", "test/squared_calibration_error"),
)
ONCE = (
    *LAST,
    *OF_BINS,
    "labels/",
    "validation/best_step",
    "validation/rise",
    "threshold",
)  # measured once, by their beginnings
BINS = np.linspace(-5, 5, 32)[:-1]


def curves_of(draw: np.random.Generator, seeds: int, evaluations: int, task: str, diverged: Sequence[int] = ()) -> Any:
    """One trained cell's table, a row for every seed and evaluation, with the columns that training records."""
    T, S = evaluations, seeds
    columns: dict[str, Any] = {"seed": np.tile(np.arange(S), T), "step": np.repeat(np.arange(T) * 10, S)}
    columns["epoch"] = columns["step"] / 10
    falling = np.exp(-np.arange(T) / 3)[:, None] + draw.normal(0, 0.01, (T, S))
    for part, level in zip(PARTS, (0.0, 0.1, 0.12), strict=True):
        loss = np.abs(level + falling + draw.normal(0, 0.02, S))
        columns[f"{part}/loss"] = loss.ravel()
        columns[f"{part}/error"] = (np.round(loss / 2, 2).clip(0, 1) if task == "classification" else loss).ravel()
    for quantity in ("loss", "error"):
        columns[f"gap/{quantity}"] = columns[f"test/{quantity}"] - columns[f"train/{quantity}"]
    for name in ("weights/l2", "weights/l1", "weights/zeros", "weights/largest_incoming", "labels/corrupted"):
        columns[name] = draw.random(T * S)
    columns |= {name: np.tile(draw.random(S), T) for name in LAST}
    shares = draw.dirichlet(np.ones(len(BINS)), S)
    columns |= {f"histogram/{low:.2f}": np.tile(shares[:, i], T) for i, low in enumerate(BINS)}
    for b in range(15):
        examples, correct = draw.integers(0, 60, S), draw.random(S)
        sums = {"examples": examples, "correct": np.floor(examples * correct), "confidence": examples * (b + 0.5) / 15}
        columns |= {f"reliability/{what}/{b / 15:.2f}": np.tile(own.astype(float), T) for what, own in sums.items()}
    columns["validation/best_step"], columns["validation/rise"] = np.full(T * S, 10.0), draw.random(T * S)
    table = pd.DataFrame(columns).assign(diverged_at=-1)
    lost = table.seed.isin(diverged) & (table.step > 0)
    table.loc[lost, [name for name in columns if "/" in name]] = np.nan
    table.loc[table.seed.isin(diverged), "diverged_at"] = 5
    taken = {
        "last": np.repeat(np.arange(T) == T - 1, S),
        "best_validation": first_least(table, "validation/loss", T, S),
        "oracle": first_least(table, "test/error", T, S),
    }
    return table.assign(**{f"selected/{rule}": rows for rule, rows in taken.items()}, selected=taken["last"])


def in_two(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One table with a row for every cell, seed and evaluation, in which rules mark rows, as the two that are recorded."""
    labels = [name for name in table if name in ("cell", "arm") or name.startswith("axis/")]
    once = [name for name in table if name.startswith(ONCE)]
    marks = [OWN, *(SELECTED + rule for rule in RULES if SELECTED + rule in table)]
    keys = ["cell", "seed"] if "cell" in table else ["seed"]
    seeds = table[table[OWN]][[*labels, "seed", DIVERGED, *once]]
    for mark in marks:
        seeds = seeds.merge(table[table[mark]][[*keys, "step"]].rename(columns={"step": mark}), on=keys, sort=False)
    return table.drop(columns=[*marks, DIVERGED, *once]), seeds.reset_index(drop=True)


def swept(table: pd.DataFrame, **more: Any) -> Sweep:
    """A sweep of one such table."""
    curves, seeds = in_two(table)
    results, metrics = at_the_selected_step(curves, seeds), measured(curves, seeds)
    return Sweep(results=results, curves=curves, seeds=seeds, metrics=metrics, **more)


def first_least(table: pd.DataFrame, name: str, T: int, S: int) -> Any:
    values = table[name].fillna(np.inf).to_numpy().reshape(T, S)
    return (np.arange(T)[:, None] == values.argmin(axis=0)).ravel()


def calculated(draw: np.random.Generator, seeds: int, evaluations: int) -> pd.DataFrame:
    """What a cell of a theory records: quantities of its own, no errors of training."""
    T, S = evaluations, seeds
    columns = {"seed": np.tile(np.arange(S), T), "step": np.repeat(np.arange(T), S)}
    columns |= {name: draw.normal(size=T * S) for name in ("threshold", "exact/0", "trained/0", "excess_loss")}
    table = pd.DataFrame(columns).assign(epoch=columns["step"].astype(float), diverged_at=-1)
    return table.assign(selected=table.step == T - 1)


class NoRuns(list[Any]):
    """A page of a search that finds none."""

    token = None


class Store:
    """As much of MLflow's client as reading a sweep asks for: one sweep's run, and a run a finished cell, beside a database."""

    def __init__(self, folder: Path, params: Mapping[str, str]):
        self.folder, self.params, self.tracking_uri = folder, dict(params), f"sqlite:///{folder / 'mlflow.db'}"

    def artifacts(self, run_id: str) -> Path:
        return self.folder / "artifacts" / run_id / "artifacts"

    def save(self, record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
        for run_id in ("sweep", *tables):
            self.artifacts(run_id).mkdir(parents=True)
        (self.artifacts("sweep") / SWEEP).write_text(json.dumps({"format": FORMAT, **record}), encoding="utf-8")
        for run_id, table in tables.items():
            for name, part in zip((CURVES, SEEDS), in_two(table), strict=True):
                part.to_parquet(self.artifacts(run_id) / name, index=False)

    def search_experiments(self, *_: Any) -> list[Any]:
        return []

    def search_runs(self, *_: Any, **__: Any) -> Any:
        return NoRuns()

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[Any]:
        return [SimpleNamespace(path=file.name, is_dir=False) for file in self.artifacts(run_id).iterdir()]

    def get_run(self, run_id: str) -> Any:
        info = SimpleNamespace(run_id=run_id, run_name="sweep: made", artifact_uri=str(self.artifacts(run_id)))
        tags = {"command": "python -m experiments.run", "commit": "0000000", "versions": "numpy 2"}
        return SimpleNamespace(info=info, data=SimpleNamespace(params=self.params, tags=tags, metrics={}))


def many(cells: int, seeds: int = 10, evaluations: int = 12, choose: Sequence[str] = (), arms: int = 1) -> Sweep:
    """A sweep of one numeric axis with so many values, in one go; with `arms`, each of them at its share of the values."""
    from reports.schema.names import arm_name

    draw = np.random.default_rng(0)
    values = [f"{value:.6g}" for value in np.geomspace(1e-6, 1, cells // arms)]
    axes = ["regularizer", "penalty.strength"] if arms > 1 else ["penalty.strength"]
    places = [
        {"regularizer": f"r{arm}", "penalty.strength": value} if arms > 1 else {"penalty.strength": value}
        for arm in range(arms)
        for value in values
    ]
    names = [" ".join(f"strength={v}" if "." in a else v for a, v in place.items()) for place in places]
    one = curves_of(draw, seeds, evaluations, "classification")
    curves = pd.concat([one] * len(places), ignore_index=True)
    for column in (name for name in curves if name.endswith(("/error", "/loss"))):
        curves[column] += draw.normal(0, 0.01, len(curves))
    rows = len(one)
    spread = {f"axis/{axis}": [float(p[axis]) if "." in axis else p[axis] for p in places] for axis in axes}
    spread |= {"cell": names, "arm": [arm_name(place, axes, choose) for place in places]}
    curves = curves.assign(**{name: np.repeat(np.array(own, object), rows) for name, own in spread.items()})
    study = {"name": "made", "question": "Is it so?", "baseline": {}, "choose": list(choose), "expect": ""}
    records = [
        {"run_id": f"r{n}", "name": name, "axes": place, "status": "FINISHED", "data": "d", "task": "classification"}
        for n, (name, place) in enumerate(zip(names, places, strict=True))
    ]
    params = {"data.task": "classification", "network.hidden": "[16]", "selection": "last", "data.train": "150"}
    told = {"tags": {}, "params": params | {"data.test": "750"}, "failed": []}
    return swept(curves, name="made now", study=study, axes=axes, cells=records, **told)


def read_back(
    record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], params: Mapping[str, str], folder: Path
) -> Sweep:
    """The record as it comes back from a store."""
    store = Store(folder, params)
    store.save(record, tables)
    client: Any = store
    return load_sweep(client, "sweep")
