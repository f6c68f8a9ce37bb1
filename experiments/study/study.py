"""The question a sweep answers, stated before anything is run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, fields
from typing import Any

from backprop.choices import choice, integer, one_of
from reports.schema import STREAM, VALIDATION_ROWS
from reports.schema.codes import check_codes
from reports.schema.derived import metric_names
from reports.schema.statements import claim, figure, is_number

MOST_SWITCHES = 8  # 256 cells


@choice
class Study:
    """The question a sweep answers, and how its cells are compared; stated before anything is run."""

    name: str
    question: str
    baseline: dict[str, Any] = field(
        default_factory=dict
    )  # axis values of the cell to compare with; empty: the first cell
    choose: list[str] = field(
        default_factory=list
    )  # axes whose value is chosen on validation data before anything is compared
    choose_on: str = one_of(default="all", options=tuple(VALIDATION_ROWS))  # the validation rows that choose it
    baseline_tries: int = integer(
        default=1, within="[1, 1000]"
    )  # so many streams of the baseline, of which one is chosen
    expect: str = ""
    smallest_effect: float | None = (
        None  # the least difference of test error that matters: then arms can be equivalent, and the report counts seeds for it
    )
    claims: list[dict[str, Any]] = field(default_factory=list)  # what theory or a paper says; judged by the report
    measures: list[str] = field(
        default_factory=list
    )  # metrics, recorded or derived, that the table shows: beside errors for networks; for theories these alone, or all
    figures: list[dict[str, Any]] = field(default_factory=list)  # beside those that every report has
    confirm: bool = False  # on seeds never used before, beside the newest sweep of the same cells
    design: list[str] = field(default_factory=list)  # switches: axes of two values each, whose grid is full
    mute: list[str] = field(default_factory=list)  # codes of checks, such as L001, whose sentences are only counted
    compare: str = one_of(
        default="baseline", options=("baseline", "pairs")
    )  # each arm with it, or with every other too

    def __post_init__(self) -> None:
        if self.smallest_effect is not None and not (is_number(self.smallest_effect) and self.smallest_effect > 0):
            raise ValueError(
                f"study.smallest_effect is {self.smallest_effect!r}; it must be a number above 0, in the unit of the error, or null."
            )
        for key, items, read in (("claims", self.claims, claim), ("figures", self.figures, figure)):
            for item in items:
                try:
                    read(item)
                except ValueError as error:
                    raise ValueError(f"study.{key}: {error}.") from error
        if not re.fullmatch(r"\w[\w .+-]{0,99}", self.name):
            raise ValueError(
                f"study.name is {self.name!r}; it must begin with a letter or a digit and have at most 100 letters, digits, "
                "spaces and . + - _"
            )
        object.__setattr__(self, "baseline", dict(dotted(self.baseline)))
        check_measures(self.measures)
        check_switches(self.design, self.choose)
        check_codes(self.mute)
        if not all(isinstance(axis, str) for axis in self.choose):
            raise ValueError(f"study.choose is {self.choose!r}; it must be a list of axes, such as [penalty.strength].")
        self.check_tries()

    def check_tries(self) -> None:
        """Puts the stream among the axes that validation data choose, where the baseline has several. Raises ValueError without one."""
        if self.baseline_tries > 1 and not self.baseline:
            raise ValueError(
                f"study.baseline_tries is {self.baseline_tries}, and study.baseline names none to be tried so often; give it, such as "
                "+study.baseline.regularizer=none."
            )
        if self.baseline_tries > 1 and STREAM not in self.choose:
            object.__setattr__(self, "choose", [*self.choose, STREAM])

    def as_dict(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]


def dotted(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Values by whole keys: the command line makes mappings of dots, as in +study.baseline.optimizer.learning_rate=0.1.

    >>> dict(dotted({"penalty": "l2", "optimizer": {"learning_rate": 0.1}}))
    {'penalty': 'l2', 'optimizer.learning_rate': 0.1}
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from dotted(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def check_measures(measures: list[str]) -> None:
    """Raises ValueError unless these are texts, and those with a function of curves can be read."""
    if not all(isinstance(metric, str) for metric in measures):
        raise ValueError(f"study.measures is {measures!r}; it must be a list of metrics, such as [test/loss].")
    for metric in measures:
        try:
            metric_names(metric)
        except ValueError as error:
            raise ValueError(f"study.measures: {error}.") from error


def check_switches(design: list[str], choose: list[str]) -> None:
    """Raises ValueError unless these are two axes or more, none of which is chosen."""
    if not all(isinstance(axis, str) for axis in design):
        raise ValueError(f"study.design is {design!r}; it must be a list of axes, such as [penalty.strength, epochs].")
    if design and not 2 <= len(set(design)) == len(design) <= MOST_SWITCHES:
        raise ValueError(
            f"study.design is {design!r}; it must list 2 to {MOST_SWITCHES} different axes, or none: with one switch, the "
            "table's difference from the baseline is its effect."
        )
    if both := sorted(set(design) & set(choose)):
        raise ValueError(
            f"study.design and study.choose both name {both[0]}; a switch has an effect at each of its values, so that none "
            "of them is chosen: leave it out of one of the two."
        )
