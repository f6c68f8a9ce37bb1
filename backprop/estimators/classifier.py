"""The classifier."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from backprop.arrays import Array
from backprop.estimators.arguments import OWN, arguments
from backprop.estimators.network import Backprop
from backprop.losses import SoftmaxCrossEntropy


@arguments(**OWN, class_weight=None)
class BackpropClassifier(ClassifierMixin, Backprop):
    """A softmax classifier: descends −(1/n) Σ log p(yₙ | xₙ). Parameters and attributes as the base's, and `classes_`.

    `class_weight` is None, "balanced", or {class: weight}, 1 for classes that are not named: what the cost of each example is
    multiplied with.
    """

    class_weight: str | Mapping[Any, float] | None
    classes_: Array

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "BackpropClassifier":
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y has one class, {classes[0]!r}; a classifier needs two or more.")
        if self.goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start is True, and the classes were {self.classes_}; they must be the same, not {classes}."
            )
        self.classes_ = classes
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.descend(X, np.eye(len(classes))[codes], self.loss(), weights, stratify=codes)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "BackpropClassifier":
        """One epoch over these examples. The first call needs all `classes` that will come."""
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise ValueError("classes is None; the first call of partial_fit needs all classes that will come.")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight is balanced, which needs all examples at once; give partial_fit {class: weight}."
            )
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=first)
        check_classification_targets(y)
        known = np.unique(classes) if first else self.classes_
        if unknown := sorted(set(np.unique(y).tolist()) - set(known.tolist())):
            raise ValueError(
                f"y has classes {unknown}, which are not among {known.tolist()}; name all in the first call."
            )
        self.classes_ = known
        self.descend_once(X, np.eye(len(known))[np.searchsorted(known, y)], self.loss())
        return self

    def loss(self) -> SoftmaxCrossEntropy:
        """The loss, with the weights of the classes in their order."""
        if self.class_weight is None or self.class_weight == "balanced":
            return SoftmaxCrossEntropy(class_weights=self.class_weight or "none")
        given = dict(self.class_weight) if isinstance(self.class_weight, Mapping) else None
        if given is None or not set(given) <= set(self.classes_.tolist()):
            raise ValueError(
                f"class_weight is {self.class_weight!r}; it must be None, balanced, or weights of classes among {self.classes_.tolist()}."
            )
        return SoftmaxCrossEntropy(class_weights=tuple(float(given.get(name, 1)) for name in self.classes_.tolist()))

    def predict_proba(self, X: Any) -> Array:
        """p(class | x), shape (n, classes)."""
        z = self.outputs(X)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Array:
        best = self.outputs(X).argmax(axis=1)
        return self.classes_[best]
