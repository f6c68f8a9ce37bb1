"""A recipe says how to train; `train` is the only training loop. It yields snapshots: the caller measures and records."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from backprop.acting import acting
from backprop.arrays import Array
from backprop.averaging import Averaging
from backprop.batches import Batches, Shuffled, count, cut
from backprop.choices import choice, integer, one_of
from backprop.clipping import Clipping
from backprop.constraints import Constraint
from backprop.losses import Loss, SoftmaxCrossEntropy
from backprop.network import MLP, Layer, Parameters, apply, initial_parameters, views, weight_count
from backprop.noise import Noise, Sites, check_layers, sites
from backprop.optimizers import Momentum, Newton, Optimizer, Step
from backprop.penalties import Penalty
from backprop.randomness import Streams
from backprop.schedules import Constant, Schedule
from backprop.sets import AnySets, taken
from backprop.strengths import at_step, is_scheduled


@choice
class Recipe:
    """How to train one network, or, stacked, R networks that differ only in numbers."""

    network: MLP = MLP()
    loss: Loss = SoftmaxCrossEntropy()
    optimizer: Optimizer = Momentum()
    schedule: Schedule = Constant()
    clipping: Clipping | None = None
    averaging: Averaging | None = None
    penalty: Penalty | None = None
    constraint: Constraint | None = None
    noise: Noise = Noise()
    batches: Batches = Shuffled()
    batch_size: int | None = None  # None: all examples, plain gradient descent
    epochs: int = integer(default=100, within="[1, inf)")
    dtype: str = one_of(default="float32", options=("float32", "float64"))

    def __post_init__(self) -> None:
        if self.batch_size is not None and not (type(self.batch_size) is int and self.batch_size >= 1):
            raise ValueError(
                f"batch_size is {self.batch_size!r}; it must be a whole number of at least 1, or null for all examples."
            )
        check_layers(self.noise, len(self.network.hidden) + 1)
        if isinstance(self.optimizer, Newton) and any((self.noise.inputs, self.noise.hidden, self.noise.weights)):
            raise ValueError(
                "optimizer is Newton, which needs an objective without noise; take another, or leave noise out."
            )
        acting(self.penalty, self.optimizer, weights=0)  # the check

    def steps_per_epoch(self, n: int) -> int:
        """Raises ValueError where no minibatch is left."""
        steps = count(n, self.batch_size or n, self.batches.drop_last)
        if not steps:
            raise ValueError(
                f"batches.drop_last leaves no minibatch: batch_size is {self.batch_size}, but there are {n} training examples; "
                f"make batch_size at most {n}, or leave drop_last out."
            )
        return steps


class Examples(NamedTuple):
    """S sets of n examples, and which of them each replica sees."""

    x: AnySets  # (S, n, D)
    y: AnySets  # (S, n, K)
    dataset_of: Int[Array, " R"]

    def rows(self, rows: Int[Array, "R B"]):
        """Every replica's own rows: x (R, B, D) and y (R, B, K)."""
        return taken(self.x, self.y, self.dataset_of, rows)


class Snapshot(NamedTuple):
    """The networks after so many steps. The arrays go on changing with training: measure now, or copy."""

    step: int
    epoch: float
    parameters: Parameters
    layers: list[Layer]
    finite_until: Int[Array, " R"]  # the last step at which a replica's loss was finite: < step once it has diverged


def minibatches(
    n: int,
    batch_size: int | None,
    seeds: Sequence[int],
    epochs: int,
    batches: Batches = Shuffled(),  # noqa: B008
) -> Iterator[Int[Array, "R B"]]:
    """Every epoch's n rows, cut into batches."""
    streams = Streams(seeds, "batch")
    for _ in range(epochs):
        yield from cut(batches.order(n, streams), batch_size or n, batches.drop_last)


