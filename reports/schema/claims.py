"""What a study can claim beforehand, a class a kind. Which rule judges each stands in `reports/claims/`, in the file of its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.schema.condition import condition
from reports.schema.names import as_number, as_override

Place = Mapping[str, Any]  # of a cell: axes and their values


def text(place: Place) -> str:
    """A place in words.

    >>> text({"regularizer": "l2", "vary": ["split"]})
    'regularizer=l2, vary=[split]'
    """
    return ", ".join(f"{axis}={as_override(value)}" for axis, value in place.items())


@dataclass(frozen=True)
class Exact:
    """Theory gives the value of a cell's metric, and the study a margin around it."""

    cell: Place
    metric: str
    value: float
    margin: float
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        return f"{self.metric} of {text(self.cell)} is {self.value:g}"


@dataclass(frozen=True)
class Published:
    """A paper has published the value of a cell's metric, from a single run."""

    cell: Place
    metric: str
    value: float
    margin: float | None = (
        None  # the least difference of means that matters; without it the claim can only be compatible
    )
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        return f"{self.metric} of {text(self.cell)} is {self.value:g}, as published"


@dataclass(frozen=True)
class PublishedMean:
    """A paper has published the mean of a cell's metric over n runs, with their standard deviation or the mean's standard error."""

    cell: Place
    metric: str
    value: float
    n: int
    sd: float | None = None  # of single runs
    se: float | None = None  # of the mean: sd / √n
    margin: float | None = None  # the least difference that matters; without it the claim can only be compatible
    says: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if (self.sd is None) == (self.se is None):
            stated = "both sd and se" if self.sd is not None else "neither sd nor se"
            raise ValueError(
                f"the claim states {stated}; it must have one: sd, of single runs, or se, the mean's standard error"
            )

    def in_words(self) -> str:
        return f"{self.metric} of {text(self.cell)} is {self.value:g}, as published"


@dataclass(frozen=True)
class Order:
    """A metric is lower in one cell than in another, paired by seed."""

    metric: str
    lower: Place
    than: Place
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        return f"{self.metric}: {text(self.lower)} below {text(self.than)}"


@dataclass(frozen=True)
class Equal:
    """A metric is the same in two cells, but for less than a margin that matters; paired by seed."""

    metric: str
    cell: Place
    than: Place
    margin: float
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        return f"{self.metric} of {text(self.cell)} is that of {text(self.than)} within {self.margin:g}"


@dataclass(frozen=True)
class Ratio:
    """A metric of one cell is so many times that of another, paired by seed."""

    metric: str
    cell: Place
    than: Place
    value: float
    margin: float
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        return f"{self.metric} of {text(self.cell)} is {self.value:g} times that of {text(self.than)}"


@dataclass(frozen=True)
class Extreme:
    """Along an axis, a metric is least or greatest at one of the values stated."""

    metric: str
    which: str  # least or greatest
    axis: str
    inside: Any  # a list of the axis's values, or {from: low, to: high}
    cells: Place = field(default_factory=dict)  # what all cells compared share
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        here = f" of {text(self.cells)}" if self.cells else ""
        return f"{self.metric}{here} is {self.which} at {self.axis} {self.range_in_words()}"

    def range_in_words(self) -> str:
        if isinstance(self.inside, Mapping):
            return f"from {self.inside['from']:g} to {self.inside['to']:g}"
        return " or ".join(map(as_override, self.inside))

    def holds(self, value: float | str) -> bool:
        """Whether a value of the axis lies in what is stated."""
        if isinstance(self.inside, Mapping):
            return not isinstance(value, str) and bool(self.inside["from"] <= value <= self.inside["to"])
        return value in [as_number(as_override(stated)) for stated in self.inside]


@dataclass(frozen=True)
class Trend:
    """Along an axis of numbers, a metric rises or falls."""

    metric: str
    direction: str  # rising or falling
    axis: str
    cells: Place = field(default_factory=dict)  # what all cells of the line share
    log: bool = False  # the slope is against the logarithm of the axis
    says: str = ""
    source: str = ""

    def in_words(self) -> str:
        here = f" of {text(self.cells)}" if self.cells else ""
        return f"{self.metric}{here} is {self.direction} with {self.axis}"


@dataclass(frozen=True)
class Share:
    """The share of seeds whose metric meets a condition lies between two bounds."""

    cell: Place
    metric: str
    holds: str  # such as "< 0.1"
    low: float = 0.0
    high: float = 1.0
    says: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        in_order(self.low, self.high)
        condition(self.holds)

    def in_words(self) -> str:
        return f"{self.metric} {self.holds} in {self.low:g} to {self.high:g} of seeds of {text(self.cell)}"


@dataclass(frozen=True)
class First:
    """A share of the seeds has seen an event by a time that lies between two bounds; the metric is the time."""

    cell: Place
    metric: str  # a time: infinite where the event never came
    share: float = 0.5  # 0.5: the median
    low: float | None = None  # None: no bound
    high: float | None = None
    says: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError("the claim states neither low nor high; it must have one: the earliest or the latest time")
        if self.low is not None and self.high is not None:
            in_order(self.low, self.high)

    def bounds(self) -> tuple[float, float]:
        infinite = float("inf")
        return -infinite if self.low is None else self.low, infinite if self.high is None else self.high

    def in_words(self) -> str:
        return f"{self.share:g} of seeds of {text(self.cell)} have {self.metric} {self.bounds_in_words()}"

    def bounds_in_words(self) -> str:
        if self.low is None:
            return f"up to {self.high:g}"
        return f"from {self.low:g} on" if self.high is None else f"from {self.low:g} to {self.high:g}"


def in_order(low: float, high: float) -> None:
    if low > high:
        raise ValueError(f"the claim's low is {low:g} and its high {high:g}; low must not lie above high")


Claim = Exact | Published | PublishedMean | Order | Equal | Ratio | Extreme | Trend | Share | First
CLAIMS: dict[str, type[Claim]] = {  # by their kind
    "exact": Exact,
    "published": Published,
    "published_mean": PublishedMean,
    "order": Order,
    "equal": Equal,
    "ratio": Ratio,
    "extreme": Extreme,
    "trend": Trend,
    "share": Share,
    "first": First,
}
PLACES = ("cell", "lower", "than", "cells")  # fields that hold places


def words(claim: Claim) -> str:
    """What the claim says, in the study's own words if it has any."""
    return claim.says or claim.in_words()
