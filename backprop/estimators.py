"""scikit-learn's interface over the same training loop, for pipelines and searches. The only module here that imports scikit-learn.

>>> from sklearn.datasets import load_wine
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> x, y = load_wine(return_X_y=True)
>>> model = make_pipeline(StandardScaler(), BackpropClassifier(hidden=(8,), epochs=100, random_state=0)).fit(x, y)
>>> bool(model.score(x, y) > 0.95)
True
"""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from backprop.arrays import Array
from backprop.losses import Loss, SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP, Layer, apply
from backprop.optimizers import Adam
from backprop.training import Examples, Recipe, train


class Backprop(BaseEstimator):
    """What classifier and regressor share: a multilayer perceptron trained by a recipe.

    Parameters
    ----------
    hidden : widths of the hidden layers; () is the linear model.
    activation : name of an activation of `backprop.operations`.
    optimizer, schedule, clipping, averaging, penalty, constraint, noise : objects of the modules of those names; None
        is Adam(), a constant rate, and nothing of the others.
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
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state
        self.dtype = dtype

    def recipe(self, loss: Loss, n: int) -> Recipe:
        """The estimator's parameters as the loop's recipe."""
        given = {
            key: getattr(self, key) for key in ("schedule", "clipping", "averaging", "penalty", "constraint", "noise")
        }
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
        data = Examples(x.astype(self.dtype)[None], y.astype(self.dtype)[None], np.array([0]))
        *_, last = train(recipe, data, [seed], {steps})
        self.coefs_ = [W[0].copy() for W, _ in last.layers]
        self.intercepts_ = [b[0, 0].copy() for _, b in last.layers]
        self.n_iter_ = steps

    def outputs(self, X: Any) -> Array:
        """The network's outputs z, shape (n, K)."""
        check_is_fitted(self)
        x = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        layers = [Layer(W[None], b[None, None]) for W, b in zip(self.coefs_, self.intercepts_, strict=True)]
        z, _ = apply(MLP(self.hidden, self.activation), layers, x.astype(self.dtype)[None])
        return z[0]


class BackpropClassifier(ClassifierMixin, Backprop):
    """A softmax classifier: descends −(1/n) Σ log p(yₙ | xₙ). Attributes as the base's, and `classes_`."""

    def fit(self, X: Any, y: Any) -> "BackpropClassifier":
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class, {self.classes_[0]!r}; a classifier needs two or more.")
        self.descend(X, np.eye(len(self.classes_))[codes], SoftmaxCrossEntropy())
        return self

    def predict_proba(self, X: Any) -> Array:
        """p(class | x), shape (n, classes)."""
        z = self.outputs(X)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Array:
        best = self.outputs(X).argmax(axis=1)
        return self.classes_[best]


class BackpropRegressor(RegressorMixin, Backprop):
    """A regression network: descends (1/n) Σ ‖zₙ − yₙ‖²; y may have several columns."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> "BackpropRegressor":
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True)
        self.one_column_ = y.ndim == 1
        self.descend(X, y.reshape(len(y), -1), SquaredError())
        return self

    def predict(self, X: Any) -> Array:
        z = self.outputs(X)
        return z[:, 0] if self.one_column_ else z
