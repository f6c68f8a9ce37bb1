"""Mixup, adversarial examples and SAM by hand, and what they promise of the loop."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from backprop.arrays import per_replica
from backprop.ascents import SAM
from backprop.augmentations import FGSM, Mixup, smaller_share
from backprop.batches import InOrder
from backprop.initializations import Normal
from backprop.layers import Dense
from backprop.layout import initial_parameters
from backprop.losses import BinaryCrossEntropy, Focal, Hinge, SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP, Layers, apply
from backprop.noise import Dropout, Gaussian, Noise
from backprop.optimizers import SGD, Adam, Momentum, Newton
from backprop.penalties import L2
from backprop.randomness import Streams
from backprop.stacking import stack
from backprop.training import Examples, Recipe, gradient_of_inputs, train

S, N, D, K = 3, 17, 5, 2
DATA = np.random.default_rng(3)
X, Y = DATA.standard_normal((S, N, D)), DATA.standard_normal((S, N, K))
LINEAR = Layers((Dense(bias=False, initialization=Normal(1.0)),))


def recipe(**changes):
    settings = {"network": MLP((7,)), "loss": SquaredError(), "optimizer": Momentum(0.01, 0.9), "batch_size": 5}
    return Recipe(**{**settings, "epochs": 3, "dtype": "float64", **changes})


def final(recipe, seeds, dtype="float64"):
    data = Examples(X.astype(dtype), Y.astype(dtype), np.asarray(seeds))
    *_, last = train(recipe, data, seeds, {recipe.epochs * recipe.steps_per_epoch(N)})
    return last.parameters.copy()


NOISY = Noise(inputs=Gaussian(0.2), hidden=Dropout(0.4), weights=Gaussian(0.1))
ON = {
    "mixup": lambda s: {"augmentation": Mixup(s)},
    "mixup of each example": lambda s: {"augmentation": Mixup(s, "nothing")},
    "fgsm": lambda s: {"augmentation": FGSM(s)},
    "fgsm beside originals": lambda s: {"augmentation": FGSM(s, 0.4)},
    "sam": lambda s: {"ascent": SAM(s)},
    "all, with noise": lambda s: {"augmentation": FGSM(s), "ascent": SAM(s), "noise": NOISY},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("on", ON.values(), ids=ON)
def test_a_replica_does_not_depend_on_its_stack(on, dtype):
    numbers, seeds = [0.3, 0.0, 0.1, 0.2], [2, 0, 1, 0]

    def trained(order):
        recipes = [recipe(dtype=dtype, **on(numbers[r])) for r in order]
        return final(stack(recipes, dtype), [seeds[r] for r in order], dtype)

    together = trained([0, 1, 2, 3])
    assert together.dtype == dtype
    assert np.isfinite(together).all()
    assert (trained([3, 2, 1, 0]) == together[::-1]).all()
    for r in range(4):
        assert (trained([r]) == together[r : r + 1]).all()


@pytest.mark.parametrize("on", ON.values(), ids=ON)
def test_with_its_number_at_0_the_bits_are_those_without_it_and_else_they_are_not(on):
    without = recipe(noise=on(0.0).get("noise", Noise()))
    assert (final(recipe(**on(0.0)), [0, 1]) == final(without, [0, 1])).all()
    assert (final(recipe(**on(0.1)), [0, 1]) != final(without, [0, 1])).any(axis=-1).all()


def test_an_augmentation_moves_no_other_stream():
    """A mixture of equals: all rows alike, so that only other draws could tell."""
    same = Examples(np.ones((1, N, D)), np.ones((1, N, K)), np.zeros(1, int))
    ends = []
    for augmentation in (None, Mixup(1.0, "nothing"), FGSM(0.0)):
        *_, last = train(recipe(noise=NOISY, augmentation=augmentation), same, [0], {12})
        ends.append(last.parameters.copy())
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-10)
    assert (ends[2] == ends[0]).all()


def test_a_diverged_replica_stays_alone():
    recipes = [
        recipe(optimizer=SGD(rate), augmentation=FGSM(0.1), ascent=SAM(0.1), epochs=30) for rate in (0.01, 1e6, 0.01)
    ]
    together = final(stack(recipes, "float64"), [0, 0, 1])
    assert not np.isfinite(together[1]).all()
    assert (together[0] == final(recipes[0], [0])[0]).all()


# Mixup


def test_the_shares_are_those_of_a_beta_distribution():
    """Folded at ½; E[2 s (1 − s)] = 2 E[λ (1 − λ)] = α / (2 α + 1). α = 1 is uniform."""
    u, v = (np.indices((500, 500)).reshape(2, 1, -1, 1) + 0.5) / 500
    for alpha in (0.05, 0.2, 1.0, 4.0):
        s = smaller_share(alpha, u, v, u.dtype)
        assert (2 * s * (1 - s)).mean() == pytest.approx(alpha / (2 * alpha + 1), rel=0.01)
        for at in (0.01, 0.1, 0.25, 0.45):
            assert (s <= at).mean() == pytest.approx(2 * stats.beta(alpha, alpha).cdf(at), abs=0.005)
    assert (smaller_share(0.0, u, v, u.dtype) == 0).all()
    assert (smaller_share(1e-9, u, v, u.dtype) < 1e-9).all()


def test_replicas_of_one_seed_have_the_same_pairs_whatever_their_number():
    x = np.tile(np.eye(N), (3, 1, 1))  # row i of the mixture holds the shares of all rows in it
    mixup = Mixup(per_replica([0.2, 1.0, 0.0], "float64"))
    mixture, _ = mixup(x, x, Streams([5, 5, 5], "augmentation"), None)
    shares = np.sort(mixture, axis=-1)[..., -2:]
    np.testing.assert_allclose(mixture.sum(axis=-1), 1)
    mixed = shares[0, :, 0] > 0
    assert mixed.sum() >= N - 5  # a row may be its own partner
    assert ((mixture[0] > 0) == (mixture[1] > 0)).all()
    assert (shares[0, mixed, 0] < shares[1, mixed, 0]).all()  # nearer to ½ where α is larger
    assert (mixture[2] == x[2]).all()
    assert len(np.unique(shares[1, mixed, 0])) == 1  # one λ a minibatch
    each, _ = Mixup(1.0, "nothing")(x, x, Streams([5, 5, 5], "augmentation"), None)
    assert len(np.unique(np.round(np.sort(each[0], axis=-1)[..., -2][mixed], 12))) > N / 2


@pytest.mark.parametrize("shared_over", ["batch", "nothing"])
@pytest.mark.parametrize("B", [17, 5])
def test_mixups_expectation_on_least_squares(B, shared_over):
    """With residuals r of all N rows and a pair of different rows, E (λ rᵢ + (1 − λ) rⱼ)² = a E r² + b E rᵢ rⱼ, where
    a = E[λ² + (1 − λ)²] = (α + 1)/(2α + 1), b = 1 − a, and E rᵢ rⱼ = (N r̄² − E r²)/(N − 1). A row is its own partner once in B:
    E J = (a + b (N − B)/((N − 1) B)) E r² + b N (B − 1)/((N − 1) B) r̄². With B = N that is a E r² + b r̄².
    """
    alpha, draws = 0.7, 20_000
    r = X[0, :, 0] + 0.4
    a = (alpha + 1) / (2 * alpha + 1)
    b = 1 - a
    exact = (a + b * (N - B) / ((N - 1) * B)) * np.mean(r**2) + b * N * (B - 1) / ((N - 1) * B) * r.mean() ** 2
    rng = np.random.default_rng(1)
    rows = rng.permuted(np.tile(np.arange(N), (draws, 1)), axis=1)[:, :B]
    mixture, _ = Mixup(alpha, shared_over)(
        r[rows][..., None], r[rows][..., None], Streams(range(draws), "augmentation"), None
    )
    J = (mixture**2).mean(axis=(-2, -1))
    error = J.std(ddof=1) / draws**0.5
    assert abs(J.mean() - exact) < 4 * error
    assert error < 0.01 * exact
    assert abs(np.mean(r**2) - exact) > 20 * error  # it is another loss


def test_mixup_mixes_targets_as_inputs():
    x = DATA.standard_normal((1, N, D))
    A = DATA.standard_normal((D, K))
    mixture, targets = Mixup(1.0, "nothing")(x, x @ A, Streams([0], "augmentation"), None)
    np.testing.assert_allclose(targets, mixture @ A, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loss", [Hinge(), Focal()])
def test_mixup_is_refused_where_the_loss_needs_one_class(loss):
    with pytest.raises(
        ValueError, match=rf"augmentation is Mixup, which mixes targets, and loss is {type(loss).__name__}"
    ):
        Recipe(loss=loss, augmentation=Mixup())
    Recipe(loss=loss, augmentation=FGSM())
    Recipe(loss=SoftmaxCrossEntropy(0.1), augmentation=Mixup())


# Adversarial examples


def of_inputs(recipe, x, y):
    """∂J/∂x at initial weights, as the loop gives it, J there, and the first layer's arrays."""
    layout = recipe.layout(x.shape[-1], y.shape[-1])
    owned = layout.views(initial_parameters(layout, range(len(x)), "float64"))

    def J(x):
        return recipe.loss(apply(layout, owned, x)[0], y)[0]

    return (lambda x, y: gradient_of_inputs(recipe, layout, owned, x, y)), J, owned[0].arrays


