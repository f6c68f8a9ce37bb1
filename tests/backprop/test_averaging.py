"""Averages by hand, and what is known of their spread."""

import numpy as np
import pytest
from scipy import stats

from backprop.averaging import SWA, SWAG, Averaging, Exponential, Polyak, Time
from backprop.layers import Dense
from backprop.losses import SquaredError
from backprop.network import MLP, Layers
from backprop.noise import Gaussian, Noise
from backprop.optimizers import SGD
from backprop.schedules import Cyclic
from backprop.stacking import stack
from backprop.training import Examples, Recipe, train

EPOCH = 2


def averaged(average: Averaging, iterates, first=0.0):
    """The means after each of these numbers, which are the weights after steps 1, 2, …"""
    state = average.init(np.full((1, 1, 1), first))
    means = []
    for t, w in enumerate(iterates, start=1):
        average.update(state, np.full((1, 1, 1), float(w)), Time(t, len(iterates), EPOCH))
        means.append(state[0].item())
    return means, state


def test_averages_by_hand():
    iterates = (1, 2, 4, 6)
    assert averaged(Polyak(start=0.0), iterates)[0] == pytest.approx([1, 1.5, 7 / 3, 13 / 4])
    assert averaged(Polyak(start=0.5), iterates)[0] == pytest.approx([1, 2, 4, 5])
    assert averaged(Exponential(decay=0.5), iterates)[0] == pytest.approx([0.5, 1.25, 2.625, 4.3125])


@pytest.mark.parametrize(
    ("average", "expected"),
    [
        (SWA(start=0.0, every=3), [1, 2, 4, 4, 4, (4 + 32) / 2, 18, 18]),  # samples 3 and 6; before the first, the last
        (SWA(start=0.5, every=2), [1, 2, 4, 8, 16, 32, 32, (32 + 128) / 2]),  # after step 4: samples 6 and 8
        (SWA(start=0.5), [1, 2, 4, 8, 16, 32, 32, 80]),  # the same: an epoch has two steps
        (SWA(start=0.3, every=5), [1, 2, 4, 8, 16, 32, 64, 64]),  # after step ⌊2.4⌋: sample 7
        (SWA(start=0.75, every=9), [1, 2, 4, 8, 16, 32, 64, 128]),  # none: the last
    ],
    ids=str,
)
def test_swa_by_hand(average, expected):
    """The weights after step t are 2ᵗ⁻¹."""
    assert averaged(average, [2**t for t in range(8)])[0] == pytest.approx(expected)


def test_swa_of_every_step_is_polyaks_average_to_the_bit():
    path = np.random.default_rng(0).standard_normal(50)
    for start in (0.0, 0.3, 0.9):
        assert averaged(SWA(start=start, every=1), path)[0] == averaged(Polyak(start=start), path)[0]


def test_a_cycle_ends_where_a_sample_is_taken():
    """The learning rate is least at the samples of the same start and length, and nowhere else after the start."""
    T, schedule, average = 30, Cyclic(start=0.4, length=6, final=0.1), SWA(start=0.4, every=6)
    means, _ = averaged(average, range(1, T + 1))
    changed = [t for t in range(13, T + 1) if t > 18 and means[t - 1] != means[t - 2]]
    assert [t for t in range(1, T + 1) if schedule.factor(t, T) == pytest.approx(0.1)] == [18, *changed] == [18, 24, 30]


@pytest.mark.parametrize("every", [0, -1])
def test_samples_are_a_step_or_more_apart(every):
    with pytest.raises(ValueError, match=rf"every is {every}; it must be a whole number of at least 1, or null"):
        SWA(every=every)
    with pytest.raises(ValueError, match=r"SWAG\.every is"):
        SWAG(every=every)


@pytest.mark.parametrize("kind", [Polyak, SWA, SWAG], ids=lambda kind: kind.__name__)
def test_the_starts_of_an_average_stack(kind):
    own = {} if kind is Polyak else {"every": 1}
    averaging = stack([kind(start=0.0, **own), kind(start=0.5, **own)], "float32")
    state = averaging.init(np.zeros((2, 1, 1), "float32"))
    for t in range(1, 5):
        averaging.update(state, np.full((2, 1, 1), t, "float32"), Time(t, 4, EPOCH))
    assert state[0].ravel().tolist() == [2.5, 3.5]  # of 1, 2, 3, 4; of 3, 4
    if kind is SWAG:
        assert state.taken.ravel().tolist() == [4, 2]
        assert state.variance.ravel() == pytest.approx([1.25, 0.25])


