"""What classifier and regressor share: a multilayer perceptron, its recipe, its training."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from backprop.arrays import Array
from backprop.layout import statistics_in
from backprop.losses import Loss
from backprop.network import MLP, apply
from backprop.optimizers import Adam
from backprop.training import Examples, Recipe, train

OF_RECIPE = ("schedule", "clipping", "averaging", "penalty", "constraint", "noise", "augmentation", "ascent")


class Backprop(BaseEstimator):
    """What classifier and regressor share: a multilayer perceptron trained by a recipe.

    Parameters
    ----------
    hidden : widths of the hidden layers; () is the linear model.
    activation : name of an activation of `backprop.operations`.
    optimizer, schedule, clipping, averaging, penalty, constraint, noise, augmentation, ascent : objects of the modules of
        those names; None is Adam(), a constant rate, and nothing of the others.
    batch_size : examples to a step, at most all; None for all of them.
    epochs : passes over the data.
    random_state : int, RandomState or None: of weights, order and noise.
    dtype : "float64" or "float32".

    Attributes
    ----------
    coefs_, intercepts_ : weights (inputs, outputs) and biases (outputs,) of each layer.
    n_features_in_, n_iter_ : features seen, steps taken.
    """

    def __init__(
        self,
        hidden=(100,),
        activation="relu",
        optimizer=None,
        schedule=None,
        clipping=None,
        averaging=None,
        penalty=None,
        constraint=None,
        noise=None,
        augmentation=None,
        ascent=None,
        batch_size=32,
        epochs=200,
        random_state=None,
        dtype="float64",
    ):
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.schedule = schedule
        self.clipping = clipping
        self.averaging = averaging
        self.penalty = penalty
        self.constraint = constraint
        self.noise = noise
        self.augmentation = augmentation
        self.ascent = ascent
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state
        self.dtype = dtype

    def recipe(self, loss: Loss, n: int) -> Recipe:
        """The estimator's parameters as the loop's recipe."""
        given = {key: getattr(self, key) for key in OF_RECIPE}
        return Recipe(
            network=MLP(self.hidden, self.activation),
            loss=loss,
            optimizer=self.optimizer or Adam(),
            batch_size=None if self.batch_size is None else min(self.batch_size, n),
            epochs=self.epochs,
            dtype=self.dtype,
            **{key: value for key, value in given.items() if value is not None},
        )

    def descend(self, x: Array, y: Array, loss: Loss) -> None:
        """Trains on x (n, D) and y (n, K), and keeps the last weights."""
        recipe = self.recipe(loss, len(x))
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        steps = recipe.epochs * recipe.steps_per_epoch(len(x))
        own = x.astype(self.dtype)[None]
        data = Examples(own, y.astype(self.dtype)[None], np.array([0]))
        *_, last = train(recipe, data, [seed], {steps})
        self.layout_, self.parameters_ = last.layout, last.parameters.copy()
        self.statistics_ = statistics_in(last.layout.settled(self.parameters_, own)) if last.layout.settles else []
        W = last.layout.weights(self.parameters_)
        self.coefs_ = [w[0] for w in W.arrays]
        self.intercepts_ = [b[0, 0] for b in last.layout.of_role(self.parameters_, "bias")]
        self.n_iter_ = steps

    def outputs(self, X: Any) -> Array:
        """The network's outputs z, shape (n, K)."""
        check_is_fitted(self)
        x = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        owned = self.layout_.views(self.parameters_, None, self.statistics_)
        z, _ = apply(self.layout_, owned, x.astype(self.dtype)[None])
        return z[0]
