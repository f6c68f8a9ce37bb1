"""Singular values against numpy's, and those of a two-layer linear network along the path that theory gives."""

import numpy as np
import pytest

from backprop.layers import Dense, Scale
from backprop.losses import SquaredError
from backprop.measures.singular_values import SingularValues
from backprop.network import MLP, Layers
from backprop.optimizers import SGD
from backprop.training import Examples, Recipe, train
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)


def seen_with(network, inputs, outputs, R=2):
    recipe = Recipe(network=network, loss=SquaredError(), dtype="float64")
    parameters = DRAW.normal(size=(R, 1, recipe.layout(inputs, outputs).count()))
    rows = (DRAW.normal(size=(7, size)) for size in (inputs, outputs))
    return observed(recipe, *rows, seeds=range(R), parameters=parameters)


def test_those_of_the_product_and_of_each_layer_are_numpys():
    seen = seen_with(Layers((Dense(5), Scale(), Dense())), 3, 2)
    W, _, w, V, _ = seen.layout.arrays(seen.parameters)
    found = measured(SingularValues("both"), seen)
    for r in range(2):
        product = np.linalg.svd(W[r] * w[r] @ V[r], compute_uv=False)
        assert [found[f"singular_value/{i}"][r] for i in (1, 2)] == pytest.approx(product)
        assert [found[f"singular_value/layer1/{i}"][r] for i in (1, 2, 3)] == pytest.approx(np.linalg.svd(W[r])[1])
        assert [found[f"singular_value/layer2/{i}"][r] for i in range(1, 6)] == pytest.approx(
            sorted(abs(w[r, 0]))[::-1]
        )
        assert [found[f"singular_value/layer3/{i}"][r] for i in (1, 2)] == pytest.approx(np.linalg.svd(V[r])[1])


def test_layers_of_any_network_have_some_and_a_product_has_a_linear_one_alone():
    subject = subject_of(Recipe(network=MLP((5,)), loss=SquaredError()), 3, 2)
    assert len(SingularValues("layers").names(subject)) == 3 + 2
    assert len(SingularValues("layers", most=2).names(subject)) == 2 + 2
    with pytest.raises(
        ValueError, match=r"SingularValues is of linear networks.*, measures\.singular_values\.of=layers, or"
    ):
        SingularValues().names(subject)


def test_the_largest_are_kept_and_a_diverged_network_has_none():
    seen = seen_with(MLP(()), 3, 5)
    seen.parameters[0, 0, 0] = np.inf
    found = measured(SingularValues(most=1), seen)
    assert np.isnan(found["singular_value/1"][0])
    assert found["singular_value/1"][1] == pytest.approx(np.linalg.norm(seen.layout.arrays(seen.parameters)[0][1], 2))


def test_a_two_layer_linear_network_learns_each_singular_value_along_its_own_sigmoid():
    """Inputs white, targets x A, J = ‖W V − A‖² by 1/n: from balanced weights s(t) = a / (1 + (a/s₀ − 1) e^(−4 a t)), t the time η k.

    The modes grow one after the other (Saxe, McClelland & Ganguli, ICLR 2014); descent with a small step follows the flow.
    """
    U, (Q, _) = np.eye(4)[:, :3], np.linalg.qr(DRAW.normal(size=(3, 3)))
    strengths, start, eta, steps = np.array([3.0, 1.5, 0.5]), 1e-3, 1e-4, 8000
    A = U * strengths @ Q.T
    x = np.linalg.qr(DRAW.normal(size=(11, 4)))[0] * np.sqrt(11)  # xᵀ x / n = 1
    network = Layers((Dense(3, bias=False), Dense(bias=False)))
    recipe = Recipe(
        network=network, loss=SquaredError(), optimizer=SGD(eta), batch_size=None, epochs=steps, dtype="float64"
    )
    layout = recipe.layout(4, 3)
    first = np.zeros((1, 1, layout.count()))
    for view, own in zip(layout.arrays(first), (U * np.sqrt(start), np.sqrt(start) * Q.T), strict=True):
        view[...] = own
    *_, last = train(recipe, Examples(x[None], (x @ A)[None], np.array([0])), [0], {steps}, start=first)
    found = measured(SingularValues(), observed(recipe, x, x @ A, parameters=last.parameters))
    theory = strengths / (1 + (strengths / start - 1) * np.exp(-4 * strengths * eta * steps))
    assert [value[0] for value in found.values()] == pytest.approx(theory, rel=2e-3)
    assert (theory / strengths > [0.8, 0, 0]).all()
    assert (theory / strengths < [0.9, 0.2, 0.05]).all()  # they do come one after the other
