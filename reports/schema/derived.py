"""Metrics made from the recorded curve of another, written as `first_step(test/error < 0.3)`: their grammar.

    first_step(METRIC SIGN NUMBER)    the first evaluated step at which it holds; inf where it never does
    first_epoch(METRIC SIGN NUMBER)   the same, in epochs
    share(METRIC SIGN NUMBER)         the share of evaluations at which it holds
    last_mean(METRIC, COUNT)          the mean of the last COUNT evaluations

SIGN is one of < <= > >= ==. A name that does not begin with a word and a bracket is that of a recorded metric.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from reports.schema.condition import Condition, condition

EVENTS = ("first_step", "first_epoch", "share")  # of a condition
FORMS = {**{name: f"{name}(METRIC < NUMBER)" for name in EVENTS}, "last_mean": "last_mean(METRIC, COUNT)"}

CALL = re.compile(r"([A-Za-z_]\w*)\((.*)\)")
BEGINNING = re.compile(r"([A-Za-z_]\w*)\(")
CONDITION = re.compile(r"(.*?[^<>=\s])\s*((?:<=|>=|==|<|>)[^<>=]*)")
LAST = re.compile(r"(.*[^,\s])\s*,\s*([1-9][0-9]{0,4})")


class NoSuchMetric(ValueError):
    """The text names no metric; the message says what would."""


class Event(NamedTuple):
    """One number a seed from where a metric's curve meets a condition."""

    function: str  # one of EVENTS
    metric: str
    holds: Condition

    def __str__(self) -> str:
        return f"{self.function}({self.metric} {self.holds.sign} {self.holds.number!r})"


class LastMean(NamedTuple):
    """The mean of the last evaluations."""

    metric: str
    evaluations: int

    def __str__(self) -> str:
        return f"last_mean({self.metric}, {self.evaluations})"


def metric_names(text: str) -> list[str]:
    """The recorded metrics that a metric needs: of a recorded one itself. Raises NoSuchMetric for what cannot be read.

    >>> metric_names("first_step(test/error < 0.3)"), metric_names("test/error")
    (['test/error'], ['test/error'])
    """
    read = derived(text)
    return [text if read is None else read.metric]


def derived(text: str) -> Event | LastMean | None:
    """The derived metric that a text writes; None for the name of a recorded one. Raises NoSuchMetric.

    >>> derived("share(train/error == 0)"), derived("last_mean(train/loss, 3)")
    (Event(function='share', metric='train/error', holds=Condition(sign='==', number=0.0)), LastMean(metric='train/loss', evaluations=3))
    """
    begun = BEGINNING.match(text.strip())
    if begun is None:
        return None
    function, call = begun[1], CALL.fullmatch(text.strip())
    if function not in FORMS:
        there = f"there are {', '.join(FORMS)}{did_you_mean(function, FORMS)}"
        raise NoSuchMetric(f"the metric {text!r} has the function {function!r}; {there}")
    form = LAST if function == "last_mean" else CONDITION
    parts = form.fullmatch(call[2].strip()) if call else None
    if parts is None:
        raise NoSuchMetric(f"the metric {text!r} cannot be read; it must have the form {way_out(function)}")
    if BEGINNING.match(parts[1]):
        raise NoSuchMetric(
            f"the metric {text!r} has a function within a function; {function} takes a recorded metric alone"
        )
    if function == "last_mean":
        return LastMean(parts[1], int(parts[2]))
    try:
        holds = condition(parts[2])
    except ValueError as error:
        raise NoSuchMetric(f"the metric {text!r} cannot be read: {error}") from error
    return Event(function, parts[1], holds)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """
    >>> did_you_mean("tst/error", ["test/error"]), did_you_mean("?", ["test/error"])
    ('; did you mean test/error?', '')
    """
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def way_out(function: str) -> str:
    """
    >>> way_out("last_mean")
    'last_mean(METRIC, COUNT), such as last_mean(test/error, 3), with a COUNT from 1 to 99999'
    """
    if function == "last_mean":
        return f"{FORMS[function]}, such as last_mean(test/error, 3), with a COUNT from 1 to 99999"
    return f"{FORMS[function]}, such as {function}(test/error < 0.3), with one of < <= > >= =="
