"""How features and targets are scaled, and missing values filled: only a seed's training rows decide."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.sets import Scale
from experiments.data.datasets.dataset import Dataset

SCALED_AT_ONCE = 2**20  # numbers read at a time when means, medians and deviations are computed


@choice
class Scaling:
    """What is done to features: `standard` (mean 0, variance 1), `robust` (median 0, interquartile range 1), `unit`, `none`.

    `unit` divides each feature by its largest absolute value, or all of them by the `divisor`, such as 255 for images. Only
    training rows decide; a feature that is constant there is divided by 1. The targets of a regression are standardized or left
    as they are, whatever is done to features: all columns of targets share one scale, so that an error stays a sum of squares.
    """

    features: str = one_of(default="standard", options=("standard", "robust", "unit", "none"))
    targets: str = one_of(default="standard", options=("standard", "none"))
    divisor: float | None = None  # of unit: what all features are divided by; None: each by its largest absolute value

    def __post_init__(self) -> None:
        if self.divisor is None:
            return
        if not 0 < self.divisor < float("inf"):
            raise ValueError(f"scaling.divisor is {self.divisor!r}; it must be a number above 0, such as 255, or null.")
        if self.features != "unit":
            raise ValueError(
                f"scaling.divisor is {self.divisor:g}, but scaling.features is {self.features}, which divides by no such number; "
                "take scaling.features=unit, or scaling.divisor=null."
            )


def feature_scale(dataset: Dataset, rows: Int[Array, " n"], scaling: Scaling) -> Scale | None:
    """How some training rows say that features are seen; None: as they are. Raises ValueError for a gap that they cannot fill."""
    fill = fills(dataset, rows) if dataset.missing else None
    if scaling.features == "none" and fill is None:
        return None
    zeros, ones = np.zeros(dataset.x.shape[1]), np.ones(dataset.x.shape[1])
    if scaling.features == "none" or scaling.divisor is not None:
        return Scale(zeros, ones * (scaling.divisor or 1.0), fill)
    if scaling.features == "unit":
        return Scale(zeros, largest(dataset.x, rows), fill)
    if scaling.features == "robust":
        return Scale(*median_and_range(dataset.x, rows, fill), fill)
    return column_scale(dataset.x, rows, fill)


def fills(dataset: Dataset, rows: Int[Array, " n"]) -> Float[Array, " D"]:
    """What stands for a missing value of each feature: the mean, median or most frequent value of some training rows."""
    from sklearn.impute import SimpleImputer

    found = [SimpleImputer(strategy=dataset.missing).fit(some) for some in stretches_of_columns(dataset.x, rows)]
    fill = np.concatenate([imputer.statistics_ for imputer in found])
    if np.isnan(fill).any():
        place = int(np.flatnonzero(np.isnan(fill))[0])
        name = repr(dataset.columns[place].name) if dataset.columns else f"number {place} (from 0)"
        raise ValueError(
            f"the feature {name} of {dataset.name} has no value in the {len(rows)} training rows of a seed, which therefore cannot "
            "fill the gaps of others; leave it out (dataset.drop), or ask for more training rows (split.train)."
        )
    return fill


def column_scale(x: Float[Array, "N D"], rows: Int[Array, " n"], fill: Float[Array, " D"] | None = None) -> Scale:
    """Mean and deviation of each column over some rows, read a few at a time; constant columns are divided by 1."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    for some in stretches_of_rows(x, rows):
        scaler.partial_fit(some if fill is None else np.where(np.isnan(some), fill, some))
    return Scale(scaler.mean_, scaler.scale_, fill)


def largest(x: Float[Array, "N D"], rows: Int[Array, " n"]) -> Float[Array, " D"]:
    """The largest absolute value of each column over some rows; 1 where all are 0. What fills gaps is never larger."""
    from sklearn.preprocessing import MaxAbsScaler

    scaler = MaxAbsScaler()
    for some in stretches_of_rows(x, rows):
        scaler.partial_fit(some)
    scale: Array = scaler.scale_
    return scale


def median_and_range(
    x: Float[Array, "N D"], rows: Int[Array, " n"], fill: Float[Array, " D"] | None
) -> tuple[Array, Array]:
    """The median and the interquartile range of each column over some rows; a range of 0 counts as 1."""
    from sklearn.preprocessing import RobustScaler

    found, start = [], 0
    for some in stretches_of_columns(x, rows):
        here = slice(start, start + some.shape[1])
        found.append(RobustScaler().fit(some if fill is None else np.where(np.isnan(some), fill[here], some)))
        start = here.stop
    middle, scale = (np.concatenate([getattr(one, name) for one in found]) for name in ("center_", "scale_"))
    return middle, scale


def stretches_of_rows(x: Float[Array, "N D"], rows: Int[Array, " n"]) -> Iterator[Float[Array, "few D"]]:
    few = max(SCALED_AT_ONCE // x.shape[1], 1)
    for start in range(0, len(rows), few):
        yield np.asarray(x[rows[start : start + few]], float)


def stretches_of_columns(x: Float[Array, "N D"], rows: Int[Array, " n"]) -> Iterator[Float[Array, "n few"]]:
    few = max(SCALED_AT_ONCE // len(rows), 1)
    for start in range(0, x.shape[1], few):
        yield np.asarray(x[rows, start : start + few], float)


def common_scale(y: Float[Array, "n K"]) -> Scale:
    """Each column's mean, and one scale for all columns, so that the error stays a sum of squares."""
    scale = float(np.sqrt(y.var(axis=0).mean())) or 1.0
    return Scale(y.mean(axis=0), np.full(y.shape[1], scale))
