"""Datasets from NPZ and IDX files. Nothing is unpickled, and no file unpacks to more than its header says."""

import gzip
import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from backprop.arrays import Array
from experiments.data.datasets import sizes
from experiments.data.datasets.dataset import Dataset, of_size
from experiments.data.datasets.files import LARGEST, as_dataset, check_task, check_two, opened
from experiments.data.datasets.gaps import Gaps, checked_gaps
from experiments.data.datasets.idx_files import idx_files

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 8


@of_size(sizes.of_npz)
def npz(
    path: str,
    task: str,
    x: str = "x",
    y: str = "y",
    x_test: str | None = None,
    y_test: str | None = None,
    missing: str | None = None,
    indicator: bool = False,
) -> Dataset:
    """Arrays of an NPZ file by name: x (N, …), flattened to (N, D), and y (N,) or (N, K). Pickled objects are refused."""
    check_task("npz", task)
    gaps = checked_gaps(missing, indicator)
    if (x_test is None) != (y_test is None):
        raise ValueError("dataset.x_test and dataset.y_test go together: give both, or neither.")
    names = [x, y] + ([x_test, y_test] if x_test and y_test else [])
    if len(set(names)) < len(names):
        raise ValueError(f"dataset.x, y, x_test and y_test are {names}; each must name an array of its own.")
    arrays = read_npz(path, names)
    return from_arrays(Path(path).stem, path, task, [f"array {name!r}" for name in names], arrays, gaps)


def read_npz(path: str, names: Sequence[str]) -> list[Array]:
    """The arrays of these names. Raises ValueError."""
    with opened(path):
        with ZipFile(path) as archive:
            sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
        if too_large := [name for name in names if sizes.get(name, 0) > LARGEST]:
            raise ValueError(f"its array {too_large[0]!r} takes {sizes[too_large[0]]:,} bytes, more than {LARGEST:,}")
        with np.load(path, allow_pickle=False) as archive:
            arrays: list[Any] = [archive.get(name) for name in names]
    for name, array in zip(names, arrays, strict=True):
        if array is None:
            raise ValueError(f"{path} has no array {name!r}, only {sorted(sizes)}.")
    return arrays


@of_size(sizes.of_idx)
def idx(
    images: str | None = None,
    labels: str | None = None,
    test_images: str | None = None,
    test_labels: str | None = None,
    folder: str | None = None,
) -> Dataset:
    """MNIST's format, plain or gzipped: images (N, rows, columns) flattened to (N, D), labels (N,), each class one-hot.

    Files that are not named are found in the `folder` by their usual names.
    """
    files = idx_files(folder, images=images, labels=labels, test_images=test_images, test_labels=test_labels)
    read = [file for file in files if file is not None]
    arrays = [read_idx(file) for file in read]
    check_two(files.images, files.test_images, "dataset.test_images")
    return from_arrays(Path(files.images).stem.split(".")[0], files.images, "classification", read, arrays)


def from_arrays(
    name: str,
    source: str,
    task: str,
    names: Sequence[str],
    arrays: Sequence[Array],
    gaps: Gaps = Gaps(),  # noqa: B008
) -> Dataset:
    """The dataset of x and y, or of x, y and the data's own test x and y. Raises ValueError where shapes do not fit."""
    for array_name, array in zip(names, arrays, strict=True):
        if not array.ndim or not len(array):
            raise ValueError(f"{source}: {array_name} has shape {array.shape}; its first dimension must be the rows.")
    for x, y in zip(arrays[::2], arrays[1::2], strict=True):
        if len(x) != len(y):
            raise ValueError(f"{source}: {len(x)} rows of features but {len(y)} of targets.")
    for which in (0, 1):
        ours, *tests = arrays[which::2]
        for test in tests:
            if test.shape[1:] != ours.shape[1:] or is_text(test) != is_text(ours):
                raise ValueError(
                    f"{source}: {names[which + 2]} has rows of shape {test.shape[1:]}, {test.dtype}, but {names[which]} of "
                    f"{ours.shape[1:]}, {ours.dtype}; they must be alike."
                )
    x, y = (np.concatenate(parts) if len(parts) > 1 else parts[0] for parts in (arrays[::2], arrays[1::2]))
    own_test = np.arange(len(arrays[0]), len(x)) if len(arrays) > 2 else None
    return as_dataset(name, source, task, x.reshape(len(x), math.prod(x.shape[1:])), y, own_test, gaps=gaps)


def is_text(array: Array) -> bool:
    return array.dtype.kind in "US"


def read_idx(path: str) -> Array:
    """Read an IDX file: two zero bytes, a type, the number of dimensions, their sizes (big-endian), then the data."""
    with opened(path), open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        return unpacked(gzip.open(file) if packed else file)


def unpacked(file: Any) -> Array:
    """The array of an open IDX file; no more is read than its header promises. Raises ValueError."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in IDX_TYPES:
        raise ValueError(f"it is not an IDX file: it begins with {start.hex(' ') or 'nothing'}")
    dtype, dimensions = np.dtype(IDX_TYPES[start[2]]), start[3]
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"its header says {dimensions} dimensions; there must be 1 to {MOST_DIMENSIONS}, rows first")
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise ValueError(
            f"it is truncated or damaged: its header says {dimensions} dimensions, but ends before their sizes"
        )
    shape = struct.unpack(f">{dimensions}I", sizes)
    size, header = math.prod(shape) * dtype.itemsize, 4 + 4 * dimensions
    if size > LARGEST:
        raise ValueError(f"its header promises shape {shape}, {size:,} bytes; at most {LARGEST:,} are read")
    data = file.read(size + 1)
    if len(data) != size:
        has = "more" if len(data) > size else header + len(data)
        raise ValueError(f"it is truncated or damaged: its header promises {header + size} bytes, but it has {has}")
    return np.frombuffer(data, dtype).reshape(shape)
