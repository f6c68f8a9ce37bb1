"""What a loss may be told."""

import pytest

from backprop.losses import SoftmaxCrossEntropy


def test_labels_that_are_smoothed_away_teach_nothing():
    """At 1 every target is 1/K, whatever the label; just below it they still differ."""
    with pytest.raises(ValueError, match=r"SoftmaxCrossEntropy.smoothing is 1; it must be a number in \[0, 1\)"):
        SoftmaxCrossEntropy(smoothing=1)
    SoftmaxCrossEntropy(smoothing=0.99)
