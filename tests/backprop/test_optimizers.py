"""Every optimiser, schedule and clipping by hand, number by number."""

import numpy as np
import pytest

from backprop.arrays import per_replica
from backprop.clipping import ClipGlobalNorm, ClipNorm, ClipValue
from backprop.curvature import largest_eigenvalue, trace
from backprop.hessian import hessian, hessian_vector, newton_direction
from backprop.layout import initial_parameters
from backprop.losses import (
    BinaryCrossEntropy,
    ConfidencePenalty,
    Focal,
    Hinge,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SquaredError,
)
from backprop.network import MLP
from backprop.operations import ACTIVATIONS
from backprop.optimizers import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, Newton, RMSProp, Step
from backprop.penalties import L1, L2, ElasticNet
from backprop.schedules import Constant, Cosine, Cyclic, Inverse, Linear, StepDecay, WarmUp
from backprop.stacking import stack
from backprop.training import Examples, Recipe, objective_gradient, train

BOWL = (lambda W: W, lambda W: 0.5 * (W * W).sum(axis=-1, keepdims=True))  # gradient and value of ½ ‖W‖²


def walked(optimizer, gradients, start=1.0):
    """W after a step for each gradient."""
    W = np.full((1, 1, 1), start)
    state = optimizer.init(W)
    for t, g in enumerate(gradients, start=1):
        optimizer.update(W, np.full((1, 1, 1), g), state, Step(t, optimizer.learning_rate, 1, *BOWL))
    return W.item()


def test_three_steps_of_sgd():
    assert walked(SGD(0.1), [1.0, 2.0, -1.0]) == pytest.approx(1 - 0.1 - 0.2 + 0.1)


def test_three_steps_of_momentum():
    assert walked(Momentum(0.1, 0.5), [1.0, 2.0, -1.0]) == pytest.approx(1 - 0.1 * (1 + 2.5 + 0.25))  # v = 1, 2.5, 0.25


def test_three_steps_of_nesterov():
    """v = 1, 2.5, 0.25; steps g + v / 2 = 1.5, 3.25, −0.875."""
    assert walked(Nesterov(0.1, 0.5), [1.0, 2.0, -1.0]) == pytest.approx(1 - 0.1 * (1.5 + 3.25 - 0.875))


def test_three_steps_of_adagrad():
    """s = 1, 5, 6."""
    expected = 1 - 0.1 * (1 / 1 + 2 / 5**0.5 - 1 / 6**0.5)
    assert walked(Adagrad(0.1), [1.0, 2.0, -1.0]) == pytest.approx(expected)


def test_three_steps_of_rmsprop():
    """ρ = 0.5: s = 0.5, 2.25, 1.625."""
    expected = 1 - 0.1 * (1 / 0.5**0.5 + 2 / 1.5 - 1 / 1.625**0.5)
    assert walked(RMSProp(0.1, 0.5), [1.0, 2.0, -1.0]) == pytest.approx(expected)


def test_three_steps_of_adam_with_its_bias_corrections():
    """β₁ = β₂ = 0.5: m = 0.5, 1.25, 0.125; s = 0.5, 2.25, 1.625; 1 − βᵗ = 0.5, 0.75, 0.875."""
    steps = [1 / 1, (1.25 / 0.75) / (2.25 / 0.75) ** 0.5, (0.125 / 0.875) / (1.625 / 0.875) ** 0.5]
    assert walked(Adam(0.1, 0.5, 0.5), [1.0, 2.0, -1.0]) == pytest.approx(1 - 0.1 * sum(steps))


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    assert walked(Adam(0.1), [1e-3]) == pytest.approx(0.9, abs=1e-5)
    assert walked(Adam(0.1), [1e3]) == pytest.approx(0.9)


def test_adamw_shrinks_weights_before_the_step_and_leaves_biases():
    assert walked(AdamW(0.1, strength=0.5), [1.0]) == pytest.approx((1 - 0.1 * 0.5) * 1 - 0.1)
    W, optimizer = np.ones((1, 1, 2)), AdamW(0.1, strength=0.5)
    optimizer.update(W, np.zeros((1, 1, 2)), optimizer.init(W), Step(1, 0.1, 1, *BOWL))
    assert W.tolist() == [[[0.95, 1.0]]]


def test_adamw_is_adam_with_decoupled_l2_and_not_with_coupled():
    draw = np.random.default_rng(0)
    data = Examples(draw.standard_normal((1, 17, 5)), draw.standard_normal((1, 17, 2)), np.array([0]))

    def final(**settings):
        recipe = Recipe(network=MLP((3,)), loss=SquaredError(), batch_size=5, epochs=5, dtype="float64", **settings)
        *_, last = train(recipe, data, [0], {20})
        return last.parameters.copy()

    adamw = final(optimizer=AdamW(0.01, strength=0.3))
    assert final(optimizer=Adam(0.01), penalty=L2(0.3, "decoupled")) == pytest.approx(adamw, abs=1e-15)
    assert np.abs(final(optimizer=Adam(0.01), penalty=L2(0.3)) - adamw).max() > 1e-3
    sgd = final(optimizer=SGD(0.01), penalty=L2(0.3))
    assert final(optimizer=SGD(0.01), penalty=L2(0.3, "decoupled")) == pytest.approx(
        sgd, abs=1e-15
    )  # for SGD they are one


