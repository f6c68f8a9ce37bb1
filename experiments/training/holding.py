"""Gather what is kept of networks beside their curves: errors of rows, outputs, weights.

Which step a selection rule takes is known only at the end; until then, what it would take so far is kept.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.metrics import Performance
from backprop.sets import Scale
from experiments.data.splits import Parts
from experiments.study.rows import Rows, empty, put
from experiments.study.selection import AT_ONCE, Selection, rules_for
from experiments.training.tasks import Task
from reports.schema import OWN, SELECTED

Metrics = dict[str, Float[Array, "T R"]]


class Held:
    """One array per replica: the one at the evaluation that a selection rule takes.

    The rules of AT_ONCE never return to an evaluation that they have passed over, so for them one array per replica, at
    the evaluation taken so far, is enough; for any other rule the arrays of all evaluations are held.
    """

    def __init__(self, rule: Selection, replicas: slice, changing: bool = False):
        self.rule, self.replicas = rule, replicas
        self.changing = changing  # whether training changes the offered arrays later: they are copied
        self.arrays: dict[int, dict[int, Array]] = {r: {} for r in range(replicas.start, replicas.stop)}

    def offer(self, curves: Metrics, arrays: Sequence[Array | None]) -> None:
        """Take in the arrays of all replicas at the last evaluation of these curves; None where one is not wanted."""
        now = len(next(iter(curves.values()))) - 1
        at_once = type(self.rule) in AT_ONCE
        for r in self.taking(curves, now) if at_once else self.arrays:
            array = arrays[r]
            if array is not None:
                self.arrays[r] = ({} if at_once else self.arrays[r]) | {now: array.copy() if self.changing else array}

    def taking(self, curves: Metrics, now: int) -> list[int]:
        """The replicas for which the rule takes the latest evaluation."""
        return (np.flatnonzero(self.takes(curves) == now) + self.replicas.start).tolist()

    def taken(self, curves: Metrics) -> dict[int, Array]:
        """By replica, the array at the evaluation that the rule takes in the end."""
        takes = dict(enumerate(self.takes(curves).tolist(), self.replicas.start))
        return {r: arrays[takes[r]] for r, arrays in self.arrays.items() if arrays}

    def takes(self, curves: Metrics) -> Int[Array, " R"]:
        return self.rule({name: curve[:, self.replicas] for name, curve in curves.items()})


class Gathered:
    """The errors of rows of a stack's networks, and their outputs and weights where these are asked for."""

    def __init__(self, task: Task):
        self.task, S = task, len(task.seeds)
        self.cells = [slice(c * S, (c + 1) * S) for c in range(len(task.cells))]
        self.parts = [division.rows for division in task.divisions] * len(task.cells)
        self.steps = {step: place for place, step in enumerate(evaluations_kept(task))}
        names = [
            (*(str(task.steps[t]) for t in self.steps), *rules_of(selection, task.parts)[0])
            for selection in task.selections
        ]
        self.at = [at for at in names for _ in task.seeds]
        kind = task.recipes[0].loss.task
        rows = [len(parts.validation) + len(parts.test) for parts in self.parts]
        self.errors = [empty(count, len(at), kind) for count, at in zip(rows, self.at, strict=True)]
        self.scales = [division.error_scale for division in task.divisions] * len(task.cells)
        self.by_rule, self.outputs = held_by_rule(task, self.cells), held_by_rule(task, self.cells)
        self.parameters = [
            Held(selection, cell, changing=True) for selection, cell in zip(task.selections, self.cells, strict=True)
        ]

    def take(self, curves: Metrics, measured: Performance, parameters: Float[Array, "R 1 P"]) -> None:
        """Take in what was measured at the last evaluation of these curves."""
        now, keep = len(next(iter(curves.values()))) - 1, self.task.keep
        if now in self.steps:
            for r, errors in enumerate(measured.errors):
                put(self.errors[r], self.steps[now], errors, self.scales[r])
        for held in distinct(self.by_rule):
            held.offer(curves, measured.errors)
        for held in distinct(self.outputs) if keep.outputs else []:
            held.offer(curves, measured.outputs)
        wanted = [keep.weights_of(seed) for seed in self.task.seeds] * len(self.cells)
        for held in self.parameters if any(wanted) else []:
            held.offer(
                curves, [weights if is_kept else None for weights, is_kept in zip(parameters, wanted, strict=True)]
            )

    def finish(self, curves: Metrics) -> None:
        """Add the errors at the steps that the rules take, once training has ended."""
        taken = {id(held): held.taken(curves) for held in distinct(self.by_rule)}
        for cell, by_rule in zip(self.cells, self.by_rule, strict=True):
            for name, held in by_rule.items():
                for r in range(cell.start, cell.stop):
                    put(self.errors[r], self.at[r].index(name), taken[id(held)][r], self.scales[r])

    def rows(self, curves: Metrics, cell: int) -> Rows | None:
        """The rows of one cell, each part of each seed in the order of row numbers; None where none is held out. Call `finish` first."""
        if self.task.parts == ("train",):
            return None
        replicas = self.cells[cell]
        parts, S = self.parts[replicas], range(replicas.start, replicas.stop)
        orders = [in_order(rows) for rows in parts]
        numbers = [
            np.concatenate([rows.validation, rows.test])[order] for rows, order in zip(parts, orders, strict=True)
        ]
        outputs = self.outputs[cell] if self.task.keep.outputs else {}
        return Rows(
            seed=np.repeat(np.array(self.task.seeds, np.uint32), [len(order) for order in orders]),
            part=np.repeat(np.array([0, 1] * len(parts), np.int8), [len(part) for rows in parts for part in rows[1:]]),
            row=np.concatenate(numbers).astype(np.uint32),
            at=self.at[replicas.start],
            own=rules_of(self.task.selections[cell], self.task.parts)[1],
            errors=np.concatenate([self.errors[r][order] for r, order in zip(S, orders, strict=True)]),
            outputs={
                name: self.in_users_units([held.taken(curves)[r] for r in S], orders) for name, held in outputs.items()
            },
        )

    def in_users_units(self, outputs: Sequence[Array], orders: Sequence[Int[Array, " n"]]) -> Float[Array, "N O"]:
        """The outputs of a cell's networks in the user's units, in the order of the rows."""
        scales = [division.targets or Scale(np.zeros(1), np.ones(1)) for division in self.task.divisions]
        networks = zip(outputs, scales, orders, strict=True)
        return np.concatenate([(z * by.scale + by.mean)[order] for z, by, order in networks]).astype("f4")

    def weights(self, curves: Metrics, cell: int) -> dict[int, Float[Array, " P"]]:
        """The parameters of one cell's networks, for the seeds whose weights are kept."""
        first = self.cells[cell].start
        return {self.task.seeds[r - first]: values[0] for r, values in self.parameters[cell].taken(curves).items()}


