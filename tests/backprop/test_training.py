"""The loop: what a replica may depend on, and what it may not."""

import numpy as np
import pytest

from backprop.averaging import SWAG
from backprop.batches import InOrder
from backprop.constraints import MaxNorm
from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.network import MLP, Diagonal, ResidualMLP
from backprop.noise import Dropout, Gaussian, Noise
from backprop.optimizers import SGD, Momentum
from backprop.penalties import L1, L2
from backprop.schedules import Cyclic
from backprop.stacking import stack
from backprop.training import Examples, Recipe, minibatches, train

S, N, D, K = 3, 17, 5, 2
draw = np.random.default_rng(0)


def examples(seeds, dtype="float64", loss=None):
    x = draw_of("x", (S, N, D)).astype(dtype)
    y = draw_of("y", (S, N, K)).astype(dtype)
    return Examples(x, y, np.asarray(seeds))


def draw_of(name, shape):
    return np.random.default_rng(len(name) + sum(map(ord, name))).standard_normal(shape)


def recipe(**changes):
    settings = {
        "network": MLP((7,)),
        "loss": SquaredError(),
        "optimizer": Momentum(0.05, 0.9),
        "batch_size": 5,
        "epochs": 3,
    }
    return Recipe(**{**settings, "dtype": "float64", **changes})


def final(recipe, seeds, dtype="float64"):
    total = recipe.epochs * recipe.steps_per_epoch(N)
    *_, last = train(recipe, examples(seeds, dtype), seeds, {total})
    return last.parameters.copy()


