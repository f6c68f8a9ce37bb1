"""Strengths with a schedule: constant is no schedule, bit for bit; a ramp against its closed form; replicas keep to themselves."""

from dataclasses import replace

import numpy as np
import pytest

from backprop.arrays import per_replica
from backprop.ascents import SAM
from backprop.augmentations import FGSM
from backprop.constraints import MaxNorm
from backprop.initializations import Normal
from backprop.losses import ConfidencePenalty, SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP
from backprop.noise import Dropout, Gaussian, MultiplicativeGaussian, Noise
from backprop.optimizers import SGD, AdamW, Momentum, Newton
from backprop.penalties import L1, L2, ElasticNet
from backprop.schedules import Constant, Cosine, Linear, StepDecay
from backprop.stacking import stack
from backprop.strengths import at_step, is_scheduled
from backprop.training import Examples, Recipe, train

N, D, K = 17, 5, 2
HALF = Linear(0.5, 0.5)


def data(replicas, dtype="float64"):
    draw = np.random.default_rng(0)
    x, y = draw.standard_normal((1, N, D)).astype(dtype), draw.standard_normal((1, N, K)).astype(dtype)
    return Examples(x, y, np.zeros(replicas, int))


def recipe(**changes):
    settings = {"network": MLP((7, 3)), "loss": SquaredError(), "optimizer": Momentum(0.02, 0.9), "batch_size": 5}
    return Recipe(**{**settings, "epochs": 3, "dtype": "float64", **changes})


def final(recipe, seeds=(0, 1), dtype="float64"):
    (last,) = train(recipe, data(len(seeds), dtype), seeds, {recipe.epochs * recipe.steps_per_epoch(N)})
    return last.parameters.copy()


