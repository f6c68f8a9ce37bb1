"""What losses of classes share: the error that is quoted, and the logarithm of the softmax."""

import numpy as np

from backprop import kernels
from backprop.losses.loss import Outputs, PerExample


def misclassified(z: Outputs, y: Outputs) -> PerExample:
    """1 where the largest output is not that of the class, else 0."""
    error = np.empty_like(z[..., :1])
    kernels.misclassified(z, y, error)
    return error


def log_softmax(z: Outputs) -> Outputs:
    """zₖ − log Σⱼ exp zⱼ, after the largest output is taken off all of them, so that nothing overflows."""
    shifted = z - z.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
