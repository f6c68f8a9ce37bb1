"""Other libraries at the same work: the same data, shapes, steps, momentum, L2 and dropout, in float32."""

from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from experiments.benchmark.workloads import LEARNING_RATE, MOMENTUM, RATE, STRENGTH, Workload, data

Prepare = Callable[[Workload], Callable[[], int]]


def scikit_learn(workload: Workload) -> Callable[[], int]:
    """MLPClassifier or MLPRegressor, one network at a time; it has no dropout."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y = data(workload)
    target = y.ravel() if workload.regression else y.argmax(axis=1)
    epochs = workload.epochs_of_one
    model = (MLPRegressor if workload.regression else MLPClassifier)(
        hidden_layer_sizes=workload.sizes[1:-1],
        solver="sgd",
        alpha=STRENGTH,
        batch_size=workload.batch,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        max_iter=epochs,
        tol=0,
        n_iter_no_change=epochs + 1,
        random_state=0,
    )

    def run() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, target)
        return epochs * (workload.n // workload.batch)

    return run


def torch_one(workload: Workload) -> Callable[[], int]:
    """PyTorch as most write it: one network, an optimiser, autograd."""
    import torch
    from torch import nn

    x, y = (torch.from_numpy(part) for part in data(workload))
    target = y if workload.regression else y.argmax(dim=1)
    cost = nn.MSELoss() if workload.regression else nn.CrossEntropyLoss()
    steps = workload.epochs_of_one * (workload.n // workload.batch)

    def run() -> int:
        layers: list[Any] = []
        for inputs, outputs in pairwise(workload.sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(RATE)]
        network = nn.Sequential(*layers[:-2])
        weights, biases = (
            [p for p in network.parameters() if p.ndim == 2],
            [p for p in network.parameters() if p.ndim == 1],
        )
        groups: Any = [{"params": weights, "weight_decay": STRENGTH}, {"params": biases}]
        optimizer = torch.optim.SGD(groups, lr=LEARNING_RATE, momentum=MOMENTUM)
        for _ in range(workload.epochs_of_one):
            for rows in torch.randperm(workload.n).split(workload.batch):
                optimizer.zero_grad()
                cost(network(x[rows]), target[rows]).backward()
                optimizer.step()
        return steps

    return run


def torch_stacked(workload: Workload) -> Callable[[], int]:
    """PyTorch with all replicas in one batched matrix product, autograd, and updates over the whole stack."""
    import torch

    R, epochs = workload.replicas, max(1, workload.epochs // 4)
    x, y = (torch.from_numpy(part) for part in data(workload))

    def run() -> int:
        parameters = [
            part
            for inputs, outputs in pairwise(workload.sizes)
            for part in (torch.randn(R, inputs, outputs) * (2 / inputs) ** 0.5, torch.zeros(R, 1, outputs))
        ]
        for p in parameters:
            p.requires_grad_()
        velocities = [torch.zeros_like(p) for p in parameters]
        for _ in range(epochs):
            orders = torch.stack([torch.randperm(workload.n) for _ in range(R)])
            for rows in orders.split(workload.batch, dim=1):
                a, targets = x[rows], y[rows]
                for layer in range(0, len(parameters), 2):
                    a = torch.baddbmm(parameters[layer + 1], a, parameters[layer])
                    if layer < len(parameters) - 2:
                        a = torch.nn.functional.dropout(torch.relu(a), RATE)
                per_example = (a - targets) ** 2 if workload.regression else -targets * torch.log_softmax(a, dim=-1)
                gradients = torch.autograd.grad(per_example.sum() / workload.batch, parameters)
                with torch.no_grad():
                    for number, (p, v, g) in enumerate(zip(parameters, velocities, gradients, strict=True)):
                        v.mul_(MOMENTUM).add_(g)
                        if number % 2 == 0:  # weights, not biases
                            v.add_(p, alpha=STRENGTH)
                        p.sub_(v, alpha=LEARNING_RATE)
        return R * epochs * (workload.n // workload.batch)

    return run


def jax_vmapped(workload: Workload) -> Callable[[], int]:
    """JAX: a scan over all steps of one network, vmapped over replicas and compiled; 8 random bits a dropout mask."""
    import jax
    import jax.numpy as jnp

    R = workload.replicas
    x, y = (jnp.asarray(part) for part in data(workload))
    draw = np.random.default_rng(0)
    start = [
        (draw.standard_normal((R, i, o), np.float32) * np.float32(np.sqrt(2 / i)), np.zeros((R, o), np.float32))
        for i, o in pairwise(workload.sizes)
    ]

    def objective(parameters: Any, x: Any, y: Any, key: Any) -> Any:
        a = x
        for layer, (W, b) in enumerate(parameters):
            a = a @ W + b
            if layer < len(parameters) - 1:
                key, drawn = jax.random.split(key)
                keep = jax.random.bits(drawn, a.shape, jnp.uint8) >= int(256 * RATE)
                a = jnp.where(keep, jnp.maximum(a, 0) / (1 - RATE), 0)
        cost = (a - y) ** 2 if workload.regression else -y * jax.nn.log_softmax(a)
        penalty = 0.5 * STRENGTH * sum((W * W).sum() for W, _ in parameters)
        return cost.sum(axis=-1).mean() + penalty

    def one(parameters: Any, order: Any, key: Any) -> Any:
        def step(state: Any, rows: Any) -> Any:
            parameters, velocity, key = state
            key, of_step = jax.random.split(key)
            gradient = jax.grad(objective)(parameters, x[rows], y[rows], of_step)
            velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, gradient)
            return (jax.tree.map(lambda p, v: p - LEARNING_RATE * v, parameters, velocity), velocity, key), None

        return jax.lax.scan(step, (parameters, jax.tree.map(jnp.zeros_like, parameters), key), order)[0][0]

    trained = jax.jit(jax.vmap(one))

    def run() -> int:
        shuffled = draw.permuted(np.tile(np.arange(workload.n, dtype=np.int32), (R, workload.epochs, 1)), axis=-1)
        order = shuffled.reshape(R, workload.steps, workload.batch)
        jax.block_until_ready(trained(start, order, jax.random.split(jax.random.key(0), R)))
        return R * workload.steps

    return run


def installed() -> dict[str, Prepare]:
    """The peers that this environment has, by the name in the table."""
    peers: dict[str, Prepare] = {"scikit-learn, one by one": scikit_learn}
    if find_spec("torch"):
        peers |= {"PyTorch, one by one": torch_one, "PyTorch, stacked": torch_stacked}
    if find_spec("jax"):
        peers |= {"JAX, vmap of scan": jax_vmapped}
    return peers