CHOICES = {
    "L2": lambda schedule: {"penalty": L2(0.1, schedule=schedule)},
    "L2 decoupled": lambda schedule: {"penalty": L2(0.1, "decoupled", schedule=schedule)},
    "L1 proximal": lambda schedule: {"penalty": L1(0.01, schedule=schedule)},
    "elastic net": lambda schedule: {"penalty": ElasticNet(0.1, 0.3, "gradient", schedule=schedule)},
    "dropout": lambda schedule: {"noise": Noise(hidden=Dropout(0.4, schedule=schedule))},
    "dropout, a rate a layer": lambda schedule: {"noise": Noise(hidden=Dropout((0.2, 0.6), schedule=schedule))},
    "noise at inputs": lambda schedule: {"noise": Noise(inputs=Gaussian(0.3, schedule=schedule))},
    "noise at weights": lambda schedule: {"noise": Noise(weights=MultiplicativeGaussian(0.3, schedule=schedule))},
    "label smoothing": lambda schedule: {"loss": SoftmaxCrossEntropy(0.3, schedule=schedule)},
    "confidence penalty": lambda schedule: {"loss": ConfidencePenalty(0.3, schedule=schedule)},
    "SAM": lambda schedule: {"ascent": SAM(0.3, schedule=schedule)},
    "adversarial examples": lambda schedule: {"augmentation": FGSM(0.3, schedule=schedule)},
    "AdamW": lambda schedule: {"optimizer": AdamW(0.01, 0.3, schedule=schedule)},
    "noise at gradients": lambda schedule: {"noise": Noise(gradients=Gaussian(0.3, schedule=schedule))},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("changes", CHOICES.values(), ids=CHOICES)
def test_a_constant_schedule_gives_the_same_bits_as_none_and_another_one_does_not(changes, dtype):
    without, constant, ramp = (
        final(stack([recipe(dtype=dtype, **changes(one))] * 2, dtype), dtype=dtype)
        for one in (None, Constant(), Linear())
    )
    assert (constant == without).all()
    assert (ramp != without).any()
    assert ramp.dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("changes", CHOICES.values(), ids=CHOICES)
def test_schedules_differ_between_the_replicas_of_a_stack(changes, dtype):
    recipes = [recipe(dtype=dtype, **changes(Linear(start, end))) for start, end in ((0.0, 1.0), (1.0, 0.3))]
    together = final(stack(recipes, dtype), (1, 0), dtype)
    assert together.dtype == dtype
    for place, seed in enumerate((1, 0)):
        assert (final(stack(recipes[place : place + 1], dtype), (seed,), dtype)[0] == together[place]).all()


FACTORS = {  # of one weight at a step, with curvature h and strength s: what the step leaves of it
    "gradient": lambda eta, h, s: 1 - eta * (h + s),
    "decoupled": lambda eta, h, s: 1 - eta * (h + s),
    "proximal": lambda eta, h, s: (1 - eta * h) / (1 + eta * s),
}


@pytest.mark.parametrize("method", FACTORS)
def test_a_ramp_of_l2_on_a_parabola_is_a_product(method):
    """J = h w² / 2 with h = 2 mean(x²): w ← w (1 − η (h + λₜ)) with λₜ = λ (t − 1) / (T − 1), the mean of x being 0."""
    T, eta, strength = 13, 0.05, 3.0
    x = np.array([-1.0, -0.5, 1.5])[None, :, None]
    examples = Examples(x, np.zeros_like(x), np.zeros(2, int))
    penalty = L2(strength, method, schedule=Linear(0.0, 1.0))
    parabola = recipe(network=MLP((), initialization=Normal(1.0)), optimizer=SGD(eta), batch_size=None, epochs=T)
    start, *steps = (
        s.parameters[:, 0, 0].copy() for s in train(replace(parabola, penalty=penalty), examples, [0, 1], range(T + 1))
    )
    h = 2 * np.mean(x**2)
    left = np.cumprod([FACTORS[method](eta, h, strength * (t - 1) / (T - 1)) for t in range(1, T + 1)])
    assert np.array(steps) == pytest.approx(left[:, None] * start, rel=1e-12)


def test_newtons_objective_has_the_strength_of_its_step():
    """One step with half of λ: the ridge solution (XᵀX 2/n + λ/2) w = Xᵀy 2/n of centred data."""
    x, y = data(1).x[0], data(1).y[0]
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    settings = {"network": MLP(()), "optimizer": Newton(damping=1e-9), "batch_size": None, "epochs": 1}
    for schedule, strength in ((HALF, 0.5), (None, 1.0)):
        one = recipe(**settings, penalty=L2(1.0, schedule=schedule))
        (last,) = train(one, Examples(x[None], y[None], np.zeros(1, int)), [0], {1})
        ridge = np.linalg.solve(x.T @ x * 2 / N + strength * np.eye(D), x.T @ y * 2 / N)
        assert last.parameters[0, 0, : D * K].reshape(D, K) == pytest.approx(ridge, abs=1e-10)


def test_the_noise_of_a_step_has_the_strength_of_that_step():
    noise = Noise(hidden=Dropout((0.2, 0.6), schedule=StepDecay(stages=2, decay=0.5)))
    layout = recipe(noise=noise).layout(D, K)
    for t, factor in ((1, 1.0), (3, 0.5)):
        now = at_step(layout, t, 4)
        assert [rate * factor for rate in (0.2, 0.6)] == rates(now.layers)
        assert now.places == layout.places
        assert [one.draws for one in now.declared] == [one.draws for one in layout.declared]


def rates(layers):
    """Of all dropout in the layers, in order."""
    sources = [getattr(part, "source", part) for layer in layers for part in (layer, *vars(layer).values())]
    return list(dict.fromkeys(source.rate for source in sources if isinstance(source, Dropout)))


def test_a_radius_of_max_norm_shrinks_and_may_not_become_0():
    shrinking = recipe(constraint=MaxNorm(1.0, schedule=Linear(1.0, 0.1)))
    (last,) = train(shrinking, data(2), [0, 1], {12})
    norms = np.concatenate([np.linalg.norm(W, axis=-2).ravel() for W in last.layout.weights(last.parameters).matrices])
    assert norms.max() == pytest.approx(0.1)
    with pytest.raises(ValueError, match=r"MaxNorm\.radius is 0\.0; it must be a number in \(0, inf\)"):
        recipe(constraint=MaxNorm(1.0, schedule=Linear(1.0, 0.0)))


def test_what_has_no_schedule_stays_the_very_same_object():
    plain = recipe(penalty=L2(0.1), noise=Noise(hidden=Dropout(0.5)), schedule=Cosine())  # the learning rate's
    assert at_step(plain, 2, 7) is plain
    assert not is_scheduled(plain)
    scheduled = replace(plain, penalty=L2(0.1, schedule=HALF))
    now = at_step(scheduled, 2, 7)
    assert is_scheduled(scheduled)
    assert now.penalty.strength == 0.05
    assert (now.noise, now.network, now.schedule) == (plain.noise, plain.network, plain.schedule)
    assert scheduled.penalty.strength == 0.1
    assert at_step(now, 2, 7) is now  # once is enough


def test_what_was_cached_of_one_strength_is_not_that_of_another():
    source = Dropout(0.5, schedule=HALF)
    assert source.threshold.tolist() == [32768]
    assert at_step(source, 1, 1).threshold.tolist() == [16384]


def test_strengths_of_replicas_are_multiplied_by_their_own_factors():
    ramp = Linear(per_replica([0.0, 1.0], "float32"), per_replica([1.0, 0.0], "float32"))
    penalty = L2(per_replica([1.0, 2.0], "float32"), schedule=ramp)
    for t, expected in ((1, [0, 2]), (2, [0.25, 1.5]), (5, [1, 0])):
        now = at_step(penalty, t, 5).strength
        assert now.ravel().tolist() == expected
        assert now.dtype == np.float32


class Doubling(Constant):
    def factor(self, t, T):
        return 2.0


def test_a_factor_that_takes_a_rate_out_of_its_interval_is_refused_before_the_first_step():
    with pytest.raises(ValueError, match=r"Dropout\.rate is 1\.2; it must be a number in \[0, 1\)"):
        final(recipe(noise=Noise(hidden=Dropout(0.6, schedule=Doubling()))))
