"""Noise keeps the mean, its pullback is its gradient, and it is absent in evaluation: a noisy pass leaves nothing behind.

Where it is `shared_over` the batch, the rows share a draw; else they do not.
"""

from dataclasses import replace

import numpy as np

from backprop.arrays import Array
from backprop.choices import choice, number
from backprop.classroom.gradcheck import gradient_error
from backprop.layout import initial_parameters
from backprop.network import MLP, apply, lay_out
from backprop.noise import Dropout, Gaussian, MultiplicativeGaussian, Noise, Source
from backprop.randomness import Streams
from backprop.schedules import Linear, Schedule
from backprop.strengths import at_step

R, B, I, O = 2, 3, 5, 7  # noqa: E741
COLUMNS = 40_000
SEEDS = [0, 1]


def promise(source: Source) -> None:
    for value in (2.0, -1.0):
        the_mean_is_kept(source, value)
    evaluation_is_what_it_was_before_a_noisy_pass(source)
    the_pullback_is_the_gradient(source)
    its_schedule_turns_it_off(source)


def the_mean_is_kept(source: Source, value: float) -> None:
    """Columns have draws of their own, rows may share them: their means are as many samples as there are columns."""
    noisy, _ = source(np.full((1, B, COLUMNS), value), Streams([0], "hidden"))
    means = noisy.mean(axis=1)
    shared = getattr(source, "shared_over", "nothing") == "batch" or bool((noisy == value).all())
    assert (noisy == noisy[:, :1]).all() == shared, f"{source}: rows {'differ' if shared else 'share a draw'}"
    off, error = abs(means.mean() - value), means.std(ddof=1) / np.sqrt(COLUMNS)
    assert off < 5 * error + 1e-12, f"{source} makes {means.mean():.4f} ± {error:.4f} of {value}"


def the_pullback_is_the_gradient(source: Source) -> None:
    def J(a: Array):
        noisy, pullback = source(a, Streams(SEEDS, "hidden"))  # a new stream: the same draws each time
        return (noisy * noisy).sum(axis=(-2, -1), keepdims=True), [pullback(2 * noisy)]

    error = gradient_error(J, np.random.default_rng(0).standard_normal((R, B, O)))
    assert error < 1e-6, f"the pullback of {source} is {error:.1e} off"


def its_schedule_turns_it_off(source: Source) -> None:
    if hasattr(source, "schedule"):
        silent = at_step(replace(source, schedule=Linear(0.0, 0.0)), 1, 1)  # type: ignore[type-var]
        a = np.random.default_rng(0).standard_normal((R, B, O))
        noisy, _ = silent(a, Streams(SEEDS, "hidden"))
        assert (noisy == a).all(), f"{source} is deaf to its schedule: with the factor 0 there is noise"


def evaluation_is_what_it_was_before_a_noisy_pass(source: Source) -> None:
    layout = lay_out(MLP((11,), "tanh"), I, O, Noise(source, source, source if on_weights(source) else None))
    parameters = initial_parameters(layout, SEEDS, "float32")
    x = np.random.default_rng(0).standard_normal((R, B, I)).astype("float32")
    before, _ = apply(layout, layout.views(parameters), x)
    noisy, _ = apply(layout, layout.views(parameters, layout.streams(SEEDS)), x)
    after, _ = apply(layout, layout.views(parameters), x)
    assert noisy.dtype == before.dtype, f"{source} makes {noisy.dtype} of {before.dtype}"
    assert (before == after).all(), f"{source} is still there in evaluation: a noisy pass has changed what it was given"


def on_weights(source: Source) -> bool:
    return getattr(source, "shared_over", "nothing") == "nothing"


class GaussianThatStays(Gaussian):
    """Adds noise in place: to the weights themselves, where it acts on weights."""

    def __call__(self, a, streams):
        a += self.scale * streams.normal(a.shape[-2], a.shape[-1], a.dtype)
        return a, lambda da: da


class DropoutWithoutItsFactor(Dropout):
    """ã = a m: less on the mean than a."""

    def __call__(self, a, streams):
        kept = streams.uniform(a.shape[-2], a.shape[-1], a.dtype) >= self.rate
        return a * kept, lambda da: da * kept


class HalfNormal(Gaussian):
    """ã = a + s |ξ|."""

    def __call__(self, a, streams):
        return a + self.scale * np.abs(streams.normal(a.shape[-2], a.shape[-1], a.dtype)), lambda da: da


class MultiplicativeWithThePullbackOfAdditive(MultiplicativeGaussian):
    """ã = a (1 + s ξ), and da = dã."""

    def __call__(self, a, streams):
        noisy, _ = MultiplicativeGaussian.__call__(self, a, streams)
        return noisy, lambda da: da


class DropoutOfWholeColumns(Dropout):
    """Drops a unit for all rows, whatever `per` says."""

    def __call__(self, a, streams):
        return Dropout(self.rate, "batch")(a, streams)


@choice
class GaussianWithoutTheMark:
    """Has a schedule, and no scale marked as what it is for."""

    scale: float = number(default=0.1, within="[0, inf)")
    shared_over: str = "nothing"
    schedule: Schedule | None = None
    __call__ = Gaussian.__call__


BROKEN = [
    GaussianThatStays(),
    DropoutWithoutItsFactor(),
    HalfNormal(),
    MultiplicativeWithThePullbackOfAdditive(),
    DropoutOfWholeColumns(),
    GaussianWithoutTheMark(),
]
