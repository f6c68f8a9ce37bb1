"""The graph of a network and its loss, box by box: the chapter's boxes are what trains.

>>> import numpy as np
>>> from backprop.losses import SquaredError
>>> from backprop.network import MLP
>>> graph = graph_of(Recipe(network=MLP((2,), "tanh"), loss=SquaredError()), np.ones((3, 1)), np.zeros((3, 1)), seed=0)
>>> list(graph.values)
['x', 'W1', 'matmul 1', 'b1', 'z1', 'a2', 'W3', 'matmul 2', 'b3', 'z3', 'y', 'J']

In a notebook, a graph that is the last line of a cell is shown as a picture.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from backprop.arrays import Array
from backprop.classroom.graph import Graph, Node, box, loss_box
from backprop.layers import Activation, Declaration, Dense, Layer, Owned, Residual
from backprop.layout import Layout, initial_parameters, owned
from backprop.training import Recipe


def graph_of(recipe: Recipe, x: Array, y: Array, seed: int = 0, parameters: Array | None = None) -> Graph:
    """The boxes of a recipe's network and loss, run forward and backward on rows x (B, I) and targets y (B, K), without noise.

    The parameters, (1, 1, P), are those given, or what the seed starts with. J is the loss without the penalty.
    """
    layout = Layout(tuple(recipe.network.layers), x.shape[-1], y.shape[-1])
    at = initial_parameters(layout, [seed], "float64") if parameters is None else parameters
    numbers, arrays = count(1), iter(layout.arrays(at))
    inputs: dict[str, Array] = {"x": x, "y": y}
    z = boxes_of(layout.layers, layout.declared, Node("x"), numbers, arrays, inputs)
    J = Node("J", type(recipe.loss).__name__, (z, Node("y")), loss_box(recipe.loss))
    graph = Graph(J)
    graph.forward(**inputs)
    graph.backward()
    return graph


def boxes_of(
    layers: Sequence[Layer],
    declared: Sequence[Declaration],
    x: Node,
    numbers: Iterator[int],
    arrays: Iterator[Array],
    inputs: dict[str, Array],
) -> Node:
    """The boxes of layers one after the other; the values of their arrays are added to the graph's inputs."""
    for layer, own in zip(layers, declared, strict=True):
        inner = boxes_of(layer.layers, own.inside, x, numbers, arrays, inputs) if type(layer) is Residual else x
        number = next(numbers)
        nodes = [Node(f"{array.name}{number}") for one in with_inside(layer, own) for array in one.arrays]
        inputs |= {node.name: next(arrays)[0] for node in nodes}
        if type(layer) is Dense:
            z = x @ nodes[0]
            x = (z + nodes[1] if layer.bias else z).named(f"z{number}")
        elif type(layer) is Activation:
            x = box(layer.function, x).named(f"a{number}")
        elif type(layer) is Residual:
            x = (x + inner).named(f"a{number}")
        else:
            x = Node(f"a{number}", type(layer).__name__, (x, *nodes), layer_box(layer, own))
    return x


def with_inside(layer: Layer, declared: Declaration) -> Iterator[Declaration]:
    """The declarations whose arrays go into a layer's own box: those of layers inside it too, unless these have boxes."""
    yield declared
    if type(layer) is not Residual:
        for one in declared.inside:
            yield from with_inside(layer, one)


def layer_box(layer: Layer, declared: Declaration) -> Callable[..., Any]:
    """A layer as one box, whose inputs are x and the layer's arrays."""

    def operation(x: Array, *arrays: Array) -> Any:
        def pullback(dz: Array) -> tuple[Array, ...]:
            gradients = [np.empty_like(array) for array in arrays]
            to_x = to_inputs(dz.copy, of_layer(gradients))
            return to_x(), *gradients

        z, to_inputs = layer(x, of_layer(arrays))
        return z, pullback

    def of_layer(arrays: Sequence[Array]) -> Owned:
        return owned(declared, iter(arrays), None, None)

    return operation
