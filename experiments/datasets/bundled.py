"""Real data that come with scikit-learn: nothing is downloaded."""

from collections.abc import Callable
from functools import cache

from backprop.arrays import Array
from experiments.datasets.dataset import Dataset, one_hot


@cache
def bundled(name: str) -> tuple[Array, Array]:
    from sklearn import datasets  # heavy: imported where it is used

    load: Callable = getattr(datasets, f"load_{name}")
    return load(return_X_y=True)


def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels from 0 to 16, ten classes."""
    x, y = bundled("digits")
    return Dataset(
        "digits", x, one_hot(y), "classification", "UCI Optical Recognition of Handwritten Digits, via scikit-learn"
    )


def breast_cancer() -> Dataset:
    """569 tumours with 30 measurements of cell nuclei, benign or malignant."""
    x, y = bundled("breast_cancer")
    return Dataset(
        "breast_cancer", x, one_hot(y), "classification", "UCI Breast Cancer Wisconsin (Diagnostic), via scikit-learn"
    )


def diabetes() -> Dataset:
    """442 patients with 10 measurements; the target is the disease's progression after a year."""
    x, y = bundled("diabetes")
    return Dataset(
        "diabetes",
        x,
        y[:, None],
        "regression",
        "Efron et al., Ann. Statist. 32:407 (2004), via scikit-learn",
        "progression",
    )


def wine() -> Dataset:
    """178 Italian wines with 13 chemical measurements, from three cultivars."""
    x, y = bundled("wine")
    return Dataset("wine", x, one_hot(y), "classification", "UCI Wine, via scikit-learn")


def iris() -> Dataset:
    """150 irises with 4 measurements, of three species."""
    x, y = bundled("iris")
    return Dataset("iris", x, one_hot(y), "classification", "Fisher, Ann. Eugenics 7:179 (1936), via scikit-learn")
