"""What a loss may be told."""

import numpy as np
import pytest

from backprop.losses import BinaryCrossEntropy, SoftmaxCrossEntropy


def test_labels_that_are_smoothed_away_teach_nothing():
    """At 1 every target is 1/K, whatever the label; just below it they still differ."""
    with pytest.raises(ValueError, match=r"SoftmaxCrossEntropy.smoothing is 1; it must be a number in \[0, 1\)"):
        SoftmaxCrossEntropy(smoothing=1)
    SoftmaxCrossEntropy(smoothing=0.99)


@pytest.mark.parametrize("classes", [1, 3])
def test_one_output_is_for_two_classes(classes):
    with pytest.raises(ValueError, match=f"which is for two classes; these data have {classes}"):
        BinaryCrossEntropy().targets(np.ones((5, classes)))
    assert BinaryCrossEntropy().targets(np.array([[1.0, 0], [0, 1]])).tolist() == [[0], [1]]


def test_an_example_is_wrong_on_either_side_of_zero():
    z, y = np.array([[[2.0], [2.0], [-2.0], [-2.0]]]), np.array([[[1.0], [0.0], [1.0], [0.0]]])
    assert BinaryCrossEntropy().error(z, y).ravel().tolist() == [0, 1, 1, 0]
    assert BinaryCrossEntropy().error(np.zeros((1, 2, 1)), y[:, :2]).ravel().tolist() == [1, 0]  # 0 is the first class