LOSSES = [
    *(SquaredError(), SoftmaxCrossEntropy(), BinaryCrossEntropy(), SigmoidSquaredError(), Hinge(), Focal()),
    ConfidencePenalty(),
]
PENALTIES = [L1(0.1, "gradient"), L2(0.1), ElasticNet(0.1, 0.5, "gradient")]


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: type(penalty).__name__)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_hessian_vector_products_are_the_difference_of_gradients(activation, loss, penalty):
    draw = np.random.default_rng(1)
    network = MLP((5,), activation)
    recipe = Recipe(network=network, loss=loss, penalty=penalty, dtype="float64")
    layout = recipe.layout(3, 2)
    x, y = draw.standard_normal((2, 7, 3)), np.eye(2)[draw.integers(2, size=(2, 7))]
    W = initial_parameters(layout, [0, 1], "float64")
    W += 0.1 * draw.standard_normal(W.shape)
    v = draw.standard_normal(W.shape)

    def gradient(W):
        return objective_gradient(recipe, layout, x, y, W)

    Hv = hessian_vector(gradient, W, v)
    assert Hv == pytest.approx((gradient(W + 1e-6 * v) - gradient(W - 1e-6 * v)) / 2e-6, rel=1e-4, abs=1e-7)
    H = hessian(gradient, W)
    assert (v @ H) == pytest.approx(Hv, rel=1e-12, abs=1e-14)


def test_one_step_of_newton_solves_least_squares():
    draw = np.random.default_rng(2)
    x, y = draw.standard_normal((1, 40, 5)), draw.standard_normal((1, 40, 1))
    recipe = Recipe(
        network=MLP(()), loss=SquaredError(), optimizer=Newton(1.0, 1e-6), batch_size=None, epochs=1, dtype="float64"
    )
    *_, last = train(recipe, Examples(x, y, np.array([0])), [0], {1})
    W, b = last.layout.arrays(last.parameters)
    solution, *_ = np.linalg.lstsq(np.hstack([x[0], np.ones((40, 1))]), y[0], rcond=None)
    assert np.append(W, b) == pytest.approx(solution.ravel(), abs=1e-10)


def test_newton_descends_along_negative_curvature():
    """J = ½ (a² − b²) at (1, 1): the gradient is (1, −1); a plain Newton step would climb to the saddle."""
    signs = np.array([[[1.0, -1.0]]])
    direction = newton_direction(lambda W: W * signs, np.ones((1, 1, 2)), signs, 1e-3)
    assert direction == pytest.approx(signs)
    assert newton_direction(lambda W: 0 * W, np.ones((1, 1, 2)), signs, 0.5) == pytest.approx(signs / 0.5)


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1), Momentum(0.1, 0.8), Nesterov(0.1, 0.8)], ids=lambda o: type(o).__name__
)
def test_the_effective_learning_rate_is_how_far_a_unit_of_gradient_moves_in_the_end(optimizer):
    """One step with g = 1, then none: W ends at −η with SGD, and at −η (1 + μ + μ² + …) = −η / (1 − μ) with the others."""
    W = np.zeros((1, 1, 1))
    state = optimizer.init(W)
    for t in range(1, 200):
        optimizer.update(W, np.full((1, 1, 1), float(t == 1)), state, Step(t, 0.1, 1, *BOWL))
    assert -W.item() == pytest.approx(optimizer.effective_learning_rate(0.1), rel=1e-12)
    assert -W.item() == pytest.approx(0.1 / (1 - getattr(optimizer, "momentum", 0.0)))


def test_newton_is_for_a_thousand_parameters_of_however_many_replicas():
    assert Newton().init(np.zeros((1001, 1, 1000))) == ()
    with pytest.raises(ValueError, match="at most 1000 parameters; this network has 1001"):
        Newton().init(np.zeros((1, 1, 1001)))


