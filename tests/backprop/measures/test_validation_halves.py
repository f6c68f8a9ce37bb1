"""Losses and errors of the halves of the validation rows: with the weights of their sizes they make those of all."""

import numpy as np
import pytest

from backprop.losses import SoftmaxCrossEntropy, SquaredError
from backprop.measures.measure import Scales
from backprop.measures.validation_halves import FIRST, SECOND, ValidationHalves
from backprop.metrics import Whole, performance
from backprop.network import MLP
from backprop.sets import Scale
from backprop.training import Recipe
from tests.backprop.measures.seen import measured, observed, subject_of

DRAW = np.random.default_rng(0)
ROWS = {"train": slice(0, 11), "validation": slice(11, 24), "test": slice(24, 31)}


@pytest.mark.parametrize(("loss", "outputs"), [(SoftmaxCrossEntropy(), 3), (SquaredError(), 1)])
def test_the_halves_make_the_whole(loss, outputs):
    x, y = DRAW.normal(size=(31, 2)), DRAW.normal(size=(31, 1))
    y = np.eye(3)[np.arange(31) % 3] if outputs == 3 else y
    recipe = Recipe(network=MLP((3,)), loss=loss, epochs=1, batch_size=5, dtype="float64")
    scales = [Scales(targets=Scale(np.zeros(1), np.full(1, 2.0)))] if outputs == 1 else None
    seen = observed(recipe, x, y, (0, 1), scales=scales)._replace(data=[Whole(x[None], y[None], ROWS)])
    seen = seen._replace(of=np.zeros(2, int))
    found = measured(ValidationHalves(), seen)
    whole = performance(recipe, seen.layout, seen.parameters, seen.data, seen.of).means
    for what in ("loss", "error"):
        unit = 4.0 if (what, outputs) == ("error", 1) else 1.0  # one output is two units of the target
        joined = (7 * found[f"{FIRST}/{what}"] + 6 * found[f"{SECOND}/{what}"]) / 13
        assert joined == pytest.approx(whole[f"validation/{what}"] * unit)
    assert (found[f"{FIRST}/loss"] != found[f"{SECOND}/loss"]).all()


def test_without_validation_rows_it_is_refused():
    subject = subject_of(Recipe(network=MLP(()), loss=SquaredError()), 2, 1)._replace(parts=("train", "test"))
    with pytest.raises(ValueError, match=r"split.validation=0 leaves none; .*study.choose_on=all"):
        ValidationHalves().names(subject)
