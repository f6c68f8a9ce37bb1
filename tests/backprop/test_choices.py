import numpy as np
import pytest

from backprop.arrays import per_replica
from backprop.choices import check_fields
from backprop.noise import Dropout
from backprop.optimizers import SGD, Momentum
from backprop.penalties import L1, L2
from backprop.stacking import stack, stacking_key


@pytest.mark.parametrize("rate", [1.2, -0.1, 1.0, float("nan")])
def test_a_number_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"Dropout\.rate is .*; it must be a number in \[0, 1\)\."):
        Dropout(rate=rate)


@pytest.mark.parametrize("rate", ["0.5", True, None, ["0.1"], []])
def test_what_is_not_a_number_is_refused(rate):
    with pytest.raises(ValueError, match=r"Dropout\.rate is .*; it must be a number in \[0, 1\)\."):
        check_fields(Dropout, {"rate": rate})


def test_stacking_gives_every_number_three_axes_and_the_dtype_of_the_run():
    merged = stack([L2(strength=0.1), L2(strength=0.2)], "float32")
    assert merged.strength.shape == (2, 1, 1)
    assert merged.strength.dtype == np.float32
    assert merged.method == "gradient"


def test_choices_that_differ_in_more_than_numbers_do_not_stack():
    assert stacking_key(L1(strength=0.1)) == stacking_key(L1(strength=0.2))
    assert stacking_key(L1(method="gradient")) != stacking_key(L1(method="proximal"))
    assert stacking_key(SGD()) != stacking_key(Momentum())
    with pytest.raises(ValueError, match="cannot share a stack"):
        stack([L1(method="gradient"), L1(method="proximal")], "float64")


def test_a_stacked_number_broadcasts_over_replicas_even_when_columns_are_as_many():
    columns_as_many_as_replicas = np.ones((3, 1, 3))
    scaled = per_replica([1.0, 2.0, 3.0], "float64") * columns_as_many_as_replicas
    assert scaled[:, 0, 0].tolist() == [1, 2, 3]
