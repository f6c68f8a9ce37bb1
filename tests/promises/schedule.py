"""A schedule's factor lies in [0, 1], at every step of a run of any length."""

from backprop.schedules import Constant, Cyclic, Inverse, Linear, Schedule, WarmUp


def promise(schedule: Schedule) -> None:
    for T in (1, 2, 7, 100, 1000):
        for t in range(1, T + 1):
            factor = schedule.factor(t, T)
            assert 0 <= factor <= 1, f"{schedule} gives {factor} at step {t} of {T}"


class MinusThirtySeven(Constant):
    def factor(self, t, T):
        return -37.0


class InverseThatCountsFromOneTooFew(Inverse):
    """1 / (t / τ) of the steps before: more than 1 at first."""

    def factor(self, t, T):
        return self.half_life / t


class WarmUpThatNeverStops(WarmUp):
    def factor(self, t, T):
        return t / self.steps


class CyclicThatForgetsToTurn(Cyclic):
    """Goes on falling after the first cycle."""

    def factor(self, t, T):
        return 1 - t / self.length * (1 - self.final)


class LinearThatGoesOn(Linear):
    """Counts one step too few, and passes its end."""

    def factor(self, t, T):
        share = t / max(T - 1, 1)
        return (1 - share) * self.start + share * self.end


BROKEN = [
    LinearThatGoesOn(),
    MinusThirtySeven(),
    InverseThatCountsFromOneTooFew(),
    WarmUpThatNeverStops(),
    CyclicThatForgetsToTurn(),
]
