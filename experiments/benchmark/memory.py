"""How much memory data take, compared with their features in float32: they are held once, whatever the number of seeds.

python -m experiments.benchmark.memory FOLDER SEEDS tells it for files that are there; every measurement has a process of its own.
"""

import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from backprop.network import MLP
from backprop.training import Recipe
from experiments.data.datasets import idx
from experiments.study.evaluate_at import Geometric
from experiments.study.experiment import Experiment
from experiments.training.evaluation import finished_cells
from experiments.training.tasks import tasks
from experiments.training.workers import Workers, attempts

EXAMPLES, FEW, SIDE, CLASSES = 60_000, 600, 28, 10
SEEDS = (1, 3, 30)
LOOK_EVERY = 0.05  # seconds


class Taken(NamedTuple):
    """The most memory of all processes together, in MiB: at idle, and how much more with the data."""

    idle: float
    more: float


def memory(console: Console) -> None:
    """Prints what a sweep on as many pictures as MNIST's takes, for every number of seeds."""
    features = EXAMPLES * SIDE**2 * 4 / 2**20
    title = (
        f"Memory: {EXAMPLES:,} pictures of {SIDE} × {SIDE} bytes, {features:,.0f} MiB in float32; batch 128, 1 epoch"
    )
    table = Table(title=title, title_justify="left")
    for column in ("seeds", "idle, MiB", "with the data, MiB more", "times the features"):
        table.add_column(column, justify="right")
    for seeds, taken in measured(EXAMPLES, SEEDS):
        table.add_row(f"{seeds}", f"{taken.idle:,.0f}", f"{taken.more:,.0f}", f"{taken.more / features:.2f} ×")
    console.print(table)


def measured(examples: int, seeds: Sequence[int]) -> Iterator[tuple[int, Taken]]:
    """What each number of seeds takes, on made-up files."""
    with TemporaryDirectory() as folder:
        for size, name in ((examples, "all"), (FEW, "few")):
            write(Path(folder) / name, size)
        for number in seeds:
            command = [sys.executable, "-m", "experiments.benchmark.memory", folder, str(number)]
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            yield number, Taken(**json.loads(printed))


def write(folder: Path, examples: int) -> None:
    """Images and labels in MNIST's format."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    for name, shape, values in (("images", (examples, SIDE, SIDE), 256), ("labels", (examples,), CLASSES)):
        header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
        (folder / name).write_bytes(header + draw.integers(0, values, shape, np.uint8).tobytes())


def taken(folder: Path, seeds: int) -> Taken:
    """What reading the files and training on them takes, once the workers run and all is compiled."""
    train(folder / "few", seeds)
    idle = now()
    with watched() as most:
        train(folder / "all", seeds)
    return Taken(idle, max(most) - idle)


def train(folder: Path, seeds: int) -> None:
    cell = Experiment(
        idx(str(folder / "images"), str(folder / "labels")),
        Recipe(network=MLP((256,)), batch_size=128, epochs=1),
        evaluate_at=Geometric(3),
        seeds=seeds,
    )
    plan = tasks([cell])
    for _, curves in finished_cells(attempts(plan, Workers()), plan, [cell]):
        if isinstance(curves, str):
            raise RuntimeError(curves)


@contextmanager
def watched() -> Iterator[list[float]]:
    """The memory of all processes, looked at all the while."""
    seen, ended = [now()], threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY):
            seen.append(now())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def now() -> float:
    """What this process and its workers take together, in MiB; what several see counts once (on Linux)."""
    this, total = psutil.Process(), 0
    for process in (this, *this.children(recursive=True)):
        try:
            memory = process.memory_full_info()
        except psutil.Error:  # it has ended
            continue
        total += getattr(memory, "pss", memory.uss)
    return total / 2**20


if __name__ == "__main__":
    print(json.dumps(taken(Path(sys.argv[1]), int(sys.argv[2]))._asdict()))
