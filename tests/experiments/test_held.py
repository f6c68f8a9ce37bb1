"""Data are held once: what seeds, tasks and workers have of them are row numbers."""

import io
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from backprop.training import Recipe
from experiments.data import division as dividing
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import Dataset, digits, one_hot, shared
from experiments.data.datasets.files import as_dataset
from experiments.data.division import divide
from experiments.data.scaling import Scaling, column_scale
from experiments.data.splits import Holdout
from experiments.study.experiment import Experiment
from experiments.training.tasks import tasks

DRAW = np.random.default_rng(0)


def pictures(rows=300, columns=784, dtype=np.uint8):
    """Made-up pictures in four classes."""
    return Dataset(
        "pictures",
        DRAW.integers(0, 256, (rows, columns)).astype(dtype),
        one_hot(np.arange(rows) % 4),
        "classification",
        "",
    )


@pytest.mark.parametrize("corruption", [None, LabelNoise(0.5)], ids=["clean", "corrupted"])
def test_a_division_holds_no_copy_of_features_or_targets(corruption):
    data = pictures()
    first, second = (divide(data, Holdout(), corruption, Scaling(), seed, "float32") for seed in (0, 1))
    assert first.x is second.x is data.x
    assert first.y is second.y
    own = [array for field in first if isinstance(field, tuple) for array in field if isinstance(array, np.ndarray)]
    assert sum(array.nbytes for array in own) < data.x.nbytes / 20
    assert not any(np.shares_memory(array, data.x) for array in own)


def test_a_task_pickles_small_beside_the_features_that_it_points_to():
    data = pictures()
    (task,) = tasks([Experiment(data, Recipe(epochs=1), seeds=10)], replicas=10)
    file = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            return "features" if thing is data.x else None

    Pickler(file).dump(task)
    assert len(file.getvalue()) < data.x.nbytes / 4  # ten divisions: rows, means and scales


def test_corrupted_targets_are_seen_where_they_are_and_only_there():
    data = digits()
    clean, noisy, other = (
        divide(data, Holdout(), c, Scaling(), seed, "float64")
        for c, seed in ((None, 0), (LabelNoise(0.5), 0), (LabelNoise(0.5), 1))
    )
    changed = (clean.part("train").y != noisy.part("train").y).any(axis=1)
    assert changed.mean() == noisy.corrupted == pytest.approx(0.45, abs=0.05)
    assert (clean.part("test").y == noisy.part("test").y).all()
    both = dividing.seen([noisy, other], [noisy.rows.train, other.rows.train])[1]
    for s, division in enumerate((noisy, other)):
        assert (both.take(np.array([s]), np.arange(both.shape[1])[None])[0] == division.part("train").y).all()


@pytest.mark.parametrize("at_once", [1, 70, 10**6])
def test_scales_taken_a_few_rows_at_a_time_are_scikit_learns(at_once, monkeypatch):
    x = np.hstack([1e4 + DRAW.standard_normal((101, 7)), np.full((101, 1), 0.1)])
    rows = DRAW.permutation(101)[:67]
    monkeypatch.setattr("experiments.data.scaling.SCALED_AT_ONCE", at_once)
    ours, theirs = column_scale(x, rows), StandardScaler().fit(x[rows])
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-9)
    assert ours.scale[-1] == 1  # a constant


@pytest.mark.parametrize(
    ("given", "dtype"),
    [("uint8", "float32"), (">f4", "float32"), ("int64", "float64"), ("float64", "float64"), ("bool", "float32")],
)
def test_features_are_held_in_float32_where_that_loses_nothing(given, dtype):
    x = (np.arange(12).reshape(6, 2) % 2).astype(given)
    assert Dataset("tiny", x, np.ones((6, 1)), "regression", "").x.dtype == np.dtype(dtype)


def test_files_of_whole_numbers_are_held_in_float32_and_others_in_float64():
    def dtype(x):
        return as_dataset("", "made up", "regression", np.array(x, float), np.arange(2.0), None).x.dtype

    assert dtype([[0.0, 255.0], [1.5, 2.0**24]]) == np.float32
    assert dtype([[0.0, 255.0], [0.1, 2.0**24]]) == np.float64
    assert dtype([[1e300], [0.0]]) == np.float64


def test_the_fingerprint_does_not_depend_on_how_data_are_held(monkeypatch):
    held = [
        Dataset("", np.arange(3000).reshape(300, 10).astype(t), np.ones((300, 1)), "regression", "")
        for t in ("int16", "float32", "float64")
    ]
    monkeypatch.setattr("experiments.data.datasets.dataset.HASHED_AT_ONCE", 70)
    held.append(replace(held[0], x=np.asfortranarray(held[0].x), y=held[0].y.astype("float32")))
    assert len({data.fingerprint for data in held}) == 1
    assert digits().fingerprint == "5270a0f634eddc3c"


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")
def test_large_features_lie_in_memory_that_is_shared_and_freed(monkeypatch):
    monkeypatch.setattr(shared, "LARGE", 1000)
    before = len(os.listdir("/proc/self/fd"))
    data = pictures(dtype=np.float64)
    assert isinstance(data.x.base, np.memmap)
    assert not data.x.flags.writeable
    assert replace(data, y=data.y[:, :2]).x is data.x  # not copied again
    assert len(os.listdir("/proc/self/fd")) > before
    del data
    assert len(os.listdir("/proc/self/fd")) == before


def where(task):
    return [division.x.filename for division in task.divisions]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")
def test_workers_see_the_same_memory(monkeypatch):
    from joblib import Parallel, delayed

    monkeypatch.setattr(shared, "LARGE", 1000)
    (task,) = tasks([Experiment(pictures(), Recipe(epochs=1), seeds=3)], replicas=3)
    (seen,) = Parallel(n_jobs=2)([delayed(where)(task)])
    assert set(seen) == {task.divisions[0].x.base.filename}
    assert seen[0].startswith(f"/proc/{os.getpid()}/fd/")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")
def test_all_processes_together_take_at_most_three_times_the_features_whatever_the_seeds():
    from experiments.benchmark.memory import SIDE, measured

    features = 20_000 * SIDE**2 * 4 / 2**20
    one, eight = (taken.more for _, taken in measured(20_000, (1, 8)))
    assert one < 3 * features
    assert eight < 3 * features
