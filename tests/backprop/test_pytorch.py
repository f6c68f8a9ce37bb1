"""Every optimiser against an independent implementation: the weights of a small network over 200 minibatch steps."""

import numpy as np
import pytest

from backprop.clipping import ClipGlobalNorm, ClipValue
from backprop.layout import initial_parameters
from backprop.losses import SoftmaxCrossEntropy
from backprop.network import MLP, lay_out
from backprop.optimizers import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSProp
from backprop.penalties import L2
from backprop.training import Examples, Recipe, minibatches, train

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

N, D, H, K, EPOCHS, BATCH = 43, 5, 7, 3, 40, 9  # 5 steps an epoch, the last of 7 rows
draw = np.random.default_rng(0)
x, labels = draw.standard_normal((N, D)), draw.integers(K, size=N)
network = MLP((H,), "tanh")

OPTIMIZERS = {
    "SGD": (SGD(0.1), lambda groups: torch.optim.SGD(groups, lr=0.1)),
    "Momentum": (Momentum(0.05, 0.9), lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9)),
    "Nesterov": (Nesterov(0.05, 0.9), lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True)),
    "Adagrad": (Adagrad(0.05), lambda groups: torch.optim.Adagrad(groups, lr=0.05)),
    "RMSProp": (RMSProp(0.01), lambda groups: torch.optim.RMSprop(groups, lr=0.01)),
    "Adam": (Adam(0.01), lambda groups: torch.optim.Adam(groups, lr=0.01)),
}


def ours(**settings):
    recipe = Recipe(
        network=network, loss=SoftmaxCrossEntropy(), batch_size=BATCH, epochs=EPOCHS, dtype="float64", **settings
    )
    data = Examples(x[None], np.eye(K)[labels][None], np.array([0]))
    steps = EPOCHS * recipe.steps_per_epoch(N)
    assert steps == 200
    return np.concatenate([s.parameters.copy() for s in train(recipe, data, [0], set(range(1, steps + 1)))])[:, 0]


def theirs(make, decay=0.0, clip=None, before_step=None):
    """The same network, weights, minibatches and loss in PyTorch; decay on the weights, not on the biases."""
    layout = lay_out(network, D, K)
    start = initial_parameters(layout, [0], "float64")
    W, b = (
        [torch.tensor(array[0].squeeze().copy(), requires_grad=True) for array in layout.of_role(start, role)]
        for role in ("weight", "bias")
    )
    optimizer = make([{"params": W, "weight_decay": decay}, {"params": b, "weight_decay": 0.0}])
    inputs, targets, path = torch.tensor(x), torch.tensor(labels), []
    for rows in minibatches(N, BATCH, [0], EPOCHS):
        chosen = torch.tensor(rows[0])
        z = torch.tanh(inputs[chosen] @ W[0] + b[0]) @ W[1] + b[1]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(z, targets[chosen]).backward()
        if clip:
            clip([*W, *b])
        if before_step:
            before_step(W)
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy().ravel() for p in [*W, *b]]))
    return np.array(path)


def assert_equal_paths(a, b):
    assert np.isfinite(a).all()
    assert np.abs(a - b).max() <= 1e-10 * np.abs(b).max()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_path_of_200_steps_is_pytorchs(name):
    mine, make = OPTIMIZERS[name]
    assert_equal_paths(ours(optimizer=mine), theirs(make))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_coupled_weight_decay(name):
    """PyTorch's weight_decay adds λW to the gradient: an L2 penalty."""
    mine, make = OPTIMIZERS[name]
    assert_equal_paths(ours(optimizer=mine, penalty=L2(0.03)), theirs(make, decay=0.03))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_decoupled_weight_decay(name):
    """W ← (1 − ηλ) W before the step."""
    mine, make = OPTIMIZERS[name]

    def shrink(W):
        with torch.no_grad():
            for w in W:
                w.mul_(1 - mine.learning_rate * 0.03)

    assert_equal_paths(ours(optimizer=mine, penalty=L2(0.03, "decoupled")), theirs(make, before_step=shrink))


def test_adamw_is_pytorchs():
    path = theirs(lambda groups: torch.optim.AdamW(groups, lr=0.01), decay=0.5)
    assert_equal_paths(ours(optimizer=AdamW(0.01, strength=0.5)), path)


def test_clipping_is_pytorchs():
    mine, make = OPTIMIZERS["Momentum"]
    by_value = theirs(make, clip=lambda p: torch.nn.utils.clip_grad_value_(p, 0.05))
    assert_equal_paths(ours(optimizer=mine, clipping=ClipValue(0.05)), by_value)
    with_decay = theirs(make, decay=0.03, clip=lambda p: torch.nn.utils.clip_grad_value_(p, 0.05))
    assert_equal_paths(ours(optimizer=mine, clipping=ClipValue(0.05), penalty=L2(0.03)), with_decay)
    by_norm = theirs(make, clip=lambda p: torch.nn.utils.clip_grad_norm_(p, 0.1))
    # PyTorch divides by the norm plus 1e-6
    assert np.abs(ours(optimizer=mine, clipping=ClipGlobalNorm(0.1)) - by_norm).max() < 1e-4
