"""The size of a file's data, from its header or first lines. The rules raise ValueError where these do not tell."""

import gzip
import math
import struct
from pathlib import Path
from zipfile import ZipFile

from experiments.data.datasets.dataset import Size
from experiments.data.datasets.files import opened
from experiments.data.datasets.idx_files import idx_files

CLASSES = 10  # assumed, as the header of a file of labels does not tell
BEGINNING = 2**16  # bytes of a text table that are looked at


def of_csv(path: str, separator: str, test_path: str | None) -> Size:
    """Estimated: all rows are taken to be as long as the first ones."""
    with opened(path), open(path, "rb") as file:
        header, *lines = file.read(BEGINNING).splitlines(keepends=True) or [b""]
    complete = lines[:-1] or lines or [header]  # the last may be cut off
    columns = header.count(separator.encode()) + 1
    bytes_in_all = sum(Path(name).stat().st_size for name in (path, test_path) if name)
    return Size(int(bytes_in_all / (sum(map(len, complete)) / len(complete))), columns, 1)


def of_parquet(path: str, test_path: str | None) -> Size:
    from pyarrow.parquet import read_metadata

    with opened(path):
        tables = [read_metadata(file) for file in (path, test_path) if file]
    return Size(sum(table.num_rows for table in tables), tables[0].num_columns, 1)


def of_npz(path: str, task: str, x: str, y: str, x_test: str | None) -> Size:
    with opened(path), ZipFile(path) as archive:
        shapes = {name: shape_in(archive, name) for name in (x, y, x_test) if name}
    rows = sum(shapes[name][0] for name in (x, x_test) if name)
    return Size(rows, math.prod(shapes[x][1:]), CLASSES if task == "classification" else math.prod(shapes[y][1:]))


def shape_in(archive: ZipFile, name: str) -> tuple[int, ...]:
    """The shape of an array in an NPZ file, from its header."""
    from numpy.lib import format as npy

    with archive.open(f"{name}.npy") as file:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        return read(file)[0]


def of_idx(
    folder: str | None, images: str | None, labels: str | None, test_images: str | None, test_labels: str | None
) -> Size:
    files = idx_files(folder, images=images, labels=labels, test_images=test_images, test_labels=test_labels)
    shapes = [shape_of_idx(file) for file in (files.images, files.test_images) if file]
    return Size(sum(shape[0] for shape in shapes), math.prod(shapes[0][1:]), CLASSES)


def shape_of_idx(path: str) -> tuple[int, ...]:
    with opened(path), open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else open(path, "rb") as file:
        start = file.read(4)
        return struct.unpack(f">{start[3]}I", file.read(4 * start[3]))
