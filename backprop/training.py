"""A recipe says how to train; `train` is the only training loop. It yields snapshots: the caller measures and records."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from backprop.acting import acting
from backprop.arrays import Array
from backprop.ascents import Ascent
from backprop.augmentations import Augmentation
from backprop.averaging import Averaging, State, Time
from backprop.batches import Batches, Shuffled, count, cut
from backprop.choices import choice, integer, one_of
from backprop.clipping import Clipping
from backprop.constraints import Constraint
from backprop.layers import Owned
from backprop.layout import Layout, Parameters, Weights, initial_parameters
from backprop.losses import Loss, SoftmaxCrossEntropy, balanced
from backprop.network import MLP, Network, apply, lay_out, with_noise
from backprop.noise import Noise, Source, of_layer
from backprop.optimizers import Momentum, Newton, Optimizer, Step
from backprop.penalties import Penalty, from_start
from backprop.randomness import Streams
from backprop.schedules import Constant, Schedule
from backprop.sets import AnySets, taken
from backprop.strengths import at_step, is_scheduled


@choice
class Recipe:
    """How to train one network, or, stacked, R networks that differ only in numbers."""

    network: Network = MLP()
    loss: Loss = SoftmaxCrossEntropy()
    optimizer: Optimizer = Momentum()
    schedule: Schedule = Constant()
    clipping: Clipping | None = None
    averaging: Averaging | None = None
    penalty: Penalty | None = None
    constraint: Constraint | None = None
    noise: Noise = Noise()
    augmentation: Augmentation | None = None
    ascent: Ascent | None = None
    batches: Batches = Shuffled()
    batch_size: int | None = 32  # None: all examples, plain gradient descent
    epochs: int = integer(default=100, within="[1, inf)")
    dtype: str = one_of(default="float32", options=("float32", "float64"))

    def __post_init__(self) -> None:
        if self.batch_size is not None and not (type(self.batch_size) is int and self.batch_size >= 1):
            raise ValueError(
                f"batch_size is {self.batch_size!r}; it must be a whole number of at least 1, or null for all examples."
            )
        with_noise(self.network.layers, self.noise)  # the check
        if isinstance(self.optimizer, Newton) and any((self.noise.inputs, self.noise.hidden, self.noise.weights)):
            raise ValueError(
                "optimizer is Newton, which needs an objective without noise; take another, or leave noise out."
            )
        acting(self.penalty, self.optimizer)  # the check
        for t in (1, 2):
            at_step(self, t, 2)  # the check: strengths at the start and at the end of their schedules
        check_mixing(self.augmentation, self.loss)
        if isinstance(self.optimizer, Newton) and self.ascent is not None:
            raise ValueError(
                "optimizer is Newton, which needs the gradient at the weights themselves; take another, or ascent=none."
            )

    def layout(self, inputs: int, outputs: int) -> Layout:
        """The network's layers and arrays for such data, with the noise of this recipe. Raises ValueError."""
        return lay_out(self.network, inputs, outputs, self.noise)

    def penalized(self, layout: Layout, parameters: Parameters) -> Weights:
        """The parameters that a penalty acts on: the weights, and the biases where it says so."""
        return layout.weights(parameters, and_biases=getattr(self.penalty, "biases", False))

    def learning_rate(self, t: int, T: int) -> Any:
        """η of step t of T, as the schedule has it."""
        return self.optimizer.learning_rate * self.schedule.factor(t, T)

    def check_minibatches(self, n: int, layout: Layout) -> None:
        """Raises ValueError where the network normalizes over minibatches, and one of n training examples has a single row."""
        size = self.batch_size or n
        last = 0 if self.batches.drop_last else n % size
        if 1 in (size, last) and layout.settles:
            raise ValueError(
                f"batch_size is {self.batch_size}, which makes a minibatch of one of {n} training examples, and BatchNorm needs two "
                "or more rows; choose another batch_size, batches.drop_last=true, or LayerNorm."
            )

    def steps_per_epoch(self, n: int) -> int:
        """Raises ValueError where no minibatch is left."""
        steps = count(n, self.batch_size or n, self.batches.drop_last)
        if not steps:
            raise ValueError(
                f"batches.drop_last leaves no minibatch: batch_size is {self.batch_size}, but there are {n} training examples; "
                f"make batch_size at most {n}, or leave drop_last out."
            )
        return steps


