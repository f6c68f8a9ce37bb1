"""What is timed: networks of five sizes, trained on the same data by everyone; every replica has a seed of its own."""

from typing import NamedTuple

import numpy as np

from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP
from backprop.noise import Dropout, Noise
from backprop.optimizers import Momentum
from backprop.penalties import L2
from backprop.training import Recipe

LEARNING_RATE, MOMENTUM, STRENGTH, RATE = 0.01, 0.9, 1e-4, 0.5


class Workload(NamedTuple):
    name: str
    sizes: tuple[int, ...]  # inputs, hidden …, outputs; one output: regression
    batch: int
    n: int  # training examples, whole batches
    replicas: int
    epochs: int  # of one timing
    epochs_of_one: int  # of one timing of those who train one network at a time

    @property
    def regression(self) -> bool:
        return self.sizes[-1] == 1

    @property
    def steps(self) -> int:
        return self.epochs * (self.n // self.batch)

    @property
    def title(self) -> str:
        return f"{self.name} {'-'.join(map(str, self.sizes))}, batch {self.batch} ({self.replicas} replicas)"


WORKLOADS = {
    w.name: w
    for w in (
        Workload("tiny", (1, 16, 1), 10, 100, 256, epochs=200, epochs_of_one=50),
        Workload("linear", (64, 10), 32, 1408, 256, epochs=16, epochs_of_one=16),
        Workload("digits", (64, 128, 10), 32, 1408, 64, epochs=12, epochs_of_one=8),
        Workload("deep", (40, 100, 100, 10), 100, 4000, 32, epochs=5, epochs_of_one=5),
        Workload("mnist", (784, 256, 10), 128, 4096, 16, epochs=2, epochs_of_one=2),
    )
}


def data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """x (n, D), standard normal, and y (n, K): a random linear teacher's answer."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal((workload.n, workload.sizes[0])).astype("float32")
    scores = x @ draw.standard_normal((workload.sizes[0], workload.sizes[-1])).astype("float32")
    return x, scores if workload.regression else np.eye(workload.sizes[-1], dtype="float32")[scores.argmax(axis=1)]


def recipe(workload: Workload) -> Recipe:
    """SGD with momentum and L2; dropout after every hidden layer."""
    hidden = workload.sizes[1:-1]
    return Recipe(
        network=MLP(hidden),
        loss=SquaredError() if workload.regression else SoftmaxCrossEntropy(),
        optimizer=Momentum(LEARNING_RATE, MOMENTUM),
        penalty=L2(STRENGTH),
        noise=Noise(hidden=Dropout(RATE)) if hidden else Noise(),
        batch_size=workload.batch,
        epochs=workload.epochs,
    )
