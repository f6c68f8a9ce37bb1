"""What may share a stack, and what must not: cells trained together give what each gives alone."""

import numpy as np
import pytest

from backprop.losses import BinaryCrossEntropy, Focal, SoftmaxCrossEntropy
from backprop.network import MLP
from backprop.noise import Dropout, Gaussian, Noise
from backprop.optimizers import SGD, Adam, Momentum
from backprop.penalties import L1, L2
from experiments.config.building import experiment_of
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import breast_cancer, iris, wine
from experiments.data.scaling import Scaling
from experiments.data.splits import Holdout
from experiments.study.evaluate_at import Geometric
from experiments.training.evaluation import run
from experiments.training.tasks import tasks

COMMON = {
    "network": MLP((4,)),
    "epochs": 2,
    "seeds": 2,
    "evaluate_at": Geometric(3),
    "split": Holdout(40, 20, 20),
    "batch_size": 20,
}
DEEP, DROPOUT = MLP((4, 4)), Noise(hidden=Dropout(0.5))
PAIRS = {
    "corruption": [{}, {"corruption": LabelNoise(0.9)}, {"corruption": LabelNoise(0.9, "others")}],
    "loss": [
        {"dataset": breast_cancer(), "loss": SoftmaxCrossEntropy()},
        {"dataset": breast_cancer(), "loss": BinaryCrossEntropy()},
    ],
    "smoothing": [{"loss": SoftmaxCrossEntropy(0.0)}, {"loss": SoftmaxCrossEntropy(0.2)}],
    "class weights": [
        {"loss": SoftmaxCrossEntropy(class_weights="balanced")},
        {"loss": SoftmaxCrossEntropy(0.2, "balanced")},
        {"loss": SoftmaxCrossEntropy(class_weights=[1, 2, 3])},
    ],
    "focusing": [{"loss": Focal(0.0, "balanced")}, {"loss": Focal(2.0, "balanced")}],
    "dataset": [{}, {"dataset": iris()}],
    "scaling": [{}, {"scaling": Scaling("none", "none")}],
    "split": [{}, {"split": Holdout(30, 20, 20)}],
    "seeds": [{}, {"seeds": [2, 3]}],
    "numbers": [{"penalty": L2(0.1)}, {"penalty": L2(0.2)}, {"penalty": L2(0.1), "optimizer": Momentum(0.01, 0.5)}],
    "kinds": [
        {"penalty": L2(0.1)},
        {"penalty": L1(0.1)},
        {"optimizer": SGD()},
        {"optimizer": Adam()},
        {"noise": DROPOUT},
    ],
    "layers": [
        {"network": DEEP, "noise": noise} for noise in (Noise(hidden=Gaussian((0.1, 0.5))), Noise(hidden=Gaussian(0.1)))
    ],
    "batch size": [{"batch_size": 8}, {"batch_size": None}],
    "dtype": [{"dtype": "float32"}, {"dtype": "float64"}],
}


def made(change):
    """A small experiment with this change, on wine unless it says otherwise."""
    parts = {"dataset": wine(), **COMMON, **change}
    return experiment_of(parts.pop("dataset"), parts)


def curves(experiments):
    found = {}
    for task in tasks(experiments):
        found.update(zip(task.cells, run(task), strict=True))
    return [found[number].metrics for number in range(len(experiments))]


@pytest.mark.parametrize("changes", PAIRS.values(), ids=PAIRS)
def test_cells_of_one_sweep_give_what_each_gives_alone(changes):
    cells = [made(change) for change in changes]
    together = curves(cells)
    for cell, metrics in zip(cells, together, strict=True):
        (alone,) = curves([cell])
        for name, values in alone.items():
            assert np.array_equal(values, metrics[name], equal_nan=True), name


def test_only_numbers_share_a_stack():
    def count(name):
        return len(tasks([made(change) for change in PAIRS[name]]))

    assert [count(name) for name in ("numbers", "smoothing", "corruption", "loss", "kinds")] == [1, 1, 3, 2, 5]
    assert [count(name) for name in ("class weights", "focusing")] == [2, 1]


def test_what_is_not_to_vary_is_the_first_seeds_for_all():
    """Before training only split and initial weights decide the test loss, after it the order as well."""
    seeds = [3, 5, 8]

    def losses(*vary):
        experiment = made({"seeds": seeds, "vary": list(vary), "noise": Noise(inputs=Gaussian(0.5))})
        (curves,) = [curves for task in tasks([experiment]) for curves in run(task)]
        return curves.metrics["test/loss"]

    everything, split, init, order = (
        losses(*vary) for vary in (("split", "init", "order"), ("split",), ("init",), ("order",))
    )
    for one in (split, init, order):
        assert (one[:, 0] == everything[:, 0]).all()  # the first seed is itself
    assert len(set(order[0])) == 1
    assert len(set(order[-1])) == 3
    assert len(set(split[0])) == len(set(init[0])) == 3
    assert (losses("split", "init")[0] == everything[0]).all()
    assert (losses("split", "init")[-1] != everything[-1])[1:].all()
    with pytest.raises(ValueError, match=r"vary is \['seeds'\]; it must list one or more of split, init, order"):
        losses("seeds")