def test_newton_refuses_noise():
    from backprop.noise import Dropout, Noise

    with pytest.raises(ValueError, match="needs an objective without noise"):
        Recipe(optimizer=Newton(), noise=Noise(hidden=Dropout(0.5)))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), {1: 1, 9: 1}),
        (StepDecay(stages=3, decay=0.1), {1: 1, 3: 1, 4: 0.1, 6: 0.1, 7: 0.01, 9: 0.01}),
        (Cosine(), {1: 1, 9: 0.5 * (1 + np.cos(np.pi * 8 / 9))}),
        (Cosine(final=0.2), {1: 1}),
        (Linear(), {1: 1, 3: 0.75, 9: 0}),
        (Linear(start=0.2, end=0.8), {1: 0.2, 5: 0.5, 9: 0.8}),
        (Inverse(half_life=4), {1: 1, 5: 0.5, 9: 1 / 3}),
        (Cyclic(start=1 / 3, length=3, final=0.1), {1: 1, 3: 1, 4: 0.7, 5: 0.4, 6: 0.1, 7: 0.7, 9: 0.1}),
        (Cyclic(start=0, length=4, final=0), {1: 0.75, 4: 0, 5: 0.75, 8: 0, 9: 0.75}),
        (WarmUp(steps=3), {1: 1 / 3, 3: 1, 4: 1, 7: 0.5}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_schedules_by_hand(schedule, expected):
    for t, factor in expected.items():
        assert schedule.factor(t, 9) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("schedule", "field", "values"),
    [
        (StepDecay, "decay", (0.1, 0.5)),
        (Cosine, "final", (0.0, 0.3)),
        (Linear, "start", (0.2, 0.5)),
        (Linear, "end", (0.2, 0.5)),
        (Inverse, "half_life", (4, 7)),
        (WarmUp, "steps", (2, 5)),
        (Cyclic, "start", (0.0, 0.4)),
        (Cyclic, "final", (0.0, 0.3)),
    ],
)
def test_the_numbers_of_a_schedule_stack(schedule, field, values):
    stacked = stack([schedule(**{field: value}) for value in values], "float32")
    for t in (1, 3, 6, 9):
        factors = stacked.factor(t, 9)
        assert factors.dtype == np.float32
        assert factors.ravel() == pytest.approx([schedule(**{field: value}).factor(t, 9) for value in values], rel=1e-6)


def test_clipping_by_hand():
    def gradient():
        g = np.array([[[3.0, 4.0, 0.3, 0.4, 12.0]], [[3.0, 4.0, 0.3, 0.4, 12.0]]])
        return g, [g[..., :4].reshape(2, 2, 2), g[..., 4:]]

    g, arrays = gradient()
    ClipValue(1.0).clip(g, arrays)
    assert g[0, 0].tolist() == [1, 1, 0.3, 0.4, 1]
    g, arrays = gradient()
    norm = np.sqrt(25.25)
    ClipNorm(per_replica([1.0, 10.0], "float64")).clip(g, arrays)
    assert g[0, 0] == pytest.approx([3 / norm, 4 / norm, 0.3 / norm, 0.4 / norm, 1])
    assert g[1, 0] == pytest.approx([3, 4, 0.3, 0.4, 10])
    g, arrays = gradient()
    ClipGlobalNorm(1.0).clip(g, arrays)
    assert (g[0] ** 2).sum() == pytest.approx(1)
    assert g[0, 0, 4] / g[0, 0, 0] == pytest.approx(4)


def test_largest_eigenvalue_and_trace_are_the_full_hessians():
    draw = np.random.default_rng(3)
    network = MLP((5,), "tanh")
    recipe = Recipe(network=network, loss=SquaredError(), dtype="float64")
    layout = recipe.layout(3, 2)
    x, y = draw.standard_normal((1, 11, 3)), draw.standard_normal((1, 11, 2))
    W = initial_parameters(layout, [0], "float64")

    def gradient(W):
        return objective_gradient(recipe, layout, x, y, W)

    H = hessian(gradient, W)[0]
    assert largest_eigenvalue(gradient, W) == pytest.approx(np.linalg.eigvalsh(H)[-1], rel=1e-9)
    sd = np.sqrt(2 * ((H**2).sum() - (np.diag(H) ** 2).sum()) / 1000)
    assert abs(trace(gradient, W, probes=1000) - np.trace(H)) < 4 * sd


def test_the_largest_curvature_of_least_squares_is_the_published_one():
    """scikit-learn's diabetes data, (1/n)‖r‖² without intercept: L = 0.0182091, so that 2 / L = 109.8352."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    recipe = Recipe(network=MLP(()), loss=SquaredError(), dtype="float64")

    def gradient(w):
        W = np.concatenate([w, np.zeros((1, 1, 1))], axis=-1)  # no intercept
        return objective_gradient(recipe, recipe.layout(10, 1), x[None], y[None, :, None], W)[..., :10]

    L = largest_eigenvalue(gradient, np.zeros((1, 1, 10)))
    assert pytest.approx(109.8352, abs=1e-4) == 2 / L


def test_a_replica_without_a_finite_hessian_does_not_stop_newtons_neighbours():
    def gradient(W):
        return W * np.array([[[1.0]], [[np.nan]]])

    direction = newton_direction(gradient, np.ones((2, 1, 2)), np.ones((2, 1, 2)), 1e-3)
    assert direction[0] == pytest.approx(np.ones((1, 2)))
    assert np.isnan(direction[1]).all()
