"""Real data that come with scikit-learn: nothing is downloaded."""

from collections.abc import Callable
from functools import cache
from typing import Any

from backprop.arrays import Array
from experiments.data.datasets.dataset import Column, Dataset, of_size, one_hot


@cache
def bundled(name: str) -> tuple[Array, Array, dict[str, Any]]:
    """Features, targets, and the names of features and classes."""
    from sklearn import datasets  # heavy: imported where it is used

    load: Callable = getattr(datasets, f"load_{name}")
    bunch = load()
    named = {
        "columns": tuple(Column(str(column)) for column in bunch.feature_names),
        "classes": tuple(map(str, bunch.get("target_names", []))),
    }
    return bunch.data, bunch.target, named


@of_size(lambda: (1797, 64, 10))
def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels from 0 to 16, ten classes."""
    x, y, _ = bundled("digits")
    return Dataset(
        "digits", x, one_hot(y), "classification", "UCI Optical Recognition of Handwritten Digits, via scikit-learn"
    )


@of_size(lambda: (569, 30, 2))
def breast_cancer() -> Dataset:
    """569 tumours with 30 measurements of cell nuclei, benign or malignant."""
    x, y, named = bundled("breast_cancer")
    source = "UCI Breast Cancer Wisconsin (Diagnostic), via scikit-learn"
    return Dataset("breast_cancer", x, one_hot(y), "classification", source, **named)


@of_size(lambda: (442, 10, 1))
def diabetes() -> Dataset:
    """442 patients with 10 measurements; the target is the disease's progression after a year."""
    x, y, named = bundled("diabetes")
    return Dataset(
        "diabetes",
        x,
        y[:, None],
        "regression",
        "Efron et al., Ann. Statist. 32:407 (2004), via scikit-learn",
        "progression",
        **named,
    )


@of_size(lambda: (178, 13, 3))
def wine() -> Dataset:
    """178 Italian wines with 13 chemical measurements, from three cultivars."""
    x, y, named = bundled("wine")
    return Dataset("wine", x, one_hot(y), "classification", "UCI Wine, via scikit-learn", **named)


@of_size(lambda: (150, 4, 3))
def iris() -> Dataset:
    """150 irises with 4 measurements, of three species."""
    x, y, named = bundled("iris")
    source = "Fisher, Ann. Eugenics 7:179 (1936), via scikit-learn"
    return Dataset("iris", x, one_hot(y), "classification", source, **named)
