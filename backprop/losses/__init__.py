"""Losses J: the mean over examples of a cost summed over outputs. Targets are arrays; a class is its one-hot row."""

from backprop.losses.binary_cross_entropy import BinaryCrossEntropy, binary_cross_entropy
from backprop.losses.class_weights import balanced
from backprop.losses.cross_entropy import SoftmaxCrossEntropy, softmax_cross_entropy
from backprop.losses.loss import Loss
from backprop.losses.squared_error import SquaredError, squared_error

__all__ = [
    "BinaryCrossEntropy",
    "Loss",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "balanced",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "squared_error",
]
