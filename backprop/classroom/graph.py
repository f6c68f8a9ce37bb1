"""An expression as boxes: every node has a value and, after the backward pass, a gradient. For looking and learning.

Each box is one of the very operations that training uses; the backward pass reverses every arrow.

>>> x, W, b, y = (Node(name) for name in ("x", "W", "b", "y"))
>>> z = (x @ W).named("z")
>>> r = ((z + b).named("ŷ") - y).named("r")
>>> graph = Graph(r.squared_norm().named("J"))
>>> graph.forward(x=3, W=2, b=1, y=2)
25.0
>>> graph.backward()
>>> graph.gradient("r"), graph.gradient("W"), graph.gradient("x")  # 2r, 2rx, 2rW
(10.0, 30.0, 20.0)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backprop import operations
from backprop.arrays import Array
from backprop.classroom.drawing import short, svg
from backprop.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError


def loss_box(loss: Any) -> Callable[[Array, Array], Any]:
    """A loss as a box of two inputs, z and y; targets are given, so their gradient is not asked for."""

    def box(z: Array, y: Array) -> Any:
        J, to_z = loss(z, y)
        return J, lambda dJ: (dJ * to_z(), None)

    return box


BOXES: dict[str, Callable[..., Any]] = {
    "matmul": operations.matmul,
    "add": operations.add,
    "subtract": operations.subtract,
    "squared_norm": operations.squared_norm,
    **operations.ACTIVATIONS,
    "squared_error": loss_box(SquaredError()),
    "softmax_cross_entropy": loss_box(SoftmaxCrossEntropy()),
    "binary_cross_entropy": loss_box(BinaryCrossEntropy()),
}


@dataclass(frozen=True, eq=False)
class Node:
    """A named input, or the output of a box. `x @ W + b - y` builds an expression; `named` gives a node its name.

    `function` is the box's value and pullback, where it is none of `BOXES`.
    """

    name: str = ""
    operation: str = "input"
    inputs: tuple["Node", ...] = ()
    function: Callable[..., Any] | None = None

    def __matmul__(self, other: "Node") -> "Node":
        return box("matmul", self, other)

    def __add__(self, other: "Node") -> "Node":
        return box("add", self, other)

    def __sub__(self, other: "Node") -> "Node":
        return box("subtract", self, other)

    def squared_norm(self) -> "Node":
        return box("squared_norm", self)

    def named(self, name: str) -> "Node":
        return replace(self, name=name)


def box(operation: str, *inputs: Node) -> Node:
    """The output of an operation of `BOXES`, by name: `box("relu", z)`, `box("softmax_cross_entropy", z, y)`."""
    if operation not in BOXES:
        raise ValueError(f"there is no operation {operation!r}, only {', '.join(BOXES)}.")
    return Node("", operation, inputs)


class Graph:
    """All nodes below an output, in an order in which inputs come first, with their values and gradients."""

    def __init__(self, output: Node):
        found = below(output, {})
        count = iter(range(1, len(found) + 1))
        self.names = {node: node.name or f"{node.operation} {next(count)}" for node in found}
        if len(set(self.names.values())) < len(found):
            raise ValueError(f"each node needs a name of its own; these are {sorted(self.names.values())}.")
        self.nodes, self.output = found, output
        self.values: dict[str, Array] = {}
        self.gradients: dict[str, Array | None] = {}
        self.pullbacks: dict[str, Callable[..., Any]] = {}

    def forward(self, **inputs: Any) -> Any:
        """Runs every box and gives the output's value. Inputs are numbers, or arrays of rows (instances) and columns."""
        wanted = {self.names[node] for node in self.nodes if node.operation == "input"}
        if set(inputs) != wanted:
            raise ValueError(f"the inputs of this graph are {sorted(wanted)}; given are {sorted(inputs)}.")
        self.values, self.gradients, self.pullbacks = {}, {}, {}
        for node in self.nodes:
            name = self.names[node]
            if node.operation == "input":
                self.values[name] = as_rows(name, inputs[name])
            else:
                function = node.function or BOXES[node.operation]
                self.values[name], self.pullbacks[name] = function(*(self.values[self.names[i]] for i in node.inputs))
        return self.value(self.names[self.output])

    def backward(self) -> None:
        """∂J/∂J = 1, then every box in reverse; where a node feeds several boxes, their gradients add up."""
        if not self.values:
            raise ValueError("run `forward` first: the backward pass uses its values.")
        self.gradients = dict.fromkeys(self.values)
        self.gradients[self.names[self.output]] = np.ones_like(self.values[self.names[self.output]])
        for node in reversed(self.nodes):
            gradient = self.gradients[self.names[node]]
            if node.operation == "input" or gradient is None:
                continue
            parts = self.pullbacks[self.names[node]](gradient)
            for source, part in zip(node.inputs, parts if isinstance(parts, tuple) else (parts,), strict=True):
                before = self.gradients[self.names[source]]
                if part is not None:
                    self.gradients[self.names[source]] = part if before is None else before + part

    def value(self, name: str) -> Any:
        """A node's value: a number, or an array of the shape of its rows and columns."""
        return plain(self.known(self.values, name))

    def gradient(self, name: str) -> Any:
        """∂J/∂node, of the node's shape; None where it was not asked for (the targets of a cross-entropy)."""
        return plain(self.known(self.gradients, name))

    def known(self, numbers: dict[str, Any], name: str) -> Any:
        if name not in numbers:
            missing = (
                "run `forward`, then `backward`"
                if name in self.names.values()
                else f"the nodes are {list(self.names.values())}"
            )
            raise KeyError(f"there is no number for {name!r} yet: {missing}.")
        return numbers[name]

    def _repr_svg_(self) -> str:
        """The picture that a notebook shows."""
        return svg(self)

    def __str__(self) -> str:
        """The boxes as a table."""
        rows = [("node", "operation", "shape", "value", "∂J/∂node")]
        for node in self.nodes:
            name = self.names[node]
            operation = (
                "input"
                if node.operation == "input"
                else f"{node.operation}({', '.join(self.names[i] for i in node.inputs)})"
            )
            value, gradient = self.values.get(name), self.gradients.get(name)
            rows.append(
                (
                    name,
                    operation,
                    "" if value is None else "×".join(map(str, value.shape[1:])),
                    short(value),
                    short(gradient),
                )
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def below(node: Node, found: dict[Node, None]) -> list[Node]:
    """The nodes that a node is made of and itself, each once, inputs first."""
    if node not in found:
        for part in node.inputs:
            below(part, found)
        found[node] = None
    return list(found)


def as_rows(name: str, value: Any) -> Array:
    array = np.asarray(value, float)
    if array.ndim > 2:
        raise ValueError(f"{name} has {array.ndim} axes; a node is a number, a row, or an array of rows and columns.")
    return np.atleast_2d(array)[None]


def plain(array: Array | None) -> Any:
    if array is None:
        return None
    return float(array[0, 0, 0]) if array.shape == (1, 1, 1) else array[0]
