"""Where in a step a penalty acts: in the gradient, on the weights before the step, or on the weights after it.

gradient: the penalty's (sub)gradient joins the loss's, g ← g + ∂penalty/∂W, and the optimiser makes of it what it makes of gradients.

decoupled: W ← W − η ∂penalty/∂W before the step, past the optimiser; for L2, decoupled weight decay (Loshchilov & Hutter, ICLR 2019).

proximal: W ← argmin_U ½‖U − W‖² + c·penalty(U) after the step, which sets weights to exactly 0 where L1 wants it (Parikh & Boyd,
2014). c is the optimiser's `effective_learning_rate`, so that both methods settle where loss gradient and penalty balance; that is
defined for optimisers that step along the gradient (SGD, Momentum, Nesterov), and refused for others.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from backprop.layout import Weights
from backprop.optimizers import AlongTheGradient, Optimizer
from backprop.penalties import Penalty


def nothing(array: Weights, other: Any) -> None:
    """Leaves it."""


class Acting(NamedTuple):
    """What a penalty does at each of the three places; two of them, or all, are left alone."""

    in_gradient: Callable[[Weights, Weights], None] = nothing  # of g and W: changes g
    before_step: Callable[[Weights, Any], None] = nothing  # of W and the learning rate: changes W
    after_step: Callable[[Weights, Any], None] = nothing  # likewise


def acting(penalty: Penalty | None, optimizer: Optimizer) -> Acting:
    """Where a penalty acts. Raises ValueError where the optimiser has no step size for it."""
    if penalty is None:
        return Acting()
    if penalty.method == "gradient":
        return Acting(in_gradient=penalty.add_gradient)
    if penalty.method == "decoupled":
        return Acting(before_step=lambda W, eta: penalty.add_gradient(W, W, -eta))
    if not isinstance(optimizer, AlongTheGradient):
        raise ValueError(
            f"penalty.method is proximal, which is for SGD, Momentum and Nesterov; with {type(optimizer).__name__} "
            "take penalty.method=gradient or decoupled."
        )
    return Acting(after_step=lambda W, eta: penalty.proximal(W, optimizer.effective_learning_rate(eta)))
