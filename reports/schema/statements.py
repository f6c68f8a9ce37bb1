"""What a study states beforehand: claims and figures. Files and records hold them as mappings; here they become objects."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from math import isfinite
from typing import Any, NamedTuple, TypeVar

from reports.schema.derived import derived, metric_names

Place = Mapping[str, Any]  # of a cell: axes and their values


@dataclass(frozen=True)
class Exact:
    """Theory gives the value of a cell's metric, and the study a margin around it."""

    cell: Place
    metric: str
    value: float
    margin: float
    says: str = ""
    source: str = ""


@dataclass(frozen=True)
class Published:
    """A paper has published the value of a cell's metric, from a single run."""

    cell: Place
    metric: str
    value: float
    says: str = ""
    source: str = ""


@dataclass(frozen=True)
class Order:
    """A metric is lower in one cell than in another, paired by seed."""

    metric: str
    lower: Place
    than: Place
    says: str = ""
    source: str = ""


Claim = Exact | Published | Order
CLAIMS: dict[str, type[Claim]] = {"exact": Exact, "published": Published, "order": Order}  # by their kind


def words(claim: Claim) -> str:
    """What the claim says, in the study's own words if it has any."""
    if isinstance(claim, Order):
        return claim.says or f"{claim.metric}: {claim.lower} below {claim.than}"
    return claim.says or f"{claim.metric} of {claim.cell} is {claim.value}"


@dataclass(frozen=True)
class StatedFigure:
    """A figure beside those that every report has: what is along x, which metrics are lines and which are points."""

    title: str
    x: str  # an axis, step or epoch
    caption: str = ""
    lines: list[str] = field(default_factory=list)  # names of metrics, or patterns such as test/*
    points: list[str] = field(default_factory=list)
    y: str = ""  # what is written along y
    color: str | None = None  # an axis
    panels: str | None = None  # an axis
    only: Mapping[str, list[Any]] = field(default_factory=dict)  # values by axis; of step and epoch the first and last
    log: list[str] = field(default_factory=list)  # x, y or both


class Rule(NamedTuple):
    """What a field may hold, and the words for that in a message."""

    holds: Callable[[Any], bool]
    words: str


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_place(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(axis, str) for axis in value)


def is_excerpt(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(v, list) and (k not in ("step", "epoch") or (len(v) == 2 and all(map(is_number, v))))
        for k, v in value.items()
    )


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


PLACE = Rule(is_place, "axes and their values, such as {regularizer: l2}")
TEXT = Rule(lambda value: isinstance(value, str), "text")
TEXTS = Rule(is_texts, "a list of names, such as [test/error]")
AXIS = Rule(lambda value: value is None or isinstance(value, str), "an axis, such as penalty.strength")
RULES = {
    **dict.fromkeys(("cell", "lower", "than"), PLACE),
    **dict.fromkeys(("metric", "says", "source", "title", "caption", "x", "y"), TEXT),
    **dict.fromkeys(("color", "panels"), AXIS),
    **dict.fromkeys(("lines", "points"), TEXTS),
    "log": Rule(lambda value: is_texts(value) and set(value) <= {"x", "y"}, "a list of x, y or both"),
    "value": Rule(is_number, "a finite number"),
    "margin": Rule(lambda value: is_number(value) and value > 0, "a finite number above 0"),
    "only": Rule(
        is_excerpt,
        "lists of values by axis; for step or epoch the first and the last, such as {step: [0, 25]}",
    ),
}

T = TypeVar("T")


def claim(stated: Any) -> Claim:
    """Make a claim from what a study or its record states. Raises ValueError for an unknown kind or a bad field."""
    kind = stated.get("kind") if isinstance(stated, Mapping) else None
    if kind not in CLAIMS:
        raise ValueError(f"the claim's kind is {kind!r}; it must be one of {', '.join(CLAIMS)}")
    return made("claim", CLAIMS[kind], {key: value for key, value in stated.items() if key != "kind"})


def figure(stated: Any) -> StatedFigure:
    """Make a figure from what a study or its record states. Raises ValueError for a bad field."""
    return made("figure", StatedFigure, stated)


def made(what: str, kind: type[T], stated: Any) -> T:
    """Make an object from a mapping. Raises ValueError where a key is missing or unknown, or its value breaks the key's rule."""
    if not isinstance(stated, Mapping):
        raise ValueError(f"a {what} is {stated!r}; it must be a mapping")
    places = fields(kind)  # type: ignore[arg-type]
    needed = [f.name for f in places if f.default is MISSING and f.default_factory is MISSING]
    others = [f.name for f in places if f.name not in needed]
    missing, unknown = set(needed) - set(stated), set(stated) - {*needed, *others}
    if missing or unknown:
        wrong = f"lacks {sorted(missing)}" if missing else f"has {sorted(map(str, unknown))}"
        raise ValueError(f"the {what} {dict(stated)!r} {wrong}; it must have {needed} and may have {others}")
    for key, value in stated.items():
        if not RULES[key].holds(value):
            raise ValueError(f"the {what}'s {key} is {value!r}; it must be {RULES[key].words}")
    for text in metrics_of(stated):
        metric_names(text)  # the check
    return kind(**stated)


def metrics_of(stated: Mapping[str, Any]) -> list[str]:
    """The metrics that a claim or a figure names, patterns too. Raises ValueError for one of a seed's whole curve along it."""
    drawn = [*stated.get("lines", ()), *stated.get("points", ())]
    along = stated.get("x")
    if along in ("step", "epoch") and (whole := [text for text in drawn if derived(text) is not None]):
        raise ValueError(f"the figure has {whole[0]} along {along}; it is one number a seed: take an axis as its x")
    return [*([stated["metric"]] if "metric" in stated else []), *drawn]