@pytest.mark.parametrize(
    "network", [LINEAR, MLP((7,), "tanh"), MLP((7, 3)), MLP((7,), "tanh", normalization="batch")], ids=repr
)
def test_the_gradient_of_the_inputs_is_the_slope_of_the_loss(network):
    slope, J, _ = of_inputs(recipe(network=network), X, Y)
    v = DATA.standard_normal(X.shape)
    along = (slope(X, Y) * v).sum(axis=(-2, -1))
    differences = (J(X + 1e-6 * v) - J(X - 1e-6 * v))[:, 0, 0] / 2e-6
    np.testing.assert_allclose(along, differences, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_fgsm_is_the_worst_case_of_a_linear_model(epsilon):
    """max over ‖δ‖∞ ≤ ε of (y − w·(x + δ))² = (|y − w·x| + ε ‖w‖₁)²: no corner of the cube is worse."""
    y = Y[..., :1]
    slope, _, (w,) = of_inputs(recipe(network=LINEAR), X, y)
    worst, _ = FGSM(epsilon)(X, y, Streams(range(S), "augmentation"), slope)
    expected = (np.abs(y - X @ w) + epsilon * np.abs(w).sum(axis=1, keepdims=True)) ** 2
    np.testing.assert_allclose((y - worst @ w) ** 2, expected, rtol=1e-12)
    corners = epsilon * (np.indices((2,) * D).reshape(D, -1).T * 2 - 1)
    for corner in corners:
        assert ((y - (X + corner) @ w) ** 2 <= expected * (1 + 1e-12)).all()


def test_the_share_of_originals():
    """Each example stays with probability c; who stays at c stays at every larger one."""
    x = np.zeros((4, 2000, 1))
    fgsm = FGSM(0.3, per_replica([0.0, 0.25, 0.75, 1.0], "float64"))
    made, _ = fgsm(x, x, Streams([1, 1, 1, 1], "augmentation"), lambda x, y: x + 1)
    stays = (made == 0)[..., 0]
    assert stays.mean(axis=1) == pytest.approx([0, 0.25, 0.75, 1], abs=0.04)
    assert (stays[1:] >= stays[:-1]).all()
    assert (made[~stays] == 0.3).all()


def test_adversarial_examples_are_made_without_noise():
    """One step of all examples, with noise of the inputs that the sign must not see."""
    x, y = X[:1], Y[:1]
    one = {"network": LINEAR, "optimizer": SGD(0.1), "batch_size": None, "epochs": 1, "batches": InOrder()}
    slope, _, _ = of_inputs(recipe(network=LINEAR), x, y)
    worst = x + 0.2 * np.sign(slope(x, y))
    noisy = recipe(**one, noise=Noise(inputs=Gaussian(3.0)))
    ends = []
    for data, augmentation in ((x, FGSM(0.2)), (worst, None)):
        *_, last = train(replace(noisy, augmentation=augmentation), Examples(data, y, np.zeros(1, int)), [0], {1})
        ends.append(last.parameters.copy())
    assert (ends[0] == ends[1]).all()


# SAM


def test_sam_by_hand():
    """g = (3, 4) has norm 5: with ρ = 1 the point is W + (0.6, 0.8)."""
    W, g = np.array([[[1.0, 2.0]], [[1.0, 2.0]]]), np.array([[[3.0, 4.0]], [[0.0, 0.0]]])
    np.testing.assert_allclose(SAM(1.0).point(W, g), [[[1.6, 2.8]], [[1.0, 2.0]]], rtol=1e-15)


def parabola(eta, radius, **changes):
    """½ λ w² with λ = 5: least squares with x² = 2.5 and y = 0, J = 2.5 w²."""
    parts = {"network": LINEAR, "optimizer": SGD(eta), "ascent": SAM(radius), "batch_size": None, "epochs": 400}
    data = Examples(np.full((1, 1, 1), 2.5**0.5), np.zeros((1, 1, 1)), np.zeros(1, int))
    return [s.parameters.item() for s in train(recipe(**{**parts, **changes}), data, [0], {0, 1, 399, 400})]


def test_sam_ends_in_a_two_cycle_on_a_parabola():
    """−A = A − η λ (A + ρ), so A = η ρ λ / (2 − η λ): 0.1 · 0.3 · 5 / (2 − 0.5) = 0.1. Without ρ, w goes to 0."""
    *_, before, after = parabola(0.1, 0.3)
    assert abs(after) == pytest.approx(0.1, rel=1e-9)
    assert before == pytest.approx(-after, rel=1e-9)
    assert abs(parabola(0.1, 0.0)[-1]) < 1e-20


def test_only_the_loss_is_ascended():
    """One step of size η: w − η (λ (w + ρ sign w) + s w), not w − η (λ + s) (w + ρ sign w)."""
    w, after, *_ = parabola(0.1, 0.3, penalty=L2(2.0))
    assert after == pytest.approx(w - 0.1 * (5 * (w + 0.3 * np.sign(w)) + 2 * w), rel=1e-12)


def test_the_second_pass_sees_the_draws_of_the_first():
    """At ρ = 0 a second pass with other draws would give another gradient: the bits say that it does not."""
    for noise in (Noise(hidden=Dropout(0.5)), Noise(weights=Gaussian(0.5)), Noise(inputs=Gaussian(0.5)), NOISY):
        assert (final(recipe(noise=noise, ascent=SAM(0.0)), [0, 1]) == final(recipe(noise=noise), [0, 1])).all()


def test_sam_is_refused_with_newton():
    with pytest.raises(ValueError, match=r"optimizer is Newton, which needs the gradient at the weights.*ascent=none"):
        Recipe(optimizer=Newton(), ascent=SAM())
    Recipe(optimizer=Adam(), ascent=SAM())


# Classes of a user's own, in plain numpy


class Shift:
    """x + 1."""

    def __call__(self, x, y, streams, gradient_of_inputs):
        return x + 1, y


class Steepest:
    """W + 0.001 g."""

    def point(self, W, g):
        return W + 0.001 * g


def test_plain_classes_serve_as_well():
    shifted = Examples(X + 1, Y, np.zeros(1, int))
    *_, last = train(recipe(), shifted, [0], {12})
    np.testing.assert_allclose(final(recipe(augmentation=Shift()), [0]), last.parameters, rtol=1e-12)
    assert np.isfinite(final(recipe(ascent=Steepest()), [0])).all()


def test_the_rows_have_a_stream_of_their_own():
    """What an augmentation draws is of its purpose: a stream of another one would repeat that one's draws."""
    drawn = []

    class Drawing:
        def __call__(self, x, y, streams, gradient_of_inputs):
            drawn.append(streams.permutation(7))
            return x, y

    final(recipe(augmentation=Drawing()), [2, 0])
    assert len(drawn) == 12  # one stream goes on over all steps
    own = Streams([2, 0], "augmentation")
    assert (np.stack(drawn) == [own.permutation(7) for _ in drawn]).all()


def test_binary_targets_may_be_mixed():
    y = (Y[..., :1] > 0).astype(float)
    data = Examples(X, y, np.zeros(1, int))
    *_, last = train(recipe(loss=BinaryCrossEntropy(), augmentation=Mixup(1.0)), data, [0], {12})
    assert np.isfinite(last.parameters).all()