def test_swags_moments_by_hand():
    """Samples 2, 4, 9: means 2, 3, 5; deviations 0, 1, 4; the mean of squares is 101/3, so the variance 101/3 − 25 = 26/3."""
    _, state = averaged(SWAG(start=0.0, every=1, rank=4), (2, 4, 9))
    assert state.mean.item() == pytest.approx(5)
    assert state.variance.item() == pytest.approx(26 / 3)
    assert state.deviations.ravel() == pytest.approx([0, 1, 4, 0])
    _, state = averaged(SWAG(start=0.0, every=1, rank=2), (2, 4, 9))
    assert state.deviations.ravel() == pytest.approx([4, 1])  # the third is in the place of the first
    assert state.taken.item() == 3


def test_in_single_precision_the_variance_is_none_of_rounding():
    """Far from 0 the difference of mean square and squared mean would be all rounding: 10⁴ ± 0.1 in float32."""
    draw = np.random.default_rng(0)
    path = (1e4 + 0.1 * draw.standard_normal((500, 1, 1, 7))).astype("float32")
    average = SWAG(start=0.0, every=1)
    state = average.init(path[0])
    for t, W in enumerate(path, start=1):
        average.update(state, W, Time(t, 500, 1))
    assert state.variance.ravel() == pytest.approx(path.astype(float).var(axis=0).ravel(), rel=0.02)


def moments_of_gaussians(root, samples, replicas, rank):
    """SWAG's moments of independent draws from N(0, L Lᵀ), L the `root`."""
    average = SWAG(start=0.0, every=1, rank=rank)
    draw = np.random.default_rng(5)
    state = average.init(np.zeros((replicas, 1, len(root))))
    for t in range(1, samples + 1):
        average.update(state, draw.standard_normal((replicas, 1, len(root))) @ root.T, Time(t, samples, 1))
    return state


ROOT = np.tril(np.random.default_rng(6).standard_normal((5, 5))) + 2 * np.eye(5)
COVARIANCE = ROOT @ ROOT.T


def test_swags_variance_is_chi_squared():
    """n σ̂² / σ² of n independent Gaussian samples is χ² with n − 1 degrees of freedom: its mean and variance are n − 1, 2 (n − 1)."""
    n, replicas = 13, 2000
    state = moments_of_gaussians(ROOT, n, replicas, rank=2)
    found = n * state.variance[:, 0] / np.diag(COVARIANCE)
    for column in found.T:
        assert stats.kstest(column, stats.chi2(n - 1).cdf).pvalue > 0.001
        assert stats.kstest(column, stats.chi2(n).cdf).pvalue < 1e-6  # one degree more is told apart


def test_swags_deviations_are_chi_squared():
    """The n-th deviation, times √(n / (n − 1)), is one of Helmert's contrasts: N(0, Σ), and independent of the others.

    So dᵀ Σ⁻¹ d · n / (n − 1), summed over the last K, is χ² with K P degrees of freedom.
    """
    n, replicas, K = 13, 2000, 3
    D = moments_of_gaussians(ROOT, n, replicas, rank=K).deviations
    number = np.array([next(i for i in range(n, 0, -1) if (i - 1) % K == row) for row in range(K)])
    squares = np.einsum("rkp,pq,rkq->rk", D, np.linalg.inv(COVARIANCE), D)
    found = (squares * number / (number - 1)).sum(axis=1)
    assert stats.kstest(found, stats.chi2(K * 5).cdf).pvalue > 0.001
    assert stats.kstest(squares.sum(axis=1), stats.chi2(K * 5).cdf).pvalue < 1e-6  # so are they without the factor


