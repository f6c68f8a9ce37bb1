"""The classifier."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from backprop.arrays import Array
from backprop.estimators.network import Backprop
from backprop.losses import SoftmaxCrossEntropy


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
