"""python -m experiments.benchmark [--workloads NAME …] [--rounds N] [--json FILE]: training beside its floor and its peers.

With --growth: the time per replica from 64 to 4,096 replicas, and the memory. With --memory: what data take, by the number of
seeds. With --sweep: what composing and recording cost beside training.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments.benchmark import ours, peers
from experiments.benchmark.timing import Times, take_turns
from experiments.benchmark.workloads import WORKLOADS, Workload

OURS, SHARED, FLOOR = "backprop-lab", "backprop-lab, 8 replicas a seed", "products alone (the floor)"


def contest(workload: Workload, rounds: int, tell: Callable[[str], None]) -> dict[str, Times]:
    """Everyone's times on one workload."""
    prepare = {
        OURS: partial(ours.training, workload),
        SHARED: partial(ours.training, workload, shared_seeds=True),
        FLOOR: partial(ours.floor, workload),
    }
    prepare |= {name: partial(peer, workload) for name, peer in peers.installed().items()}
    return take_turns(prepare, rounds, lambda what: tell(f"{workload.name}: {what}"))


def table(workload: Workload, times: dict[str, Times]) -> Table:
    shown = Table(title=workload.title, title_justify="left")
    for column in ("", "µs per replica and step", "our time is", "spread over rounds", "prepared in"):
        shown.add_column(column, justify="left" if not column else "right")
    for name, measured in times.items():
        middle, least, most = times[OURS].ratio(measured) if name in (FLOOR, SHARED) else measured.ratio(times[OURS])
        ratio = {OURS: "", FLOOR: f"{middle:.2f} × this", SHARED: f"{middle:.2f} × this"}.get(
            name, f"1/{middle:.1f} of this"
        )
        spread = "" if name == OURS else f"{least:.2f} – {most:.2f}"
        shown.add_row(name, f"{measured.median:,.2f}", ratio, spread, f"{measured.preparation:.1f} s")
    return shown


def as_json(results: dict[str, dict[str, Times]]) -> dict[str, Any]:
    from experiments.recording.provenance import provenance

    return {
        "versions": provenance()["versions"],
        "microseconds a replica and step": {
            workload: {
                name: {"median": times.median, "rounds": times.rounds, "preparation_s": times.preparation}
                for name, times in contestants.items()
            }
            for workload, contestants in results.items()
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmark", description=__doc__)
    parser.add_argument("--workloads", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE", help="the times of every round")
    parser.add_argument("--growth", action="store_true", help="time and memory from 64 to 4,096 replicas instead")
    parser.add_argument("--memory", action="store_true", help="what MNIST's size takes with 1, 3 and 30 seeds instead")
    parser.add_argument("--sweep", action="store_true", help="what composing and recording 200 cells cost instead")
    wanted = parser.parse_args(arguments)
    console, progress = Console(), Console(stderr=True)
    if wanted.growth:
        from experiments.benchmark.growth import growth

        growth(console)
        return
    if wanted.memory:
        from experiments.benchmark.memory import memory

        memory(console)
        return
    if wanted.sweep:
        from experiments.benchmark.overhead import overhead

        overhead(console)
        return
    results = {}
    for name in wanted.workloads:
        with progress.status(name) as status:
            results[name] = contest(WORKLOADS[name], wanted.rounds, status.update)
        console.print(table(WORKLOADS[name], results[name]))
    if wanted.json:
        wanted.json.write_text(json.dumps(as_json(results), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
