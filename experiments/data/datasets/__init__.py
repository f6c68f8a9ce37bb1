"""Datasets, one function each. Targets are arrays: one-hot rows for classes, a column per value for regression."""

from experiments.data.datasets.arrays import idx, npz
from experiments.data.datasets.bundled import breast_cancer, diabetes, digits, iris, wine
from experiments.data.datasets.dataset import Dataset, one_hot
from experiments.data.datasets.generated import (
    linear_system,
    mnist1d,
    neal_classification,
    neal_regression,
    sinusoid,
    teacher,
    two_moons,
)
from experiments.data.datasets.tables import csv, openml, parquet

__all__ = [
    "Dataset",
    "breast_cancer",
    "csv",
    "diabetes",
    "digits",
    "idx",
    "iris",
    "linear_system",
    "mnist1d",
    "neal_classification",
    "neal_regression",
    "npz",
    "one_hot",
    "openml",
    "parquet",
    "sinusoid",
    "teacher",
    "two_moons",
    "wine",
]
