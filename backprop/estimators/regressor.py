"""The regressor."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import _check_sample_weight, validate_data

from backprop.arrays import Array
from backprop.estimators.arguments import OWN, arguments
from backprop.estimators.network import Backprop
from backprop.losses import SquaredError


@arguments(**OWN)
class BackpropRegressor(RegressorMixin, Backprop):
    """A regression network: descends (1/n) Σ ‖zₙ − yₙ‖²; y may have several columns. Parameters and attributes as the base's."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "BackpropRegressor":
        X, y = self.validated(X, y, reset=True)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.descend(X, y, SquaredError(), weights)
        return self

    def partial_fit(self, X: Any, y: Any) -> "BackpropRegressor":
        """One epoch over these examples."""
        self.descend_once(*self.validated(X, y, reset=not hasattr(self, "parameters_")), SquaredError())
        return self

    def validated(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        """The examples as arrays (n, D) and (n, K)."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True, reset=reset)
        self.one_column_ = y.ndim == 1
        return X, y.reshape(len(y), -1)

    def predict(self, X: Any) -> Array:
        z = self.outputs(X)
        return z[:, 0] if self.one_column_ else z
