"""Losses J: the mean over examples of a cost summed over outputs. Targets are arrays; a class is its one-hot row."""

from backprop.losses.binary_cross_entropy import BinaryCrossEntropy, binary_cross_entropy
from backprop.losses.class_weights import balanced
from backprop.losses.confidence_penalty import ConfidencePenalty
from backprop.losses.cross_entropy import SoftmaxCrossEntropy, softmax_cross_entropy
from backprop.losses.focal import Focal
from backprop.losses.hinge import Hinge
from backprop.losses.loss import Loss
from backprop.losses.probabilities import LINKS, LOG_LINKS
from backprop.losses.sigmoid_squared_error import SigmoidSquaredError
from backprop.losses.squared_error import SquaredError, squared_error
from backprop.losses.squared_error_on_classes import SquaredErrorOnClasses

__all__ = [
    "LINKS",
    "LOG_LINKS",
    "BinaryCrossEntropy",
    "ConfidencePenalty",
    "Focal",
    "Hinge",
    "Loss",
    "SigmoidSquaredError",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "SquaredErrorOnClasses",
    "balanced",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "squared_error",
]
