"""How much data is measured at once."""

import numpy as np
import pytest

from backprop.metrics import Whole


@pytest.mark.parametrize(
    ("columns", "stretches"),
    [
        (1, [(0, 8192), (8192, 10_000), (10_000, 10_003)]),  # 8,192 rows at most
        (1024, [(start, min(start + 1024, 10_000)) for start in range(0, 10_000, 1024)] + [(10_000, 10_003)]),
        (2**21, [(row, row + 1) for row in range(10_003)]),  # a row has two million numbers: one at a time
    ],
)
def test_many_rows_are_measured_a_million_numbers_at_a_time(columns, stretches):
    features = np.broadcast_to(np.float32(0), (1, 10_003, columns))
    whole = Whole(features, features, {"train": slice(0, 10_000), "test": slice(10_000, 10_003)})
    assert [(rows.start, rows.stop) for rows in whole.stretches()] == stretches


def test_few_rows_are_measured_at_once():
    features = np.zeros((1, 8192, 2))
    whole = Whole(features, features, {"train": slice(0, 5000), "test": slice(5000, 8192)})
    assert whole.stretches() == [slice(0, 8192)]
