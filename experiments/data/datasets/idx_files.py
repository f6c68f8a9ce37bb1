"""The IDX files of a folder, by the names that MNIST and its relatives have: train-images…, train-labels…, t10k-images…."""

import re
from pathlib import Path
from typing import NamedTuple

from experiments.data.datasets.files import listed

NAMES = {
    "images": r"train[-_.]images",
    "labels": r"train[-_.]labels",
    "test_images": r"(t10k|test)[-_.]images",
    "test_labels": r"(t10k|test)[-_.]labels",
}


class IdxFiles(NamedTuple):
    images: str
    labels: str
    test_images: str | None
    test_labels: str | None


def idx_files(folder: str | None, **named: str | None) -> IdxFiles:
    """The files that are named, and for the others those of the folder. Raises ValueError where images or labels are neither."""
    there = {} if folder is None else files_in(folder)
    found = {role: path if path is not None else there.get(role) for role, path in named.items()}
    for role in ("images", "labels"):
        if found[role] is None:
            where = f"{folder} has no file named as train-{role}-idx…" if folder else "dataset.folder is null too"
            raise ValueError(
                f"dataset.{role} is null, and {where}: give dataset.folder=FOLDER with files such as "
                f"train-{role}-idx{3 if role == 'images' else 1}-ubyte.gz, or dataset.{role}=FILE."
            )
    if (found["test_images"] is None) != (found["test_labels"] is None):
        raise ValueError("dataset.test_images and dataset.test_labels go together: give both, or neither.")
    return IdxFiles(**found)  # type: ignore[arg-type]


def files_in(folder: str) -> dict[str, str]:
    """The files of each role in a folder. Raises ValueError for a folder that is none, or two files of one role."""
    if not isinstance(folder, str) or not Path(folder).is_dir():
        raise ValueError(
            f"dataset.folder is {folder!r}; it must be a folder with IDX files (looked for from {Path.cwd()})."
        )
    found = {}
    for role, pattern in NAMES.items():
        names = [path for path in sorted(Path(folder).iterdir()) if re.search(rf"(^|[-_.]){pattern}", path.name)]
        unpacked = [path for path in names if path.with_suffix("") not in names or path.suffix != ".gz"]
        if len(unpacked) > 1:
            several = listed([path.name for path in unpacked])
            raise ValueError(f"{folder} has several files of {role}: {several}; say which: dataset.{role}=FILE.")
        if unpacked:
            found[role] = str(unpacked[0])
    return found