def train(
    recipe: Recipe,
    data: Examples,
    seeds: Sequence[int],
    at: Collection[int],
    initial_seeds: Sequence[int] | None = None,
) -> Iterator[Snapshot]:
    """Trains R networks at once and yields a snapshot at each of the steps `at` (0: before the first step).

    `recipe` holds (R, 1, 1) hyperparameters or plain numbers; replica r uses the streams of seeds[r] and data.dataset_of[r], and
    for its initial weights those of initial_seeds[r] where they are given.
    """
    n, inputs = data.x.shape[-2:]
    sizes = recipe.network.sizes(inputs, data.y.shape[-1])
    parameters = initial_parameters(recipe.network, sizes, initial_seeds or seeds, recipe.dtype)
    gradient = np.empty_like(parameters)
    layers, gradients = views(parameters, sizes), views(gradient, sizes)
    mean = parameters if recipe.averaging is None else parameters.copy()
    measured = layers if recipe.averaging is None else views(mean, sizes)
    state = recipe.optimizer.init(parameters)
    noise = sites(recipe.noise, len(layers), seeds)
    weights = weight_count(sizes)
    changes = is_scheduled(recipe)
    per_epoch = recipe.steps_per_epoch(n)
    total = recipe.epochs * per_epoch
    finite, finite_until = np.ones(len(seeds), bool), np.zeros(len(seeds), int)

    if 0 in at:
        yield Snapshot(0, 0.0, mean, measured, finite_until)
    for t, rows in enumerate(minibatches(n, recipe.batch_size, seeds, recipe.epochs, recipe.batches), start=1):
        with np.errstate(all="ignore"):  # a diverging replica is recorded, not warned about
            x, y = data.rows(rows)
            now, noise_now = at_step((recipe, noise), t, total) if changes else (recipe, noise)
            penalty = acting(now.penalty, now.optimizer, weights)
            eta = recipe.optimizer.learning_rate * recipe.schedule.factor(t, total)

            J = backpropagate(now, layers, x, y, noise_now, gradients)
            if recipe.clipping is not None:
                recipe.clipping.clip(gradient, gradients)
            penalty.in_gradient(gradient, parameters)
            gradient_at = partial(objective_gradient, now, sizes, x, y)
            objective_at = partial(objective, now, sizes, x, y)
            noisy_gradient, _ = noise_now.gradients(gradient)
            penalty.before_step(parameters, eta)
            recipe.optimizer.update(parameters, noisy_gradient, state, Step(t, eta, weights, gradient_at, objective_at))
            penalty.after_step(parameters, eta)
            if recipe.constraint is not None:
                recipe.constraint.project(layers)
            if recipe.averaging is not None:
                recipe.averaging.update(mean, parameters, t, total)
        finite &= np.isfinite(J[:, 0, 0])
        finite_until += finite
        if t in at:
            yield Snapshot(t, t / per_epoch, mean, measured, finite_until)


def backpropagate(
    recipe: Recipe, layers: Sequence[Layer], x: Array, y: Array, noise: Sites | None, gradients: Sequence[Layer]
) -> Array:
    """J on a minibatch, shape (R, 1, 1); ∂J/∂W and ∂J/∂b are written into `gradients`."""
    z, to_parameters = apply(recipe.network, layers, x, noise)
    J, to_z = recipe.loss(z, y)
    to_parameters(to_z(), gradients)
    return J


def objective_gradient(recipe: Recipe, sizes: Sequence[int], x: Array, y: Array, parameters: Array) -> Array:
    """The gradient of loss plus penalty on a minibatch, without noise, at any parameters; they may be complex."""
    gradient = np.empty_like(parameters)
    backpropagate(recipe, views(parameters, sizes), x, y, None, views(gradient, sizes))
    acting(recipe.penalty, recipe.optimizer, weight_count(sizes)).in_gradient(gradient, parameters)
    return gradient


def objective(recipe: Recipe, sizes: Sequence[int], x: Array, y: Array, parameters: Array) -> Array:
    """Loss plus penalty on a minibatch, without noise, at any parameters, (R, 1, 1): what `objective_gradient` is the gradient of."""
    z, _ = apply(recipe.network, views(parameters, sizes), x)
    J, _ = recipe.loss(z, y)
    if recipe.penalty is None or recipe.penalty.method != "gradient":
        return J
    return J + recipe.penalty.value(parameters[..., : weight_count(sizes)])