KINDS = {
    "plain": {},
    "no hidden layer": {"network": MLP(())},
    "three hidden layers": {"network": MLP((7, 11, 3))},
    "layer norm": {"network": MLP((7,), normalization="layer")},
    "batch norm": {"network": MLP((7,), normalization="batch"), "batch_size": 6},
    "residual": {"network": ResidualMLP(7, 2), "noise": Noise(hidden=Dropout(0.4))},
    "diagonal": {"network": Diagonal(2), "penalty": L2(0.1)},
    "mean of samples": {"averaging": SWAG(start=0.3, every=2), "schedule": Cyclic(start=0.3, length=2)},
    "dropout": {"noise": Noise(hidden=Dropout(0.4))},
    "noise everywhere": {"noise": Noise(inputs=Gaussian(0.2), hidden=Gaussian(0.3), weights=Dropout(0.1))},
    "proximal L1": {"penalty": L1(0.01)},
    "max-norm": {"constraint": MaxNorm(0.7)},
    "full batch": {"batch_size": None},
    "one example at a time": {"batch_size": 1},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
def test_a_replica_does_not_depend_on_its_stack(changes, dtype):
    """Alone, among others, in another order: the same bits."""
    rates = [0.001, 0.005, 0.002, 0.003]
    seeds = [2, 0, 1, 0]

    def trained(order):
        recipes = [recipe(optimizer=Momentum(rates[r], 0.9), dtype=dtype, **changes) for r in order]
        return final(stack(recipes, dtype), [seeds[r] for r in order], dtype)

    together = trained([0, 1, 2, 3])
    assert np.isfinite(together).all()
    assert (trained([3, 2, 1, 0]) == together[::-1]).all()
    for r in range(4):
        assert (trained([r]) == together[r : r + 1]).all()


def test_float32_stays_float32_through_stacked_hyperparameters():
    recipes = [
        recipe(dtype="float32", penalty=L2(s), noise=Noise(hidden=Dropout(0.3)), constraint=MaxNorm(1.0))
        for s in (0.1, 0.2)
    ]
    assert final(stack(recipes, "float32"), [0, 1], "float32").dtype == np.float32


def test_turning_one_noise_on_moves_no_other_stream():
    silent = recipe(noise=Noise(inputs=Gaussian(0.0)))
    assert (final(silent, [0]) == final(recipe(), [0])).all()
    quiet_weights = recipe(noise=Noise(hidden=Dropout(0.3), weights=Gaussian(0.0)))
    assert (final(quiet_weights, [0]) == final(recipe(noise=Noise(hidden=Dropout(0.3))), [0])).all()


def test_seed_0_is_a_seed_and_seeds_differ():
    assert (final(recipe(), [0]) == final(recipe(), [0])).all()
    assert (final(recipe(), [0]) != final(recipe(), [1])).any()


def test_equal_seeds_have_equal_draws_whatever_the_penalty():
    """Differences between configurations are differences paired by seed."""
    one_step = {"epochs": 1, "batch_size": None, "optimizer": SGD(0.1)}
    free, penalised = (final(recipe(penalty=L2(s), **one_step), [1]) for s in (0.0, 0.5))
    biases = slice(D * 7 + 7 * K, None)
    assert (free[..., biases] == penalised[..., biases]).all()  # biases are not penalised
    assert (free[..., : biases.start] != penalised[..., : biases.start]).all()


def test_a_diverged_replica_stays_alone():
    rates = [0.05, 1e6, 0.05]
    recipes = [recipe(optimizer=SGD(rate), epochs=30) for rate in rates]
    total = 30 * recipes[0].steps_per_epoch(N)
    *_, last = train(stack(recipes, "float64"), examples([0, 0, 1]), [0, 0, 1], {total})
    assert not np.isfinite(last.parameters[1]).all()
    assert (last.parameters[0] == final(recipes[0], [0])[0]).all()
    assert last.finite_until[[0, 2]].tolist() == [total, total]
    assert 0 < last.finite_until[1] < total


@pytest.mark.parametrize("batch_size", [1, 5, 16, 17, None])
def test_every_epoch_sees_every_row_once_in_a_new_order(batch_size):
    rows = np.concatenate(list(minibatches(N, batch_size, [0, 1], epochs=2)), axis=1)
    assert rows.shape == (2, 2 * N)  # the last partial batch is kept
    first, second = rows[:, :N], rows[:, N:]
    assert (np.sort(first) == np.arange(N)).all()
    assert (np.sort(second) == np.arange(N)).all()
    assert (first != second).any()
    assert (first[0] != first[1]).any()


def test_max_norm_holds_after_every_step():
    total = 3 * recipe().steps_per_epoch(N)
    for snapshot in train(recipe(constraint=MaxNorm(0.5)), examples([0]), [0], set(range(1, total + 1))):
        for W in snapshot.layout.weights(snapshot.parameters).matrices:
            assert np.sqrt((W**2).sum(axis=1)).max() <= 0.5 * (1 + 1e-12)


def test_snapshots_come_at_the_steps_asked_for():
    snapshots = [(s.step, s.epoch) for s in train(recipe(), examples([0]), [0], {0, 4, 12})]
    assert snapshots == [(0, 0.0), (4, 1.0), (12, 3.0)]


def test_training_can_start_at_given_weights_which_it_leaves_alone():
    """Without momentum, in order, an epoch after an epoch is two epochs; weights of another type become the run's own."""
    own = recipe(optimizer=SGD(0.05), batches=InOrder(), epochs=1)
    once = final(own, [0, 1, 2])
    given = once.copy()
    *_, twice = train(own, examples([0, 1, 2]), [0, 1, 2], {4}, start=given)
    assert (given == once).all()
    assert (twice.parameters == final(recipe(optimizer=SGD(0.05), batches=InOrder(), epochs=2), [0, 1, 2])).all()
    single = recipe(dtype="float32")
    (start, _) = train(single, examples([0, 1, 2], "float32"), [0, 1, 2], {0, 12}, start=given)
    assert start.parameters.dtype == np.float32


def test_an_odd_batch_size_is_refused():
    with pytest.raises(ValueError, match="batch_size is 0"):
        Recipe(batch_size=0, loss=SoftmaxCrossEntropy())
