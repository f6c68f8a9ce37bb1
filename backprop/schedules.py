"""Schedules: the learning rate as a function of the step, a factor on the optimiser's own. t counts from 1 to T."""

from math import cos, pi
from typing import Protocol, runtime_checkable

from backprop.choices import choice, integer, number


@runtime_checkable
class Schedule(Protocol):
    def factor(self, t: int, T: int) -> float:
        """What the learning rate is multiplied with at step t of T."""


@choice
class Constant:
    """η(t) = η."""

    def factor(self, t: int, T: int) -> float:
        return 1.0


@choice
class StepDecay:
    """η(t) = η γᵏ, k the number of whole stretches of ⌈T / stages⌉ steps that have passed; γ is `decay`."""

    stages: int = integer(default=3, within="[1, inf)")
    decay: float = number(default=0.1, within="(0, 1]")

    def factor(self, t: int, T: int) -> float:
        return self.decay ** ((t - 1) // -(-T // self.stages))


@choice
class Cosine:
    """η(t) = η (f + (1 − f) ½ (1 + cos π (t − 1) / T)), f the `final` fraction. Loshchilov & Hutter, ICLR 2017."""

    final: float = number(default=0.0, within="[0, 1]")

    def factor(self, t: int, T: int) -> float:
        return self.final + (1 - self.final) * 0.5 * (1 + cos(pi * (t - 1) / T))


@choice
class Inverse:
    """η(t) = η / (1 + (t − 1) / τ), τ = `half_life` steps: 1/t decay. Robbins & Monro, Ann. Math. Stat. 22:400 (1951)."""

    half_life: int = integer(default=100, within="[1, inf)")

    def factor(self, t: int, T: int) -> float:
        return 1 / (1 + (t - 1) / self.half_life)


@choice
class WarmUp:
    """η(t) = η min(1, t / w) for w = `steps`, then cosine to zero over the rest. Goyal et al. (2017)."""

    steps: int = integer(default=50, within="[1, inf)")

    def factor(self, t: int, T: int) -> float:
        if t <= self.steps:
            return t / self.steps
        return Cosine().factor(t - self.steps, max(T - self.steps, 1))
