"""What classifier and regressor share: a network, its recipe, its training."""

from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from backprop.arrays import Array
from backprop.estimators.nested import by_parameter, changed, fields_below
from backprop.estimators.sample_weights import weighted
from backprop.estimators.stopping import best, with_held_out
from backprop.layout import Layout, statistics_in
from backprop.losses import Loss
from backprop.network import MLP, Network, apply
from backprop.optimizers import Adam, Optimizer
from backprop.sets import stretch
from backprop.training import Examples, Recipe, Snapshot, train

DEFAULTS = {f.name: f.default for f in fields(Recipe) if f.name != "network"} | {"optimizer": Adam()}  # type: ignore[arg-type]


class Backprop(BaseEstimator):
    """What classifier and regressor share: a network trained by a recipe.

    Parameters
    ----------
    hidden : widths of the hidden layers; () is the linear model.
    activation : name of an activation of `backprop.operations`.
    network : any network of `backprop.network`, in place of `hidden` and `activation`.
    optimizer, schedule, clipping, averaging, penalty, constraint, noise, batches : objects of the modules of those names;
        None is Adam(), a constant rate, shuffled minibatches, and nothing of the others. So is every other field of a recipe.
    batch_size : examples to a step, at most all; None for all of them.
    epochs : passes over the data.
    early_stopping : whether to hold out `validation_fraction` of the examples, measure their loss at the start and after each
        epoch, and keep the weights where it was least. All epochs are trained.
    warm_start : whether `fit` goes on from the weights of the last fit; optimiser, schedule and averages begin anew.
    random_state : int, RandomState or None: of weights, order and noise.
    dtype : "float64" or "float32".

    Numbers of an object are parameters, too: "penalty__strength", "noise__hidden__rate", "optimizer__learning_rate".

    `sample_weight` counts an example as so many copies of it, exactly; so it is refused where that cannot hold: minibatches
    of fewer than all examples, noise on inputs or activations, batches with replacement, BatchNorm, early stopping.

    `partial_fit` is one epoch over the examples given, from the last weights; optimiser, schedule and averages begin anew at each
    call, and BatchNorm has the statistics of its examples.

    Attributes
    ----------
    coefs_, intercepts_ : weights (inputs, outputs) and biases (outputs,) of each layer.
    n_features_in_, n_iter_ : features seen, steps taken.
    validation_losses_, best_epoch_ : with early stopping, the losses after 0, 1, 2, … epochs, and the number of the least.
    """

    activation: str
    batch_size: int | None
    dtype: str
    early_stopping: bool
    hidden: tuple[int, ...]
    network: Network | None
    optimizer: Optimizer | None
    random_state: Any
    validation_fraction: float
    warm_start: bool

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name, and, if `deep`, the fields of those that are choices: "penalty__strength"."""
        own = super().get_params(deep=deep)
        below = [pair for name, value in own.items() for pair in fields_below(name, value)] if deep else []
        return own | dict(below)

    def set_params(self, **params: Any) -> "Backprop":
        """Sets parameters, and fields of those that are choices: a new choice takes the place of the old one."""
        own, below = by_parameter(params)
        super().set_params(**own, **{name: getattr(self, name, None) for name in below if name not in own})
        for name, settings in below.items():
            value = getattr(self, name)
            setattr(self, name, changed(name, DEFAULTS.get(name) if value is None else value, settings))
        return self

    def recipe(self, loss: Loss, n: int) -> Recipe:
        """The estimator's parameters as the loop's recipe: every field of a recipe that is a parameter, where it is given."""
        given = {f.name: getattr(self, f.name, None) for f in fields(Recipe)}  # type: ignore[arg-type]
        given |= {
            "network": self.network or MLP(self.hidden, self.activation),
            "loss": loss,
            "optimizer": self.optimizer or Adam(),
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        return Recipe(**chosen | {"batch_size": None if self.batch_size is None else min(self.batch_size, n)})

    @property
    def goes_on(self) -> bool:
        """Whether `fit` starts from the weights of the last fit."""
        return self.warm_start and hasattr(self, "parameters_")

    def descend(
        self, x: Array, y: Array, loss: Loss, weights: Array | None = None, stratify: Array | None = None
    ) -> None:
        """Trains on x (n, D) and y (n, K), from the last weights where they are to be kept, and keeps the weights that count."""
        self._random_state = check_random_state(self.random_state)
        x, y, seed = x.astype(self.dtype), y.astype(self.dtype), self.next_seed()
        if self.early_stopping:
            if weights is not None:
                raise ValueError(
                    "sample_weight is given, and early_stopping draws a part of the examples; leave one out."
                )
            self.descend_to_the_best(x, y, loss, seed, stratify)
            return
        recipe = self.recipe(loss, len(x))
        recipe = recipe if weights is None else weighted(recipe, y, weights)
        self.n_iter_ = recipe.epochs * recipe.steps_per_epoch(len(x))
        *_, last = self.snapshots(recipe, x, y, seed, {self.n_iter_}, self.goes_on)
        self.keep(last, x)

    def descend_to_the_best(self, x: Array, y: Array, loss: Loss, seed: int, stratify: Array | None) -> None:
        """Trains on a part of the examples, and keeps the weights with the least loss on the others."""
        data = with_held_out(x, y, self.validation_fraction, seed, stratify)
        own_x, own_y = (stretch(part, data.rows["train"])[0] for part in (data.features, data.targets))
        recipe = self.recipe(loss, len(own_x))
        per_epoch = recipe.steps_per_epoch(len(own_x))
        self.n_iter_ = recipe.epochs * per_epoch
        at = range(0, self.n_iter_ + 1, per_epoch)
        found = best(recipe, data, self.snapshots(recipe, own_x, own_y, seed, at, self.goes_on))
        self.validation_losses_, self.best_epoch_ = found.losses, found.epoch
        self.keep(found.snapshot, own_x)

    def descend_once(self, x: Array, y: Array, loss: Loss) -> None:
        """One epoch from the last weights, or from the initial ones."""
        if self.early_stopping:
            raise ValueError("early_stopping is True, and partial_fit has no part of the examples held out; take fit.")
        if not hasattr(self, "parameters_"):
            self._random_state, self.n_iter_ = check_random_state(self.random_state), 0
        x, y = x.astype(self.dtype), y.astype(self.dtype)
        recipe = replace(self.recipe(loss, len(x)), epochs=1)
        steps = recipe.steps_per_epoch(len(x))
        *_, last = self.snapshots(recipe, x, y, self.next_seed(), {steps}, hasattr(self, "parameters_"))
        self.n_iter_ += steps
        self.keep(last, x)

    def next_seed(self) -> int:
        return int(self._random_state.randint(np.iinfo(np.int32).max))

    def snapshots(
        self, recipe: Recipe, x: Array, y: Array, seed: int, at: Collection[int], goes_on: bool
    ) -> Iterator[Snapshot]:
        """Trains one network, from the last weights if it `goes_on`. Raises ValueError where these do not fit."""
        if goes_on:
            check_same(self.layout_, recipe.layout(x.shape[-1], y.shape[-1]))
        start = self.parameters_ if goes_on else None
        return train(recipe, Examples(x[None], y[None], np.array([0])), [seed], at, start=start)

    def keep(self, snapshot: Snapshot, x: Array) -> None:
        """Keeps the weights, with the statistics of the rows x where the network needs some."""
        self.layout_, self.parameters_ = snapshot.layout, snapshot.parameters
        settles = self.layout_.settles
        self.statistics_ = statistics_in(self.layout_.settled(self.parameters_, x[None])) if settles else []
        self.coefs_ = [w[0] for w in self.layout_.weights(self.parameters_).arrays]
        self.intercepts_ = [b[0, 0] for b in self.layout_.of_role(self.parameters_, "bias")]

    def outputs(self, X: Any) -> Array:
        """The network's outputs z, shape (n, K)."""
        check_is_fitted(self)
        x = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        owned = self.layout_.views(self.parameters_, None, self.statistics_)
        z, _ = apply(self.layout_, owned, x.astype(self.dtype)[None])
        return z[0]


def check_same(fitted: Layout, asked: Layout) -> None:
    """Raises ValueError where the arrays of two networks differ."""
    before, now = ([(a.role, a.rows, a.columns) for a in layout.owned_arrays] for layout in (fitted, asked))
    if before != now:
        raise ValueError(
            f"the fitted network has arrays {before}, and {now} are asked for, so it cannot go on; take warm_start=False and fit."
        )
