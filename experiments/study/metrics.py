"""The names of all that a cell records, known before it trains: claims and figures are looked up among them."""

from collections.abc import Collection, Sequence

from backprop.measures.measure import WHEN, Measure, Subject
from experiments.study.references import reference_names
from reports.schema import AT, BEGAN, DIVERGED, OWN, SELECTED

LABELS = {*AT, OWN, DIVERGED, BEGAN, "cell", "arm"}  # columns of tables that are no measurements
GROUPS_OF_LABELS = (SELECTED, "axis/")


def check_measures(measures: Sequence[Measure]) -> None:
    """Raises ValueError where one of them is no measure, or is never taken."""
    for measure in measures:
        if not isinstance(measure, Measure):
            raise ValueError(
                f"measures has {measure!r}; each must be a measure, with a field `when`, a method `names` and values when it is "
                "called (backprop/measures/measure.py)."
            )
        if measure.when not in WHEN:
            raise ValueError(f"{type(measure).__name__}.when is {measure.when!r}; it must be one of {', '.join(WHEN)}.")


def without_measures(parts: Collection[str], task: str) -> list[str]:
    """What is measured of every network, where these parts have rows: losses, errors, gaps, what follows from their curves.

    And the test errors of what needs no network, on the same data.
    """
    names = [f"{part}/{quantity}" for part in parts for quantity in ("loss", "error")]
    names += ["gap/loss", "gap/error"] if {"train", "test"} <= set(parts) else []
    names += reference_names(task) if "test" in parts else ()
    return [*names, "labels/corrupted", *(["validation/best_step", "validation/rise"] if "validation" in parts else [])]


def metric_names(measures: Sequence[Measure], subject: Subject) -> list[str]:
    """All names. Raises ValueError where a measure states one that another has, or none that a column can have."""
    owner = dict.fromkeys(without_measures(subject.parts, subject.loss.task), "of what every experiment measures")
    for measure in measures:
        kind = type(measure).__name__
        names = measure.names(subject)
        if not isinstance(names, tuple | list):
            raise ValueError(f"the measure {kind} names {names!r}; names must be a tuple, such as ('group/quantity',).")
        for name in names:
            check_name(name, kind)
            if name in owner:
                raise ValueError(f"{name} is a name {owner[name]}, and of the measure {kind}; leave one of them out.")
            owner[name] = f"of the measure {kind}"
    return list(owner)


def check_name(name: object, kind: str) -> None:
    """Raises ValueError for a name that no column of measurements can have."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ValueError(
            f"the measure {kind} names a value {name!r}; a name must be a text in one line, such as group/quantity."
        )
    if name in LABELS or name.startswith(GROUPS_OF_LABELS):
        raise ValueError(
            f"the measure {kind} names a value {name!r}, which is a column of every table; take another name."
        )
