"""The user's own data: small files that the tests write, good ones and every kind of bad one."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.datasets import csv, idx, npz, openml, parquet

draw = np.random.default_rng(0)
N = 200
TABLE = pd.DataFrame(
    {"a": draw.standard_normal(N), "b": draw.integers(0, 9, N), "c": draw.choice(["red", "green", "blue"], N)}
)
TABLE["y"] = TABLE.a * 2 + draw.standard_normal(N)
IMAGES = draw.integers(0, 256, (N, 4, 4), dtype=np.uint8)
LABELS = np.arange(N, dtype=np.uint8) % 3


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_small_files(folder: Path) -> None:
    TABLE.to_csv(folder / "table.csv", index=False)
    TABLE.drop(columns="y").to_parquet(folder / "table.parquet")
    np.savez(folder / "arrays.npz", x=IMAGES, y=LABELS.astype(float))
    (folder / "images.idx").write_bytes(idx_bytes(IMAGES))
    (folder / "labels.idx.gz").write_bytes(gzip.compress(idx_bytes(LABELS)))
    for seed in range(2):
        np.savetxt(folder / f"train_{seed}.txt", np.arange(seed, 178, 2)[:80], fmt="%d")
        np.savetxt(folder / f"test_{seed}.txt", np.arange(1 - seed, 178, 2)[:80], fmt="%d")


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    write_small_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_csv_with_a_categorical_column_is_one_hot_encoded():
    data = csv("table.csv", "y", "regression", categorical=["c"])
    assert data.x.shape == (N, 5)  # a, b and three colours
    assert (data.x[:, 2:].sum(axis=1) == 1).all()
    assert data.x[:, 3].tolist() == (TABLE.c == "green").astype(float).tolist()
    assert data.y[:, 0] == pytest.approx(TABLE.y)


def test_several_targets_a_dropped_column_and_a_test_file(files):
    data = csv("table.csv", ["y", "a"], "regression", drop=["c"], test_path="table.csv")
    assert data.x.shape == (2 * N, 1)
    assert data.y.shape == (2 * N, 2)
    assert data.own_test.tolist() == list(range(N, 2 * N))


def test_parquet_npz_and_idx_plain_and_gzipped():
    assert (
        parquet("table.parquet", "c", "classification").y.sum(axis=0).tolist()
        == TABLE.c.value_counts().sort_index().tolist()
    )
    assert npz("arrays.npz", "regression").x.tolist() == IMAGES.reshape(N, 16).tolist()
    data = idx("images.idx", "labels.idx.gz", "images.idx", "labels.idx.gz")
    assert data.x.shape == (2 * N, 16)
    assert data.y[:N].argmax(axis=1).tolist() == LABELS.tolist()
    assert len(data.own_test) == N


def test_equal_numbers_have_equal_fingerprints_whatever_the_format(files):
    (files / "images.idx.gz").write_bytes(gzip.compress((files / "images.idx").read_bytes()))
    assert idx("images.idx.gz", "labels.idx.gz").fingerprint == idx("images.idx", "labels.idx.gz").fingerprint


CASES = {
    "no file": (lambda: None, lambda: csv("none.csv", "y", "regression"), "there is no file none.csv"),
    "no column": (
        lambda: None,
        lambda: csv("table.csv", "z", "regression", ["c"]),
        r"has no column 'z' \(dataset.target\), only",
    ),
    "no task": (lambda: None, lambda: csv("table.csv", "y", "guessing"), "csv.task is 'guessing'"),
    "words": (
        lambda: None,
        lambda: csv("table.csv", "y", "regression"),
        r"the columns \['c'\] are not numbers; name them in",
    ),
    "an empty cell": (
        lambda: TABLE.assign(b=TABLE.b.where(TABLE.index != 3)).to_csv("table.csv", index=False),
        lambda: csv("table.csv", "y", "regression", ["c"]),
        "has 1 empty cells, the first in column 'b', row 3",
    ),
    "one class": (
        lambda: TABLE.assign(c="red").to_parquet("table.parquet"),
        lambda: parquet("table.parquet", "c", "classification"),
        "all labels are 'red'; classification needs two classes",
    ),
    "not parquet": (
        lambda: Path("table.parquet").write_text("a,b"),
        lambda: parquet("table.parquet", "c", "classification"),
        "table.parquet cannot be read",
    ),
    "no array": (
        lambda: None,
        lambda: npz("arrays.npz", "regression", x="images"),
        r"no array 'images', only \['x', 'y'\]",
    ),
    "a pickle": (
        lambda: np.savez("arrays.npz", x=np.array([{}, {}], dtype=object), y=np.zeros(2)),
        lambda: npz("arrays.npz", "regression"),
        "cannot be read: Object arrays cannot be loaded",
    ),
    "unequal lengths": (
        lambda: np.savez("arrays.npz", x=np.zeros((4, 2)), y=np.zeros(3)),
        lambda: npz("arrays.npz", "regression"),
        "4 rows of features but 3 of targets",
    ),
    "NaN": (
        lambda: np.savez("arrays.npz", x=np.full((4, 2), np.nan), y=np.zeros(4)),
        lambda: npz("arrays.npz", "regression"),
        "NaN or infinite",
    ),
    "truncated IDX": (
        lambda: Path("images.idx").write_bytes(idx_bytes(IMAGES)[:-5]),
        lambda: idx("images.idx", "labels.idx.gz"),
        "truncated or damaged: its header promises 3216 bytes, it has 3211",
    ),
    "not IDX": (
        lambda: Path("images.idx").write_bytes(b"GIF89a"),
        lambda: idx("images.idx", "labels.idx.gz"),
        "is not an IDX file: it begins with 47 49 46 38",
    ),
    "truncated gzip": (
        lambda: Path("labels.idx.gz").write_bytes(gzip.compress(idx_bytes(LABELS))[:20]),
        lambda: idx("images.idx", "labels.idx.gz"),
        "labels.idx.gz cannot be read",
    ),
}


@pytest.mark.parametrize(("spoil", "read", "message"), CASES.values(), ids=CASES)
def test_a_malformed_file_gets_one_message_that_names_it(spoil, read, message):
    spoil()
    with pytest.raises(ValueError, match=message):
        read()


def test_openml_without_the_internet_says_so(monkeypatch):
    def refused(*arguments, **settings):
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", refused)
    with pytest.raises(
        ValueError, match=r"'no-such-set' \(version 1\), which cannot be had: no network.*It needs the internet once"
    ):
        openml("no-such-set")


def test_openml_reads_a_table_of_numbers_and_words(monkeypatch):
    """The loader behind the download: what scikit-learn's fetch_openml hands over, made here."""
    from sklearn.utils import Bunch

    made = Bunch(data=TABLE[["a", "c"]], target=TABLE.c)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *arguments, **settings: made)
    assert openml("made").x.shape == (N, 4)