def held_by_rule(task: Task, cells: Sequence[slice]) -> list[dict[str, Held]]:
    """For each cell, a `Held` for each of its rules; the rules that all cells have share one over all replicas."""
    everything = slice(0, cells[-1].stop)
    of_all = {SELECTED + name: Held(rule, everything) for name, rule in rules_for(task.parts).items()}
    held = []
    for selection, cell in zip(task.selections, cells, strict=True):
        rules, _ = rules_of(selection, task.parts)
        held.append({name: of_all.get(name) or Held(rule, cell) for name, rule in rules.items()})
    return held


def distinct(by_rule: Sequence[dict[str, Held]]) -> list[Held]:
    return list({id(held): held for of_cell in by_rule for held in of_cell.values()}.values())


def evaluations_kept(task: Task) -> list[int]:
    """The evaluations at which errors of rows are kept, besides those that the rules take."""
    count, keep = len(task.steps), task.keep
    if task.recipes[0].loss.task != "classification" and not keep.rows:
        return []
    most = count if keep.rows or keep.evaluations is None else keep.evaluations
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()


def in_order(rows: Parts) -> Int[Array, " n"]:
    """The order that sorts the validation rows by number, and after them the test rows."""
    return np.concatenate([np.argsort(rows.validation), len(rows.validation) + np.argsort(rows.test)])


def rules_of(selection: Selection, parts: Collection[str]) -> tuple[dict[str, Selection], str]:
    """The selection rules by their column in the table of seeds, and the column of the experiment's own rule."""
    rules = {SELECTED + name: rule for name, rule in rules_for(parts).items()}
    same = [name for name, rule in rules.items() if are_alike(selection, rule)]
    return (rules, same[0]) if same else (rules | {OWN: selection}, OWN)


def are_alike(one: Selection, other: Selection) -> bool:
    return type(one) is type(other) and all(getattr(one, f.name) == getattr(other, f.name) for f in fields(one))  # type: ignore[arg-type]