def check_mixing(augmentation: Augmentation | None, loss: Loss) -> None:
    """Raises ValueError where targets are mixed and the loss needs one class an example."""
    if getattr(augmentation, "mixes_targets", False) and getattr(loss, "of_one_class", False):
        raise ValueError(
            f"augmentation is {type(augmentation).__name__}, which mixes targets, and loss is {type(loss).__name__}, which needs one "
            "class an example; take loss=softmax_cross_entropy or squared_error_on_classes, or augmentation=none."
        )


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
    layout: Layout
    finite_until: Int[Array, " R"]  # the last step at which a replica's loss was finite: < step once it has diverged
    averages: State  # what the recipe's averaging holds, first the mean, which `parameters` are


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
    start: Parameters | None = None,
) -> Iterator[Snapshot]:
    """Trains R networks at once and yields a snapshot at each of the steps `at` (0: before the first step).

    `recipe` holds (R, 1, 1) hyperparameters or plain numbers; replica r uses the streams of seeds[r] and data.dataset_of[r], and
    for its initial weights those of initial_seeds[r] where they are given; with `start`, these are its initial weights.
    """
    recipe = replace(recipe, loss=balanced(recipe.loss, data.y, data.dataset_of))
    n, inputs = data.x.shape[-2:]
    layout = recipe.layout(inputs, data.y.shape[-1])
    recipe.check_minibatches(n, layout)
    given = None if start is None else start.astype(recipe.dtype)
    parameters = initial_parameters(layout, initial_seeds or seeds, recipe.dtype) if given is None else given
    gradient = np.empty_like(parameters)
    owned, gradients = layout.views(parameters, layout.streams(seeds)), layout.views(gradient)
    averages: State = (parameters,) if recipe.averaging is None else recipe.averaging.init(parameters)
    state = recipe.optimizer.init(parameters)
    changes = is_scheduled(recipe)
    streams_of_gradients, streams_of_rows = Streams(seeds, "gradients"), Streams(seeds, "augmentation")
    without_noise = layout.views(parameters)
    again = layout.streams(seeds)  # what the first pass draws, for a second one at other weights
    W, g = (recipe.penalized(layout, array) for array in (parameters, gradient))
    recipe = replace(recipe, penalty=from_start(recipe.penalty, W))
    per_epoch = recipe.steps_per_epoch(n)
    total = recipe.epochs * per_epoch
    finite, finite_until = np.ones(len(seeds), bool), np.zeros(len(seeds), int)

    if 0 in at:
        yield Snapshot(0, 0.0, averages[0], layout, finite_until, averages)
    for t, rows in enumerate(minibatches(n, recipe.batch_size, seeds, recipe.epochs, recipe.batches), start=1):
        with np.errstate(all="ignore"):  # a diverging replica is recorded, not warned about
            x, y = data.rows(rows)
            now, layout_now = at_step((recipe, layout), t, total) if changes else (recipe, layout)
            penalty = acting(now.penalty, now.optimizer)
            eta = recipe.learning_rate(t, total)

            if now.augmentation is not None:
                slope = partial(gradient_of_inputs, now, layout_now, without_noise)
                x, y = now.augmentation(x, y, streams_of_rows, slope)
            J = backpropagate(now, layout_now, owned, x, y, gradients)
            if now.ascent is not None:
                there = layout.views(now.ascent.point(parameters, gradient), again)
                backpropagate(now, layout_now, there, x, y, gradients)
            if recipe.clipping is not None:
                recipe.clipping.clip(gradient, layout.arrays(gradient))
            penalty.in_gradient(g, W)
            on_this_minibatch = (partial(f, now, layout, x, y) for f in (objective_gradient, objective))
            penalty.before_step(W, eta)
            step = Step(t, eta, layout.count("weight", "diagonal"), *on_this_minibatch)
            noisy_gradient = distorted(gradient, now.noise.gradients, streams_of_gradients)
            now.optimizer.update(parameters, noisy_gradient, state, step)
            penalty.after_step(W, eta)
            if now.constraint is not None:
                now.constraint.project(W)
            if recipe.averaging is not None:
                recipe.averaging.update(averages, parameters, Time(t, total, per_epoch))
        finite &= np.isfinite(J[:, 0, 0])
        finite_until += finite
        if t in at:
            yield Snapshot(t, t / per_epoch, averages[0], layout, finite_until, averages)


def distorted(gradient: Parameters, source: Source | None, streams: Streams) -> Parameters:
    """The gradient with noise on it, where there is a source."""
    return gradient if source is None else of_layer(source, 0, 1)(gradient, streams)[0]


def backpropagate(
    recipe: Recipe, layout: Layout, owned: Sequence[Owned], x: Array, y: Array, gradients: Sequence[Owned]
) -> Array:
    """J on a minibatch, shape (R, 1, 1); the gradients of all arrays are written into `gradients`."""
    z, to_parameters = apply(layout, owned, x)
    J, to_z = recipe.loss(z, y)
    to_parameters(to_z, gradients)
    return J


def gradient_of_inputs(recipe: Recipe, layout: Layout, owned: Sequence[Owned], x: Array, y: Array) -> Array:
    """∂J/∂x of the loss on a minibatch, (R, B, D); the gradients of the parameters come with it, and go."""
    z, to_parameters = apply(layout, owned, x)
    _, to_z = recipe.loss(z, y)
    unused = layout.views(np.empty((len(x), 1, layout.count()), x.dtype))
    return to_parameters(to_z, unused)()


def objective_gradient(recipe: Recipe, layout: Layout, x: Array, y: Array, parameters: Array) -> Array:
    """The gradient of loss plus penalty on a minibatch, without noise, at any parameters; they may be complex."""
    gradient = np.empty_like(parameters)
    backpropagate(recipe, layout, layout.views(parameters), x, y, layout.views(gradient))
    penalty = acting(recipe.penalty, recipe.optimizer)
    penalty.in_gradient(recipe.penalized(layout, gradient), recipe.penalized(layout, parameters))
    return gradient


def objective(recipe: Recipe, layout: Layout, x: Array, y: Array, parameters: Array) -> Array:
    """Loss plus penalty on a minibatch, without noise, at any parameters, (R, 1, 1): what `objective_gradient` is the gradient of."""
    z, _ = apply(layout, layout.views(parameters), x)
    J, _ = recipe.loss(z, y)
    if recipe.penalty is None or recipe.penalty.method != "gradient":
        return J
    return J + recipe.penalty.value(recipe.penalized(layout, parameters))
