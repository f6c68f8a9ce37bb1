"""Missing values: refused, unless the config says how the training rows of each seed fill them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from experiments.data.datasets.columns import DAYS, MISSING
from experiments.data.datasets.dataset import Column

WAYS = ("mean", "median", "most_frequent")  # scikit-learn's SimpleImputer's
HOW = "dataset.missing=mean (or median, or most_frequent; dataset.indicator=true tells the network which were missing)"


class Gaps(NamedTuple):
    """How gaps among features are filled, and whether further features say where they were."""

    missing: str | None = None  # one of WAYS; None: refused
    indicator: bool = False


def checked_gaps(missing: object, indicator: object) -> Gaps:
    """Raises ValueError for settings that are none."""
    if missing is not None and missing not in WAYS:
        raise ValueError(f"dataset.missing is {missing!r}; it must be one of {', '.join(WAYS)}, or null.")
    if not isinstance(indicator, bool):
        raise ValueError(f"dataset.indicator is {indicator!r}; it must be true or false.")
    if indicator and missing is None:
        raise ValueError(
            f"dataset.indicator is true, but dataset.missing is null: say how gaps are filled, dataset.missing={WAYS[0]}."
        )
    return Gaps(None if missing is None else str(missing), indicator)


def with_indicators(x: Float[Array, "N D"], columns: list[Column]) -> tuple[Float[Array, "N D2"], list[Column]]:
    """The features, and for each that has gaps one more: 1 where it is missing. A date has one, however many its parts."""
    gaps = np.isnan(x)
    places = [place for place in np.flatnonzero(gaps.any(axis=0)) if not columns or columns[place].what in ("", DAYS)]
    called = [Column(columns[place].name, what=MISSING) for place in places if columns]
    return np.concatenate([x, gaps[:, places]], axis=1), columns + called
