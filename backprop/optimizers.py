"""Optimisers turn a gradient into a step on the one parameter array, in place. η is the step's own learning rate.

Where libraries differ the docstring says which form is meant, and how to convert.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from backprop import kernels
from backprop.arrays import PerReplica
from backprop.choices import choice, number
from backprop.hessian import newton_direction
from backprop.layout import Parameters
from backprop.line_search import backtracked
from backprop.schedules import Schedule

State = tuple[Parameters, ...]
LARGEST_FOR_NEWTON = 1000  # parameters: a step solves an eigenproblem of this size


class Step(NamedTuple):
    """What an optimiser may know of the step it takes."""

    t: int  # 1, 2, …
    eta: Any  # the learning rate at t, (R, 1, 1) or a number
    weights: int  # so many of the parameters, the first, are weights; the rest are biases
    gradient_at: Callable[[Parameters], Parameters]  # of the objective on this minibatch, at any parameters
    objective_at: Callable[[Parameters], Any]  # its value there, (R, 1, 1)


@runtime_checkable
class Optimizer(Protocol):
    """What the loop asks of an optimiser."""

    @property
    def learning_rate(self) -> Any: ...

    def init(self, W: Parameters) -> State:
        """Its state before the first step."""

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        """One update of W and of the state, in place."""


@runtime_checkable
class AlongTheGradient(Protocol):
    """An optimiser that steps along the gradient, so that a proximal penalty has a step size."""

    def effective_learning_rate(self, eta: Any) -> Any:
        """How far W moves, in total, for a unit of gradient."""


@choice
class SGD:
    """W ← W − η g."""

    learning_rate: PerReplica = number(default=0.1, within="(0, inf)")

    def init(self, W: Parameters) -> State:
        return ()

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        W -= step.eta * g

    def effective_learning_rate(self, eta: Any) -> Any:
        return eta


@choice
class Momentum:
    """v ← μ v + g; W ← W − η v: Polyak's heavy ball (1964).

    PyTorch's SGD(momentum=μ, dampening=0) is the same. Texts that write v ← μ v − η g; W ← W + v agree while η is constant.
    """

    learning_rate: PerReplica = number(default=0.02, within="(0, inf)")
    momentum: PerReplica = number(default=0.9, within="[0, 1)")

    def init(self, W: Parameters) -> State:
        return (np.zeros_like(W),)

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        (v,) = state
        kernels.momentum_step(W, v, g, kernels.column(self.momentum, W), kernels.column(step.eta, W))

    def effective_learning_rate(self, eta: Any) -> Any:
        return eta / (1 - self.momentum)


@choice
class Nesterov:
    """v ← μ v + g; W ← W − η (g + μ v): Nesterov's method (1983), as in PyTorch's SGD(nesterov=True).

    The classical form takes the gradient at a point looked ahead to, W + μ × the last step; the W here is that point
    (Sutskever et al., ICML 2013, section 7 of the appendix gives the change of variables).
    """

    learning_rate: PerReplica = number(default=0.02, within="(0, inf)")
    momentum: PerReplica = number(default=0.9, within="[0, 1)")

    def init(self, W: Parameters) -> State:
        return (np.zeros_like(W),)

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        (v,) = state
        v *= self.momentum
        v += g
        W -= step.eta * (g + self.momentum * v)

    def effective_learning_rate(self, eta: Any) -> Any:
        return eta / (1 - self.momentum)


@choice
class Adagrad:
    """s ← s + g²; W ← W − η g / (√s + ε). Duchi et al., JMLR 12 (2011). ε stands outside the root, as in PyTorch."""

    learning_rate: PerReplica = number(default=0.01, within="(0, inf)")
    epsilon: PerReplica = number(default=1e-10, within="(0, inf)")

    def init(self, W: Parameters) -> State:
        return (np.zeros_like(W),)

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        (s,) = state
        s += g * g
        W -= step.eta * g / (np.sqrt(s) + self.epsilon)


@choice
class RMSProp:
    """s ← ρ s + (1 − ρ) g²; W ← W − η g / (√s + ε). Hinton's lecture 6e (2012). ε outside the root, as in PyTorch.

    ρ is `decay`, PyTorch's alpha. TensorFlow puts ε inside the root.
    """

    learning_rate: PerReplica = number(default=0.001, within="(0, inf)")
    decay: PerReplica = number(default=0.99, within="[0, 1)")
    epsilon: PerReplica = number(default=1e-8, within="(0, inf)")

    def init(self, W: Parameters) -> State:
        return (np.zeros_like(W),)

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        (s,) = state
        s *= self.decay
        s += (1 - self.decay) * (g * g)
        W -= step.eta * g / (np.sqrt(s) + self.epsilon)


@choice
class Adam:
    """m ← β₁ m + (1 − β₁) g; s ← β₂ s + (1 − β₂) g²; W ← W − η m̂ / (√ŝ + ε), m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ).

    Kingma & Ba, ICLR 2015, algorithm 1, with the bias corrections before ε is added, as in PyTorch. An L2 penalty with
    method "gradient" passes through m and s (coupled); with method "decoupled" it is AdamW.
    """

    learning_rate: PerReplica = number(default=0.001, within="(0, inf)")
    beta1: PerReplica = number(default=0.9, within="[0, 1)")
    beta2: PerReplica = number(default=0.999, within="[0, 1)")
    epsilon: PerReplica = number(default=1e-8, within="(0, inf)")

    def init(self, W: Parameters) -> State:
        return np.zeros_like(W), np.zeros_like(W)

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        adam_step(self, W, g, state, step)


@choice
class AdamW:
    """W ← (1 − η λ) W on the weights, then Adam's step: decay decoupled from the gradient's scale; λ is `strength`.

    Loshchilov & Hutter, ICLR 2019, in PyTorch's form (η multiplies λ). Biases are not decayed; PyTorch decays them too
    unless told otherwise. The same as Adam with an L2 penalty whose method is "decoupled".
    """

    learning_rate: PerReplica = number(default=0.001, within="(0, inf)")
    strength: PerReplica = number(default=0.01, within="[0, inf)", scheduled=True)
    beta1: PerReplica = number(default=0.9, within="[0, 1)")
    beta2: PerReplica = number(default=0.999, within="[0, 1)")
    epsilon: PerReplica = number(default=1e-8, within="(0, inf)")
    schedule: Schedule | None = None  # of the strength; that of the learning rate is the recipe's

    def init(self, W: Parameters) -> State:
        return np.zeros_like(W), np.zeros_like(W)

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        W[..., : step.weights] *= 1 - step.eta * self.strength
        adam_step(self, W, g, state, step)


def adam_step(settings: "Adam | AdamW", W: Parameters, g: Parameters, state: State, step: Step) -> None:
    """The update that Adam and AdamW share."""
    m, s = state
    beta1, beta2, epsilon = (kernels.column(b, W) for b in (settings.beta1, settings.beta2, settings.epsilon))
    rate1 = kernels.column(step.eta, W) / (1 - beta1**step.t)
    kernels.adam_step(W, m, s, g, beta1, beta2, rate1, 1 / (1 - beta2**step.t), epsilon)


@choice
class Newton:
    """W ← W − η Σᵢ qᵢ (qᵢ·g) / max(|hᵢ|, δ), with H = Σᵢ hᵢ qᵢ qᵢᵀ the Hessian of the objective; δ is `damping`.

    Where all curvatures hᵢ exceed δ this is Newton's step, H⁻¹ g, which solves a quadratic at once with η = 1;
    negative curvature is stepped along, downhill, not up (Dauphin et al., NeurIPS 2014). It costs P gradients and a
    P × P eigenproblem a step: for small models, and without noise, since noise would differ between the gradients.
    With `line_search` η is halved until the objective falls (backprop/line_search.py): where curvature all but vanishes,
    as beside separable classes, the whole step would go far past the minimum.
    """

    learning_rate: PerReplica = number(default=1.0, within="(0, inf)")
    damping: PerReplica = number(default=1e-3, within="(0, inf)")
    line_search: bool = True

    def init(self, W: Parameters) -> State:
        if W.shape[-1] > LARGEST_FOR_NEWTON:
            raise ValueError(f"Newton is for at most {LARGEST_FOR_NEWTON} parameters; this network has {W.shape[-1]}.")
        return ()

    def update(self, W: Parameters, g: Parameters, state: State, step: Step) -> None:
        d = newton_direction(step.gradient_at, W, g, self.damping)
        W[...] = backtracked(step.objective_at, W, g, d, step.eta) if self.line_search else W - step.eta * d
