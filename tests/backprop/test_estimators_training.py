"""How estimators train: weights of samples and classes, early stopping, and going on from the last weights."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from backprop.batches import WithReplacement
from backprop.estimators import BackpropClassifier, BackpropRegressor
from backprop.estimators.sample_weights import Weighted
from backprop.estimators.stopping import with_held_out
from backprop.losses import SoftmaxCrossEntropy
from backprop.network import MLP
from backprop.noise import Dropout, Gaussian, Noise
from backprop.optimizers import SGD, Adam, Newton
from backprop.penalties import L2

wine, diabetes = load_wine(return_X_y=True), load_diabetes(return_X_y=True)
x, y = StandardScaler().fit_transform(wine[0]), wine[1]
values = (diabetes[1] - diabetes[1].mean()) / diabetes[1].std()
draw = np.random.default_rng(0)
COUNTS = draw.integers(0, 4, size=len(x))
WHOLE = {"hidden": (7,), "batch_size": None, "epochs": 60, "optimizer": SGD(0.1), "random_state": 0}


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3, 2: 0.5}], ids=str)
def test_a_weight_is_so_many_copies_with_weights_of_classes_too(class_weight):
    model = BackpropClassifier(class_weight=class_weight, penalty=L2(0.01), **WHOLE)
    copies = model.fit(x.repeat(COUNTS, axis=0), y.repeat(COUNTS)).predict_proba(x)
    weights = model.fit(x, y, sample_weight=COUNTS).predict_proba(x)
    assert weights == pytest.approx(copies, abs=1e-10)
    assert model.fit(x, y).predict_proba(x) != pytest.approx(copies, abs=1e-3)
    assert model.fit(x, y, sample_weight=7.0 * COUNTS).predict_proba(x) == pytest.approx(copies, abs=1e-10)  # a unit


def test_weighted_least_squares_is_scikit_learns_and_newton_sees_the_weighted_loss():
    own = np.abs(draw.standard_normal(len(values)))
    model = BackpropRegressor(hidden=(), optimizer=Newton(damping=1e-9), batch_size=None, epochs=3, random_state=0)
    oracle = LinearRegression().fit(diabetes[0], values, sample_weight=own)
    assert model.fit(diabetes[0], values, sample_weight=own).predict(diabetes[0]) == pytest.approx(
        oracle.predict(diabetes[0]), abs=1e-6
    )


def test_the_gradient_of_a_weighted_loss_is_that_of_its_value():
    z, targets = draw.standard_normal((1, 5, 3)), np.eye(3)[[[0, 2, 1, 1, 0]]]
    loss = Weighted(SoftmaxCrossEntropy(), np.array([[[0.0], [1.0], [2.0], [0.5], [1.5]]]))
    costs = SoftmaxCrossEntropy().cost(z, targets).ravel()
    assert loss(z, targets)[0].item() == pytest.approx((costs[1] + 2 * costs[2] + costs[3] / 2 + 1.5 * costs[4]) / 5)
    dz, towards = loss(z, targets)[1](), draw.standard_normal(z.shape)
    ahead, behind = (loss(z + step * towards, targets)[0].item() for step in (1e-6, -1e-6))
    assert (dz * towards).sum() == pytest.approx((ahead - behind) / 2e-6, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"batch_size": 32}, "batch_size is 32 of 178 examples"),
        ({"noise": Noise(hidden=Dropout(0.1))}, "noise draws for every example"),
        ({"noise": Noise(inputs=Gaussian(0.1))}, "noise draws for every example"),
        ({"batches": WithReplacement()}, "batches draws with replacement"),
        ({"network": MLP((5,), normalization="batch")}, "BatchNorm takes its statistics over rows"),
        ({"early_stopping": True}, "early_stopping draws a part of the examples"),
    ],
    ids=str,
)
def test_weights_that_would_be_no_copies_are_refused(settings, reason):
    with pytest.raises(ValueError, match=f"sample_weight is given, (but|and) {reason}"):
        BackpropClassifier(**WHOLE | settings).fit(x, y, sample_weight=COUNTS)


def test_negative_weights_are_refused_and_noise_on_weights_is_not():
    with pytest.raises(ValueError, match=r"sample_weight must be at least 0|Sample weights must contain"):
        BackpropClassifier(**WHOLE).fit(x, y, sample_weight=np.zeros(len(x)))
    with pytest.raises(ValueError, match="sample_weight must be at least 0 for every example"):
        BackpropClassifier(**WHOLE).fit(x, y, sample_weight=COUNTS - 1)
    model = BackpropClassifier(noise=Noise(weights=Dropout(0.2), gradients=Gaussian(0.01)), **WHOLE)
    copies = model.fit(x.repeat(COUNTS, axis=0), y.repeat(COUNTS)).predict_proba(x)
    assert model.fit(x, y, sample_weight=COUNTS).predict_proba(x) == pytest.approx(copies, abs=1e-10)


def test_class_weights_are_scikit_learns():
    """Logistic regression with the same weights: C = 1 / (n s) where the penalty is ½ s ‖W‖², the cost Σ w c / n."""
    few, many = np.flatnonzero(y == 0)[:10], np.flatnonzero(y != 0)
    some, s = np.concatenate([few, many]), 0.1
    for class_weight in ("balanced", {0: 5.0, 2: 2.0}):  # class 1 has weight 1
        ours = BackpropClassifier(
            hidden=(),
            class_weight=class_weight,
            penalty=L2(s),
            optimizer=SGD(0.2),
            batch_size=None,
            epochs=1500,
            random_state=0,
        ).fit(x[some], y[some])
        oracle = LogisticRegression(C=1 / (len(some) * s), class_weight=class_weight, solver="newton-cg", tol=1e-10)
        assert ours.predict_proba(x) == pytest.approx(oracle.fit(x[some], y[some]).predict_proba(x), abs=1e-5)


@pytest.mark.parametrize("class_weight", [{7: 2.0}, "balance", [1, 2, 3]], ids=str)
def test_class_weights_of_no_class_are_refused(class_weight):
    with pytest.raises(ValueError, match="it must be None, balanced, or weights of classes among"):
        BackpropClassifier(class_weight=class_weight, epochs=1).fit(x, y)


def noisy():
    """Labels that are half wrong, which a large network learns by heart."""
    labels = np.where(draw.random(len(y)) < 0.5, draw.integers(3, size=len(y)), y)
    return BackpropClassifier(
        hidden=(64,), optimizer=Adam(0.01), early_stopping=True, epochs=60, random_state=0
    ), labels


def test_early_stopping_keeps_the_weights_of_the_least_validation_loss():
    """To train as many epochs as it found best, without a look, ends in the same weights."""
    model, labels = noisy()
    model.fit(x, labels)
    losses = model.validation_losses_
    assert len(losses) == 61
    assert 0 < model.best_epoch_ < 60
    assert losses[model.best_epoch_] == min(losses) < 0.9 * losses[-1]
    seed = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
    data = with_held_out(x, np.eye(3)[labels], 0.1, seed, stratify=labels)
    features, targets = (part[0, data.rows["validation"]] for part in (data.features, data.targets))
    assert -np.log((model.predict_proba(features) * targets).sum(axis=1)).mean() == pytest.approx(min(losses))
    again = BackpropClassifier(**model.get_params(deep=False) | {"epochs": model.best_epoch_}).fit(x, labels)
    assert again.best_epoch_ == model.best_epoch_
    assert (again.coefs_[0] == model.coefs_[0]).all()


def test_early_stopping_holds_out_as_many_of_each_class():
    data = with_held_out(x, np.eye(3)[y], 0.25, seed=0, stratify=y)
    held_out = data.targets[0, data.rows["validation"]]
    assert len(held_out) == 45  # of 178, rounded up
    assert held_out.sum(axis=0) == pytest.approx(0.25 * np.bincount(y), abs=1)
    both = np.concatenate([data.features[0, rows] for rows in data.rows.values()])
    assert (np.sort(both[:, 0]) == np.sort(x[:, 0])).all()


@pytest.mark.parametrize("fraction", [0, 1, 1.5])
def test_a_part_is_held_out(fraction):
    with pytest.raises(ValueError, match=r"validation_fraction is .+; it must be a number in \(0, 1\)"):
        BackpropRegressor(early_stopping=True, validation_fraction=fraction, epochs=1).fit(x, y)


def test_a_warm_start_goes_on_from_the_last_weights():
    """Gradient descent without momentum has no memory: twice 5 epochs over all examples are 10."""
    half, whole = BackpropClassifier(**WHOLE | {"epochs": 5}), BackpropClassifier(**WHOLE | {"epochs": 10})
    half.set_params(warm_start=True).fit(x, y).fit(x, y)
    assert half.coefs_[0] == pytest.approx(whole.fit(x, y).coefs_[0], abs=1e-12)
    cold = half.set_params(warm_start=False).fit(x, y).coefs_[0]
    assert cold != pytest.approx(whole.coefs_[0], abs=1e-3)


def test_a_warm_start_of_another_network_or_of_other_classes_is_refused():
    model = BackpropClassifier(warm_start=True, **WHOLE | {"epochs": 1}).fit(x, y)
    with pytest.raises(ValueError, match="so it cannot go on; take warm_start=False"):
        model.set_params(hidden=(8,)).fit(x, y)
    with pytest.raises(ValueError, match="warm_start is True, and the classes were"):
        model.set_params(hidden=(7,)).fit(x, y + 1)


def test_partial_fit_is_an_epoch_over_the_examples_given():
    model, whole = BackpropClassifier(**WHOLE | {"epochs": 99}), BackpropClassifier(**WHOLE | {"epochs": 4})
    for _ in range(4):
        model.partial_fit(x, y, classes=[0, 1, 2])
    assert model.coefs_[0] == pytest.approx(whole.fit(x, y).coefs_[0], abs=1e-12)
    assert model.n_iter_ == 4
    values_in_parts = BackpropRegressor(hidden=(), optimizer=SGD(0.05), random_state=0)
    for _ in range(30):
        for part in np.array_split(np.arange(len(values)), 5):
            values_in_parts.partial_fit(10 * diabetes[0][part], values[part])
    assert values_in_parts.score(10 * diabetes[0], values) > 0.45


def test_partial_fit_draws_a_new_order_at_each_call():
    seeds = []

    class Watched(BackpropRegressor):
        def next_seed(self):
            seeds.append(super().next_seed())
            return seeds[-1]

    model = Watched(hidden=(), random_state=0)
    for _ in range(3):
        model.partial_fit(x, y)
    assert len(set(seeds)) == 3


def test_partial_fit_says_what_it_needs():
    model = BackpropClassifier(hidden=(), random_state=0)
    with pytest.raises(ValueError, match="the first call of partial_fit needs all classes"):
        model.partial_fit(x, y)
    model.partial_fit(x, y, classes=[0, 1, 2, 3])
    assert model.predict_proba(x).shape == (178, 4)
    with pytest.raises(ValueError, match=r"y has classes \[4, 5\], which are not among \[0, 1, 2, 3\]"):
        model.partial_fit(x, y + 3)
    with pytest.raises(ValueError, match="class_weight is balanced, which needs all examples at once"):
        BackpropClassifier(class_weight="balanced").partial_fit(x, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="early_stopping is True, and partial_fit"):
        BackpropRegressor(early_stopping=True).partial_fit(x, y)
