"""Errors class by class: what a rare class's examples suffer shows in no mean over all examples."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.measures.confidence import two_columns
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.metrics import answers


@choice
class BalancedError:
    """train/balanced_error, … of each part: (1/K) Σₖ eₖ, eₖ the share of class k's examples that are misclassified.

    1 − scikit-learn's balanced accuracy: guessing one class has 1 − 1/K, however rare the others are. A class without examples in
    the part is left out.
    """

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        check_classes(subject, "BalancedError")
        return tuple(f"{part}/balanced_error" for part in subject.parts)

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = {f"{part}/balanced_error": np.full(len(seen.of), np.nan) for part in seen.subject.parts}
        for r, part, errors in by_class(seen):
            found[f"{part}/balanced_error"][r] = errors[~np.isnan(errors)].mean()
        return found


@choice
class ErrorByClass:
    """train/error_of_CLASS, … of each part and class: the share of the class's examples that are misclassified, 1 − its recall.

    NaN for a class without examples in the part.
    """

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        check_classes(subject, "ErrorByClass")
        return tuple(f"{part}/error_of_{name}" for part in subject.parts for name in subject.outputs)

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = {name: np.full(len(seen.of), np.nan) for name in self.names(seen.subject)}
        for r, part, errors in by_class(seen):
            for name, error in zip(seen.subject.outputs, errors, strict=True):
                found[f"{part}/error_of_{name}"][r] = error
        return found


def check_classes(subject: Subject, measure: str) -> None:
    if subject.loss.task != "classification":
        raise ValueError(
            f"{measure} is of classes, and loss is {type(subject.loss).__name__}, which is for {subject.loss.task}; "
            "leave the measure out."
        )


class ClassErrors(NamedTuple):
    """The errors that one network makes on one part of its data."""

    replica: int
    part: str
    errors: Float[Array, " K"]  # NaN where there is no example of the class


def by_class(seen: Observation) -> Iterator[ClassErrors]:
    """The errors of every network on every part, but not of one that has diverged."""
    with np.errstate(all="ignore"):
        for r, s, z in answers(seen.layout, seen.parameters, seen.data, seen.of):
            wrong, (_, y) = seen.recipe.loss.error(z, seen.data[s].y)[0], two_columns(z[0], seen.data[s].y[0])
            for part in seen.subject.parts:
                rows = seen.data[s].rows[part]
                if np.isfinite(z[0, rows]).all():
                    is_of = y[rows] > 0.5
                    yield ClassErrors(r, part, (is_of * wrong[rows]).sum(axis=0, dtype=float) / is_of.sum(axis=0))
