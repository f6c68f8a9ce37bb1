"""The chapter's boxes: values and gradients of every node, by hand and by finite differences."""

from xml.etree import ElementTree

import numpy as np
import pytest

from backprop.classroom.drawing import dot, svg
from backprop.classroom.gradcheck import gradient_error
from backprop.classroom.graph import BOXES, Graph, Node, box
from backprop.operations import ACTIVATIONS

draw = np.random.default_rng(0)
N, D, C = 3, 5, 2


def least_squares():
    x, W, b, y = (Node(name) for name in ("x", "W", "b", "y"))
    z = (x @ W).named("z")
    r = ((z + b).named("ŷ") - y).named("r")
    return Graph(r.squared_norm().named("J"))


def many_dimensions(rows=N):
    graph = least_squares()
    inputs = {
        name: draw.standard_normal(shape)
        for name, shape in {"x": (rows, D), "W": (D, C), "b": (1, C), "y": (rows, C)}.items()
    }
    graph.forward(**inputs)
    graph.backward()
    return graph, inputs


def test_scalars_r_5_gives_10_and_2rx():
    graph = least_squares()
    assert graph.forward(x=3, W=2, b=1, y=2) == 25
    graph.backward()
    assert [graph.gradient(name) for name in ("J", "r", "ŷ", "z", "b", "W", "x", "y")] == [
        1,
        10,
        10,
        10,
        10,
        30,
        20,
        -10,
    ]


def test_decreasing_r_by_epsilon_decreases_j_by_10_epsilon():
    graph, epsilon = least_squares(), 1e-6
    before, after = (graph.forward(x=3, W=2, b=b, y=2) for b in (1, 1 - epsilon))
    assert (before - after) / epsilon == pytest.approx(10, rel=1e-5)


def test_in_many_dimensions_the_gradients_are_the_chapters_transposed():
    """With instances in columns, x' = xᵀ and so on: ∇W' = ∇z' x'ᵀ, ∇x' = W'ᵀ ∇z', ∇b' adds the columns of ∇z'."""
    graph, inputs = many_dimensions()
    dz = graph.gradient("z")
    assert dz == pytest.approx(2 * graph.value("r"))
    assert pytest.approx(dz.T @ inputs["x"]) == graph.gradient("W").T
    assert pytest.approx(inputs["W"] @ dz.T) == graph.gradient("x").T
    assert pytest.approx(dz.T.sum(axis=1, keepdims=True)) == graph.gradient("b").T


def test_every_gradient_has_its_variables_shape():
    graph, _ = many_dimensions()
    for name in graph.values:
        assert np.shape(graph.gradient(name)) == np.shape(graph.value(name))


def test_a_batch_is_the_sum_of_its_instances():
    graph, inputs = many_dimensions()
    whole = {name: graph.gradient(name) for name in ("W", "b")}
    parts = []
    for n in range(N):
        graph.forward(**inputs | {"x": inputs["x"][n : n + 1], "y": inputs["y"][n : n + 1]})
        graph.backward()
        parts.append({name: graph.gradient(name) for name in whole})
    for name in whole:
        assert sum(part[name] for part in parts) == pytest.approx(whole[name])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", ["squared_error", "softmax_cross_entropy", "binary_cross_entropy"])
def test_a_graph_of_every_activation_and_loss_has_the_gradients_of_differences(activation, loss):
    x, W, b, V, y = (Node(name) for name in ("x", "W", "b", "V", "y"))
    graph = Graph(box(loss, box(activation, x @ W + b) @ V, y))
    labels = np.eye(C)[draw.integers(C, size=N)]

    def J(x, W, b, V):
        value = graph.forward(x=x[0], W=W[0], b=b[0], V=V[0], y=labels)
        graph.backward()
        shaped = [
            np.reshape(graph.gradient(name), (1, *np.shape(a)[1:]))
            for name, a in zip("xWbV", (x, W, b, V), strict=True)
        ]
        return np.full((1, 1, 1), value), shaped

    inputs = [draw.standard_normal((1, *shape)) for shape in ((N, D), (D, 7), (1, 7), (7, C))]
    assert gradient_error(J, *inputs) < 1e-6
    assert graph.gradient("y") is None


def test_where_a_node_feeds_several_boxes_its_gradients_add_up():
    x = Node("x")
    graph = Graph((x + x).squared_norm())  # (2x)², slope 8x
    graph.forward(x=3)
    graph.backward()
    assert graph.gradient("x") == 24


def test_it_prints_as_boxes_with_numbers():
    graph = least_squares()
    graph.forward(x=3, W=2, b=1, y=2)
    graph.backward()
    lines = str(graph).splitlines()
    assert lines[0].split() == ["node", "operation", "shape", "value", "∂J/∂node"]
    assert ["r", "subtract(ŷ,", "y)", "1×1", "5", "10"] in [line.split() for line in lines]


def test_it_draws_as_dot_and_svg_with_reversed_arrows():
    graph = least_squares()
    graph.forward(x=3, W=2, b=1, y=2)
    graph.backward()
    drawn = dot(graph)
    assert '"0 x" -> "0 z"' in drawn
    assert '"1 z" -> "1 x"' in drawn
    picture = ElementTree.fromstring(svg(graph))
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"x", "W", "∂J/∂W", "30", "25"} <= set(texts)
    arrows = list(picture.iter("{http://www.w3.org/2000/svg}line"))
    forward, backward = arrows[: len(arrows) // 2], arrows[len(arrows) // 2 :]
    assert all(float(line.get("x1")) < float(line.get("x2")) for line in forward)
    assert all(float(line.get("x1")) > float(line.get("x2")) for line in backward)


def test_mistakes_are_named():
    graph = least_squares()
    with pytest.raises(ValueError, match="the inputs of this graph are"):
        graph.forward(x=1)
    with pytest.raises(ValueError, match="run `forward` first"):
        graph.backward()
    with pytest.raises(KeyError, match="there is no number for 'r' yet"):
        graph.value("r")
    with pytest.raises(ValueError, match="there is no operation 'gelu', only"):
        box("gelu", Node("x"))
    with pytest.raises(ValueError, match="a name of its own"):
        Graph(Node("x") @ Node("x"))


def test_the_boxes_are_the_operations_of_training():
    from backprop import operations

    assert BOXES["matmul"] is operations.matmul
    assert BOXES["relu"] is operations.relu


def test_a_failed_forward_leaves_no_numbers_behind():
    graph = Graph((Node("x") @ Node("W")).named("z"))
    graph.forward(x=1, W=2)
    with pytest.raises(ValueError, match="matmul"):
        graph.forward(x=[[1, 2]], W=[[1, 2]])
    graph.gradients.clear()
    with pytest.raises(KeyError):
        graph.value("z")


def test_shared_nodes_are_visited_once():
    node = Node("x")
    for _ in range(60):  # 2⁶⁰ paths
        node = node + node
    assert Graph(node).forward(x=1) == 2.0**60
