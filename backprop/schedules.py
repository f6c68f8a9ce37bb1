"""Schedules: the learning rate as a function of the step, a factor on the optimiser's own. t counts from 1 to T.

A penalty or a noise source may have a schedule too: read its strength for η.
"""

from math import cos, pi
from typing import Any, Protocol, runtime_checkable

import numpy as np

from backprop.arrays import PerReplica
from backprop.choices import choice, integer, number


@runtime_checkable
class Schedule(Protocol):
    def factor(self, t: int, T: int) -> Any:
        """What the learning rate, or the strength, is multiplied with at step t of T: a number in [0, 1], or one a replica, (R, 1, 1)."""


@choice
class Constant:
    """η(t) = η."""

    def factor(self, t: int, T: int) -> Any:
        return 1.0


@choice
class StepDecay:
    """η(t) = η γᵏ, k the number of whole stretches of ⌈T / stages⌉ steps that have passed; γ is `decay`."""

    stages: int = integer(default=3, within="[1, inf)")
    decay: PerReplica = number(default=0.1, within="(0, 1]")

    def factor(self, t: int, T: int) -> Any:
        return self.decay ** ((t - 1) // -(-T // self.stages))


@choice
class Cosine:
    """η(t) = η (f + (1 − f) ½ (1 + cos π (t − 1) / T)), f the `final` fraction. Loshchilov & Hutter, ICLR 2017."""

    final: PerReplica = number(default=0.0, within="[0, 1]")

    def factor(self, t: int, T: int) -> Any:
        return self.final + (1 - self.final) * 0.5 * (1 + cos(pi * (t - 1) / T))


@choice
class Linear:
    """η(t) = η (s + (e − s) (t − 1) / (T − 1)), from the factor `start` at the first step to `end` at the last."""

    start: PerReplica = number(default=1.0, within="[0, 1]")
    end: PerReplica = number(default=0.0, within="[0, 1]")

    def factor(self, t: int, T: int) -> Any:
        share = (t - 1) / max(T - 1, 1)
        return (1 - share) * self.start + share * self.end


@choice
class Inverse:
    """η(t) = η / (1 + (t − 1) / τ), τ = `half_life` steps: 1/t decay. Robbins & Monro, Ann. Math. Stat. 22:400 (1951)."""

    half_life: PerReplica = number(default=100, within="(0, inf)")

    def factor(self, t: int, T: int) -> Any:
        return 1 / (1 + (t - 1) / self.half_life)


@choice
class WarmUp:
    """η(t) = η min(1, t / w) for w = `steps`, then cosine to zero over the rest. Goyal et al. (2017)."""

    steps: PerReplica = number(default=50, within="[1, inf)")

    def factor(self, t: int, T: int) -> Any:
        rest = np.maximum(T - self.steps, 1)  # steps, and how far into them this one is
        after = np.maximum(t - self.steps - 1, 0) / rest
        return np.minimum(t / self.steps, 0.5 * (1 + np.cos(pi * after)))


@choice
class Cyclic:
    """η(t) = η (1 − u (1 − f)), u = 1/c, 2/c, … 1 in each cycle of c = `length` steps after the fraction `start`; before, η(t) = η.

    f is the `final` fraction, which the last step of each cycle has; averaging=swa with the same start, and `every` as the length,
    takes its samples there. Izmailov et al., UAI 2018, section 3.1.
    """

    start: PerReplica = number(default=0.5, within="[0, 1)")
    length: int = integer(default=50, within="[1, inf)")
    final: PerReplica = number(default=0.05, within="[0, 1]")

    def factor(self, t: int, T: int) -> Any:
        passed = t - np.floor(self.start * T)
        u = ((passed - 1) % self.length + 1) / self.length
        return 1 - (passed > 0) * u * (1 - self.final)