def spread_of_the_mean(averaging, steps, h=2.0, scale=0.5, eta=0.2):
    """The weights at the end of descent on ½ h w² with N(0, s²) on the gradient, over 400 seeds and two parameters each.

    x = ±1 and y = 0: the loss is w² + b², of curvature 2 in both.
    """
    x = np.array([[[-1.0], [1.0]]])
    recipe = Recipe(
        network=MLP(()),
        loss=SquaredError(),
        optimizer=SGD(eta),
        averaging=averaging,
        noise=Noise(gradients=Gaussian(scale)),
        batch_size=None,
        epochs=steps,
        dtype="float64",
    )
    seeds = range(400)
    *_, last = train(recipe, Examples(x, np.zeros_like(x), np.zeros(400, int)), seeds, {steps})
    return last.parameters.ravel()


@pytest.mark.parametrize("every", [1, 2])
def test_the_variance_of_a_mean_of_iterates_falls_as_theory_says(every):
    """Over K steps it tends to s² / (h² K), whatever the rate: here h = 2, s² = ¼, K = 400, and 1/K of it for the finite run.

    Samples two apart lose what the iterates between them would have told: with φ = 1 − ηh = 0.6 their variance is
    γ (1 + φ²) / (1 − φ²) / (K / 2), γ = η² s² / (1 − φ²).
    """
    K, phi = 400, 0.6
    found = spread_of_the_mean(SWA(start=0.2, every=every), 500)
    gamma = 0.2**2 * 0.25 / (1 - phi**2)
    expected = gamma * (1 + phi**every) / (1 - phi**every) / (K / every)
    if every == 1:
        assert expected == pytest.approx(0.25 / (2.0**2 * K))
    ratio, error = np.mean(found**2) / expected, np.sqrt(2 / len(found))
    assert abs(ratio - 1) < 3.3 * error  # 17 %; a sixth more or fewer samples would be told apart
    assert np.mean(found**2) < gamma / 50  # and the last iterate has γ


def test_averaged_iterates_are_measured_and_the_path_is_unchanged():
    draw = np.random.default_rng(0)
    data = Examples(draw.standard_normal((1, 12, 5)), draw.standard_normal((1, 12, 2)), np.array([0]))

    def path(averaging):
        recipe = Recipe(
            network=MLP(()),
            loss=SquaredError(),
            optimizer=SGD(0.1),
            averaging=averaging,
            batch_size=4,
            epochs=2,
            dtype="float64",
        )
        return [snapshot.parameters.copy() for snapshot in train(recipe, data, [0], set(range(7)))]

    iterates = path(None)
    assert path(Polyak(start=0.0))[-1] == pytest.approx(np.mean(iterates[1:], axis=0))
    assert path(Polyak(start=0.5))[-1] == pytest.approx(np.mean(iterates[4:], axis=0))
    assert path(SWA(start=0.0))[-1] == pytest.approx((iterates[3] + iterates[6]) / 2)  # an epoch has three steps


def test_a_snapshot_has_all_that_is_averaged():
    draw = np.random.default_rng(0)
    data = Examples(draw.standard_normal((1, 12, 5)), draw.standard_normal((1, 12, 2)), np.array([0, 0]))
    recipe = Recipe(network=Layers((Dense(),)), loss=SquaredError(), batch_size=4, epochs=3)
    (last,) = train(recipe, data, [0, 1], {9})
    assert last.averages == (last.parameters,)
    (last,) = train(Recipe(**vars(recipe) | {"averaging": SWAG(start=0.0, rank=2)}), data, [0, 1], {9})
    assert last.averages.mean is last.parameters
    assert last.averages.taken.ravel().tolist() == [3, 3]
    assert [array.shape for array in last.averages] == [(2, 1, 12), (2, 1, 12), (2, 2, 12), (2, 1, 1)]


class Newest:
    """An average of a user's own, without `choice`: the last weights."""

    def init(self, W):
        return (W.copy(),)

    def update(self, state, W, time):
        state[0][...] = W


def test_a_plain_class_is_an_average():
    draw = np.random.default_rng(0)
    data = Examples(draw.standard_normal((1, 12, 5)), draw.standard_normal((1, 12, 2)), np.array([0]))
    own, none = (Recipe(network=MLP(()), loss=SquaredError(), averaging=one, epochs=2) for one in (Newest(), None))
    (of_own,), (of_none,) = (train(recipe, data, [0], {2}) for recipe in (own, none))
    assert (of_own.parameters == of_none.parameters).all()
