"""The user's own data: small files that the tests write, good ones and every kind of bad one."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.data.datasets import csv, idx, npz, openml, parquet

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
    (folder / "mnist").mkdir(exist_ok=True)
    for part, rows in (("train", slice(0, 150)), ("t10k", slice(150, N))):
        images = gzip.compress(idx_bytes(IMAGES[rows]))
        (folder / f"mnist/{part}-images-idx3-ubyte.gz").write_bytes(images)
        (folder / f"mnist/{part}-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS[rows]))
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
    TABLE[["y", "c", "b", "a"]].to_csv("other.csv", index=False)  # columns go by name, not by place
    data = csv("table.csv", ["y", "a"], "regression", drop=["c"], test_path="other.csv")
    assert data.x[:, 0].tolist() == TABLE.b.tolist() * 2
    assert data.x.shape == (2 * N, 1)
    assert data.y.shape == (2 * N, 2)
    assert data.own_test.tolist() == list(range(N, 2 * N))


def test_parquet_npz_and_idx_plain_and_gzipped():
    assert (
        parquet("table.parquet", "c", "classification").y.sum(axis=0).tolist()
        == TABLE.c.value_counts().sort_index().tolist()
    )
    assert npz("arrays.npz", "regression").x.tolist() == IMAGES.reshape(N, 16).tolist()
    Path("test.idx.gz").write_bytes(gzip.compress(idx_bytes(IMAGES)))
    data = idx("images.idx", "labels.idx.gz", "test.idx.gz", "labels.idx.gz")
    assert data.x.shape == (2 * N, 16)
    assert data.y[:N].argmax(axis=1).tolist() == LABELS.tolist()
    assert len(data.own_test) == N


def test_a_folder_of_idx_files_needs_no_names_and_each_can_be_named():
    data = idx(folder="mnist")
    assert data.own_test.tolist() == list(range(150, N))
    assert data.x.tolist() == IMAGES.reshape(N, 16).tolist()
    assert data.y.argmax(axis=1).tolist() == LABELS.tolist()
    other = idx(folder="mnist", test_images="images.idx", test_labels="labels.idx.gz")
    assert len(other.own_test) == N
    Path("mnist/train-images-idx3-ubyte").write_bytes(idx_bytes(IMAGES[:150]))  # gzip -dk leaves both
    assert idx(folder="mnist").fingerprint == data.fingerprint


def test_a_folder_whose_idx_files_are_not_clear_says_which_key_is():
    (Path("mnist") / "emnist-letters-train-images-idx3-ubyte").write_bytes(b"")
    for settings, message in (
        ({"folder": "mnist"}, r"mnist has several files of images: \[.*\]; say which: dataset.images=FILE"),
        ({"folder": "nowhere"}, "dataset.folder is 'nowhere'; it must be a folder with IDX files"),
        ({"folder": "."}, r"dataset.images is null, and . has no file named as train-images-idx"),
        ({}, r"dataset.images is null, and dataset.folder is null too: give dataset.folder=FOLDER"),
        ({"images": "images.idx"}, "dataset.labels is null"),
        ({"images": "images.idx", "labels": "labels.idx.gz", "test_images": "a"}, "go together: give both, or neither"),
    ):
        with pytest.raises(ValueError, match=message):
            idx(**settings)


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
        "table.parquet cannot be read: it is not Parquet, or damaged .*; for a text table use dataset=csv",
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
        "truncated or damaged: its header promises 3216 bytes, but it has 3211",
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


def written(text: str, name: str = "t.csv") -> str:
    Path(name).write_text(text)
    return name


GOOD = "a,b,y\n" + "".join(f"{i}.5,{i % 3},{2 * i}\n" for i in range(9))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"target": None}, r"dataset.target names no column; it must be one of t.csv: \['a', 'b', 'y'\]"),
        ({"target": []}, "dataset.target names no column"),
        ({"target": {"y": 1}}, "dataset.target is .*; it must be a column's name, or a list of them"),
        ({"target": 1.5}, "dataset.target is 1.5; it must be a column's name"),
        ({"target": ["y", "y"]}, "dataset.target names 'y' twice; name each column once"),
        ({"categorical": ["b", "b"]}, "dataset.categorical names 'b' twice"),
        ({"drop": ["b", "b"]}, "dataset.drop names 'b' twice"),
        ({"drop": "y"}, r"dataset.target and dataset.drop both name \['y'\]; take it out of dataset.drop"),
        ({"categorical": ["y"]}, "dataset.target and dataset.categorical both name .* labels need no encoding"),
        ({"categorical": ["b"], "drop": ["b"]}, "dataset.categorical and dataset.drop both name"),
        (
            {"categorical": ["a"]},
            "the categorical column 'a' has 9 values in 9 rows; .* Leave it out with dataset.drop",
        ),
        ({"drop": ["a", "b"]}, "leaves 9 rows, 0 features and 1 targets"),
        ({"task": "classification"}, "its 9 labels have 9 different values; .* use dataset.task=regression"),
        ({"task": "classification", "target": "a"}, "its labels are values such as 0.5, not classes"),
        (
            {"separator": ";"},
            r"""one column, 'a,b,y', with dataset.separator ';'; it looks like dataset.separator='","'""",
        ),
        ({"separator": "||"}, r"dataset.separator is '\|\|'; it must be one character"),
        ({"separator": ""}, "dataset.separator is ''; it must be one character"),
        ({"test_path": "t.csv"}, "dataset.test_path is t.csv, the file of the training rows"),
        ({"path": "."}, ". is a folder; the path of a data file must name a file in it"),
    ],
)
def test_columns_that_are_named_wrongly_are_refused(columns, message):
    """Each was taken in silence, or ended in a traceback: a copy of the target among the features, rows one-hot by name."""
    with pytest.raises(ValueError, match=message):
        csv(**{"path": written(GOOD), "target": "y", "task": "regression", **columns})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty; its first row must name the columns"),
        ("\n\n", "it is empty; its first row must name the columns"),
        ("a,b,y\n", "t.csv has a header but no rows"),
        ("a,y,y\n1,2,2\n3,4,4\n", "2 of its columns are called 'y'; each must have its own name"),
        ("a,a,y\n1,2,2\n3,4,4\n", "2 of its columns are called 'a'"),
        ("0.1,7,0.1\n1,2,3\n", "called '0.1'.*write a row of names above it"),
        ("0.1,0.2,7\n1,2,3\n", r"its first row is \['0.1', '0.2', '7'\]; it must name the columns"),
        ("a,b,y\n1,2,3,4\n5,6,7,8\n", "line 2 has 4 fields, but the header has 3"),  # pandas makes the first an index
        ("a,b,y\n1,2,3\n5,6,7,8\n", "line 3 has 4 fields, but the header has 3"),
        ("a,b,y\n1,2,3\n4,5\n5,6,8\n", "line 3 has 2 fields, but the header has 3"),
        (",b,y\n0,2,3\n1,3,4\n", r"""a column without a name.*dataset.drop=\["Unnamed: 0"\]"""),
        ('a,y\n"1,000.5",3\n2,4\n', "Row 0 .from 0. of 'a' has '1,000.5': write it without commas, as 1000.5"),
        ('a,y\n1,3\n"2,5",4\n', "Row 1 .from 0. of 'a' has '2,5': write it with a point, as 2.5"),
        ("a,y\n1,3\n?,4\n", "the columns .'a'. are not numbers; name them in .* Row 1 .from 0. of 'a' has '\\?'"),
        ("a,y\n1,3\n2,many\n", "the target 'y' is not numbers; for classes use dataset.task=classification"),
        ("a,y\n1,3\n-inf,4\n", "NaN or infinite values, the first in column 'a', row 1"),
        (
            "a,y\n1,3\n1,1e999\n",
            "infinite values, the first in column 'y', row 1|Row 1 .* has '1e999'",
        ),  # pandas 3; 2: a word
        ("a,y\n1,3\nNA,4\n", "has 1 empty cells, the first in column 'a', row 1 .* words such as NA"),
        ("a,y\n1,True\n2,False\n", "its targets are true and false, which are classes"),
        ("a,y\n1,5\n2,5\n", "its targets are .5.0. in all rows; a regression needs targets that vary"),
        (f"a,y\n{10**25},1\n2,3\n", "numbers of more than 64 bits; save them as floats"),
    ],
)
def test_a_text_that_is_no_table_says_where_and_what_to_do(text, message):
    with pytest.raises(ValueError, match=message):
        csv(written(text), "y", "regression")


@pytest.mark.parametrize(
    "text",
    [
        '"a","b","y"\n"1.5","2","3"\n"4","5","6"\n',  # quoted numbers
        "\ufeffa,b,y\n1.5,2,3\n4,5,6\n",  # a byte order mark, as spreadsheets write it
        "a, b, y\n1.5, 2, 3\n4, 5, 6\n",  # spaces after the commas
        "a,b,y\n1.5,2,3,\n4,5,6,\n",  # a comma at the end of each line
        "a,b,y\r\n1.5,2,3\r\n\r\n4,5,6\r\n",  # another system's lines, one of them empty
        "y,b,a\n3,2,1.5\n6,5,4\n",
    ],
)
def test_tables_as_other_programs_write_them_are_the_same_table(text):
    data = csv(written(text), "y", "regression")
    assert sorted(data.x[0].tolist()) == [1.5, 2.0]
    assert data.y[:, 0].tolist() == [3.0, 6.0]


@pytest.mark.parametrize("separator", [";", "\t", "\\t", "|"])
def test_other_separators_are_read(separator):
    sign = separator.replace("\\t", "\t")
    assert csv(written(GOOD.replace(",", sign)), "y", "regression", separator=separator).x.shape == (9, 2)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("c,y\nred,1\n", "u.csv lacks .'a'.; a test table must have the same columns as the training table"),
        ("a,c,d,y\n1,red,1,1\n", "t.csv lacks .'d'."),
        ("a,c,y\n1,pink,yes\n", "u.csv: the column 'c' has values that no row of t.csv has: .'pink'."),
        ("a,c,y\n1,red,perhaps\n", "the test rows have classes that no training row has: .'perhaps'."),
        ("a,c,y\nx,red,yes\n", "u.csv: the columns .'a'. are not numbers"),
        ("a,c,y\n1,,yes\n", "u.csv has 1 empty cells, the first in column 'c', row 0"),
        ("a,c,y\n", "u.csv has a header but no rows"),
    ],
)
def test_a_test_table_is_like_the_training_table(test, message):
    train = "a,c,y\n" + "".join(f"{i},{'red' if i % 2 else 'blue'},{'yes' if i % 3 else 'no'}\n" for i in range(9))
    with pytest.raises(ValueError, match=message):
        csv(written(train), "y", "classification", ["c"], test_path=written(test, "u.csv"))


X, Y = np.arange(20.0).reshape(10, 2), np.arange(10.0)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X + 1j, Y, "its features are complex numbers, of which only the real part would count"),
        (X, Y + 1j, "its targets are complex numbers"),
        (X.astype("datetime64[s]"), Y, "its features are dates"),
        (X, Y.astype("timedelta64[s]"), "its targets are durations"),
        (X.astype(str), Y, "its features are text"),
        (X, Y.astype("S"), "its targets are bytes"),
        (np.zeros(10, [("a", float), ("b", float)]), Y, "its features are records of several fields"),
        (X, Y > 3, "its targets are true and false, which are classes"),
        (np.array(3.0), Y, r"array 'x' has shape \(\); its first dimension must be the rows"),
        (X, np.array(3.0), r"array 'y' has shape \(\)"),
        (X[:0], Y[:0], r"array 'x' has shape \(0, 2\)"),
        (X[:, :0], Y, "leaves 10 rows, 0 features and 1 targets"),
        (X, np.zeros((10, 2, 2)), r"its targets have shape \(10, 2, 2\)"),
    ],
    ids=str,
)
def test_arrays_that_are_no_numbers_are_refused(x, y, message):
    np.savez("a.npz", x=x, y=y)
    with pytest.raises(ValueError, match=message):
        npz("a.npz", "regression")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.where(Y > 3, np.nan, 1), "its labels hold NaN or infinite values"),
        (np.where(Y > 3, np.inf, 1), "its labels hold NaN or infinite values"),
        (Y + 0.5, "its labels are values such as 0.5, not classes; use dataset.task=regression"),
        (Y, "its 10 labels have 10 different values; there must be at most half as many as rows"),
        (Y[::-1].astype(str), "its 10 labels have 10 different values"),
        ((Y > 3) + 1j, "its labels are complex numbers"),
        ((Y > 3).astype("datetime64[s]"), "its labels are dates"),
        (np.eye(2)[[0, 1] * 5], r"one label a row .of one-hot rows, save the column numbers: y.argmax\(axis=1\)"),
    ],
    ids=str,
)
def test_labels_that_are_no_classes_are_refused(labels, message):
    np.savez("a.npz", x=X, y=labels)
    with pytest.raises(ValueError, match=message):
        npz("a.npz", "classification")


def test_arrays_for_testing_are_like_those_for_training():
    np.savez("a.npz", x=X, y=Y % 2, narrow=X[:3, :1], u=X[:3], v=np.array([0.0, 1, 2]), words=np.array(list("aba")))
    for own, message in (
        ({"x_test": "narrow", "y_test": "v"}, r"array 'narrow' has rows of shape \(1,\)"),
        ({"x_test": "u", "y_test": "v"}, "the test rows have classes that no training row has: .2.0."),
        ({"x_test": "u", "y_test": "words"}, "they must be alike"),
        ({"x_test": "x", "y_test": "v"}, "each must name an array of its own"),
    ):
        with pytest.raises(ValueError, match=message):
            npz("a.npz", "classification", **own)


def header(*sizes: int, kind: int = 8) -> bytes:
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an IDX file: it begins with nothing"),
        (header() + b"\5", "its header says 0 dimensions; there must be 1 to 8, rows first"),
        (header(*[1] * 9) + b"\5", "its header says 9 dimensions"),
        (header(4, 2, 2)[:9], "its header says 3 dimensions, but ends before their sizes"),
        (header(2**31, 2**31, 4) + bytes(16), r"its header promises shape .*bytes; at most 4,294,967,296 are read"),
        (header(2**32 - 4, 2, 2) + bytes(16), "at most 4,294,967,296 are read"),  # −4 to who reads it as signed
        (header(4, 2, 2) + bytes(17), "its header promises 32 bytes, but it has more"),
        (header(0, 2, 2), r"i.idx has shape \(0, 2, 2\); its first dimension must be the rows"),
        (gzip.compress(header(4, 2, 2) + bytes(16), mtime=0)[:-8] + bytes(8), "CRC check failed"),
    ],
)
def test_an_idx_file_that_lies_about_its_size_is_refused(data, message):
    Path("i.idx").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        idx("i.idx", "labels.idx.gz")


def test_a_small_file_that_unpacks_to_a_large_one_is_not_unpacked():
    """64 MB of zeros in 64 kB, behind a header that promises 16 bytes; and an NPZ whose array is larger than is read."""
    Path("bomb.idx.gz").write_bytes(gzip.compress(header(4, 2, 2) + bytes(2**26)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="its header promises 32 bytes, but it has more"):
        idx("bomb.idx.gz", "labels.idx.gz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_an_array_larger_than_is_read_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr("experiments.data.datasets.arrays.LARGEST", 1000)
    with pytest.raises(ValueError, match="its array 'x' takes 3,328 bytes, more than 1,000"):
        npz("arrays.npz", "regression")


def test_parquet_that_pandas_reads_otherwise_than_it_looks():
    frame = TABLE[["a", "y"]]
    frame.set_index("a").to_parquet("p.parquet")
    with pytest.raises(ValueError, match=r"it keeps \['a'\] as the index of its rows; save it after reset_index"):
        parquet("p.parquet", "y", "regression")
    frame.assign(y=pd.Timestamp("2020")).to_parquet("p.parquet")
    with pytest.raises(ValueError, match=r"the target 'y' is not numbers.*has '2020-01-01 00:00:00'"):
        parquet("p.parquet", "y", "regression")
    frame.assign(a=pd.array([1, 2] * (N // 2), dtype="Int64")).to_parquet("p.parquet")
    assert parquet("p.parquet", "y", "regression").x[:2, 0].tolist() == [1, 2]


def test_openml_without_the_internet_says_so(monkeypatch):
    def refused(*arguments, **settings):
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", refused)
    with pytest.raises(
        ValueError,
        match=r"'no-such-set' \(version 1\), which cannot be downloaded: no network.*It needs the internet once",
    ):
        openml("no-such-set")


def test_openml_reads_a_table_of_numbers_and_words(monkeypatch):
    """The loader behind the download: what scikit-learn's fetch_openml hands over, made here."""
    from sklearn.utils import Bunch

    made = Bunch(data=TABLE[["a", "c"]], target=TABLE.c)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *arguments, **settings: made)
    assert openml("made").x.shape == (N, 4)


def test_openml_makes_a_category_of_missing_words_and_fills_numbers(monkeypatch):
    from sklearn.utils import Bunch

    features = TABLE[["a", "c"]].astype({"c": "category"})
    features = features.assign(a=features.a.where(features.index != 3), c=features.c.where(features.index != 5))
    made = Bunch(data=features, target=TABLE.y > 0)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *arguments, **settings: made)
    with pytest.raises(ValueError, match=r"has 2 empty cells, .*'a: 1', 'c: 1'"):
        openml("made")
    data = openml("made", missing="median")
    assert [column.value for column in data.columns] == [None, "blue", "green", "missing", "red"]
    assert np.isnan(data.x).sum() == 1
    assert data.x[5].tolist()[1:] == [0, 0, 1, 0]
