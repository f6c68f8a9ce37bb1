"""Does the time per replica grow with their number? Stacks are cut to fit, so it should not; nor should memory."""

import time

import psutil
from rich.console import Console
from rich.table import Table

from backprop.penalties import L2
from backprop.training import Recipe
from experiments.data.datasets import digits
from experiments.data.splits import Holdout
from experiments.study.evaluate_at import Geometric
from experiments.study.experiment import Experiment
from experiments.training.evaluation import finished_cells
from experiments.training.tasks import tasks
from experiments.training.workers import Workers, attempts

SIZES = (64, 256, 1024, 4096)
EPOCHS = 100  # of five steps


def sweep_of(replicas: int) -> list[Experiment]:
    """Cells of 16 seeds that differ in the strength of L2, on 150 digits."""
    return [
        Experiment(
            digits(),
            Recipe(penalty=L2(1e-4 * (1 + cell)), epochs=EPOCHS),
            split=Holdout(150, 150, 750),
            evaluate_at=Geometric(3),
            seeds=16,
        )
        for cell in range(replicas // 16)
    ]


def growth(console: Console) -> None:
    """Prints the time per replica and step, and the most memory of all processes together, for every size of sweep."""
    train(sweep_of(64))  # starts the workers and compiles
    table = Table(title="Growth: digits 64-128-10, batch 32, 16 seeds a cell", title_justify="left")
    for column in ("replicas", "stacks", "µs per replica and step", "beside 64", "most memory, MiB"):
        table.add_column(column, justify="right")
    first = None
    for replicas in SIZES:
        cells = sweep_of(replicas)
        rounds = max(1, 1024 // replicas)  # short sweeps are repeated
        start = time.perf_counter()
        for _ in range(rounds):
            stacks, memory = train(cells)
        steps = EPOCHS * 5 * replicas * rounds
        microseconds = (time.perf_counter() - start) / steps * 1e6
        first = first or microseconds
        table.add_row(
            f"{replicas:,}", f"{stacks:,}", f"{microseconds:.1f}", f"{microseconds / first:.2f} ×", f"{memory:,.0f}"
        )
    console.print(table)


def train(cells: list[Experiment]) -> tuple[int, float]:
    """How many stacks, and the most memory seen while they trained, in MiB; the curves are dropped as they come."""
    plan = tasks(cells)
    most = 0.0
    for _ in finished_cells(attempts(plan, Workers()), plan, cells):
        most = max(most, memory())
    return len(plan), most


def memory() -> float:
    """What this process and its workers hold themselves, in MiB."""
    this = psutil.Process()
    return sum(process.memory_info().rss for process in (this, *this.children(recursive=True))) / 2**20
