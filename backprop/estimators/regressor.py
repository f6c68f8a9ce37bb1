"""The regressor."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from backprop.arrays import Array
from backprop.estimators.network import Backprop
from backprop.losses import SquaredError


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
