"""A graph as a picture, in DOT or SVG: the boxes of the forward pass, and the same boxes with reversed arrows."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from backprop.arrays import Array

if TYPE_CHECKING:
    from backprop.classroom.graph import Graph, Node

WIDTH, HEIGHT, ACROSS, DOWN = 150, 58, 190, 84


def dot(graph: "Graph") -> str:
    """Graphviz's language: a cluster with the forward pass, a cluster with the backward pass."""
    lines = ["digraph backpropagation {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="sans-serif"];']
    for number, (title, numbers, reverse) in enumerate(passes(graph)):
        lines += [f"  subgraph cluster_{number} {{", f'    label="{title}";']
        for node in graph.nodes:
            name = graph.names[node]
            label = f"{name}\\n{operation_of(node)}\\n{numbers.get(name, '')}".replace('"', "'")
            lines.append(f'    "{number} {name}" [label="{label}"];')
        for start, end in arrows(graph, reverse):
            lines.append(f'    "{number} {start}" -> "{number} {end}";')
        lines.append("  }")
    return "\n".join([*lines, "}"])


def svg(graph: "Graph") -> str:
    """A picture without other programs: inputs on the left, each box to the right of what it needs."""
    depth = depths(graph)
    columns: dict[int, list[str]] = {}
    for node in graph.nodes:
        columns.setdefault(depth[graph.names[node]], []).append(graph.names[node])
    tallest = max(map(len, columns.values()))
    block = tallest * DOWN + 40
    width, height = (max(columns) + 1) * ACROSS, 2 * block
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#777"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, (title, numbers, reverse) in enumerate(passes(graph)):
        top = number * block + 40
        colour = ("#0072B2", "#D55E00")[number]
        parts.append(f'<text x="10" y="{top - 16}" font-weight="bold" fill="{colour}">{title}</text>')
        place = {
            name: (depth_ * ACROSS + 10, top + row * DOWN + (tallest - len(names)) * DOWN // 2)
            for depth_, names in columns.items()
            for row, name in enumerate(names)
        }
        for start, end in arrows(graph, reverse):
            (x1, y1), (x2, y2) = place[start], place[end]
            x1, x2 = (x1, x2 + WIDTH) if reverse else (x1 + WIDTH, x2)
            y1, y2 = y1 + HEIGHT // 2, y2 + HEIGHT // 2
            far = abs(depth[start] - depth[end]) > 1  # over the boxes between, not through them
            bend = f"C{(2 * x1 + x2) / 3:.0f},{top - 34} {(x1 + 2 * x2) / 3:.0f},{top - 34} " if far else "L"
            parts.append(f'<path d="M{x1},{y1} {bend}{x2},{y2}" fill="none" stroke="#777" marker-end="url(#tip)"/>')
        for node in graph.nodes:
            x, y = place[graph.names[node]]
            name = f"∂{graph.names[graph.output]}/∂{graph.names[node]}" if reverse else graph.names[node]
            parts.append(
                f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="white" stroke="{colour}"/>'
            )
            lines = (name, "" if reverse else operation_of(node), numbers.get(graph.names[node], ""))
            for line, (text, size) in enumerate(zip(lines, (14, 11, 12), strict=True)):
                shown = text if len(text) <= 22 else text[:21] + "…"
                middle, baseline = x + WIDTH // 2, y + 18 + 17 * line
                parts.append(
                    f'<text x="{middle}" y="{baseline}" text-anchor="middle" font-size="{size}">{escape(shown)}</text>'
                )
    return "\n".join([*parts, "</svg>"])


def passes(graph: "Graph") -> list[tuple[str, dict[str, str], bool]]:
    """Title, numbers to show by node, whether arrows are reversed."""
    forward = {name: short(value) for name, value in graph.values.items()}
    backward = {name: short(gradient) for name, gradient in graph.gradients.items()}
    return [("forward: values", forward, False), ("backward: gradients", backward, True)]


def arrows(graph: "Graph", reverse: bool) -> list[tuple[str, str]]:
    pairs = [(graph.names[below], graph.names[node]) for node in graph.nodes for below in node.inputs]
    return [(end, start) for start, end in pairs] if reverse else pairs


def depths(graph: "Graph") -> dict[str, int]:
    """How far each node is from the inputs; an input stands just before its first use."""
    depth: dict[str, int] = {}
    for node in graph.nodes:
        depth[graph.names[node]] = 1 + max((depth[graph.names[below]] for below in node.inputs), default=-1)
    for node in graph.nodes:
        if node.operation == "input":
            uses = [depth[graph.names[user]] for user in graph.nodes if node in user.inputs]
            depth[graph.names[node]] = min(uses) - 1 if uses else 0
    return depth


def operation_of(node: "Node") -> str:
    return node.operation.replace("_", " ")


def short(array: Array | None) -> str:
    """Up to six numbers in full, else the range."""
    if array is None:
        return "–"
    numbers = array.ravel()
    if numbers.size == 1:
        return f"{numbers[0]:.5g}"
    if numbers.size <= 6:
        return np.array2string(array[0], precision=4, separator=", ", suppress_small=True).replace("\n", "")
    return f"{numbers.min():.4g} … {numbers.max():.4g}"
