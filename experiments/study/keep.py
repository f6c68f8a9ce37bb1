"""What is kept of a cell beside its curves, as `execution.keep` asks, and the names under which such results are found."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from experiments.study.curves import Curves

KINDS = ("outputs", "rows", "weights")
RULE = "it must list some of rows, outputs, weights, or weights:0,3 for the weights of the seeds 0 and 3"


class Keep(NamedTuple):
    """What to keep of each network; this changes no result, and is not part of a cell's identity."""

    rows: bool = False  # errors of rows at all evaluations, in regression too, whatever `evaluations` says
    outputs: bool = False  # the network's, for every row, at the steps that selection rules take
    weights: frozenset[int] | None = frozenset()  # those of these seeds, at the step that counts; None: of all
    evaluations: int | None = None  # how many, evenly spaced, keep errors of rows for classes; None: all

    def weights_of(self, seed: int) -> bool:
        return self.weights is None or seed in self.weights

    def asked_of(self, seed: int) -> frozenset[str]:
        """The kinds that are asked for of one seed."""
        wanted = (("rows", self.rows), ("outputs", self.outputs), ("weights", self.weights_of(seed)))
        return frozenset(kind for kind, is_wanted in wanted if is_wanted)

    def seeds_named(self, identities: Mapping[int, str]) -> dict[int, str]:
        """The name under which each seed's result is looked up, so that it has what is asked for."""
        return {seed: named(name, self.asked_of(seed)) for seed, name in identities.items()}

    def cell_named(self, cell: str, seeds: Iterable[int]) -> list[str]:
        """The names under which a cell's run is looked up: a run with any of them has all that is asked for."""
        return named_of_cell(cell, {seed: self.asked_of(seed) for seed in seeds})


def to_keep(words: object) -> Keep:
    """Parse `execution.keep`. Raises ValueError.

    >>> to_keep(["rows", "weights:0", 3]) == to_keep(["weights:3", "rows", "weights:0"]) == Keep(True, False, frozenset({0, 3}))
    True
    """
    listed = [words] if isinstance(words, str) else list(words) if isinstance(words, list | tuple) else [None]
    kinds: set[str] = set()
    seeds: set[int] = set()
    everywhere, named_seeds = False, False
    for word in listed:
        if named_seeds and type(word) is int and word >= 0:
            seeds.add(word)  # the 3 of weights:0,3, which a list has taken apart
            continue
        kind, colon, seed = word.partition(":") if isinstance(word, str) else ("", "", "")
        named_seeds = kind == "weights" and colon != ""
        if kind not in KINDS or (colon and not (named_seeds and seed.isdecimal())):
            raise ValueError(f"execution.keep has {word!r}; {RULE}.")
        kinds.add(kind)
        everywhere |= kind == "weights" and not colon
        seeds |= {int(seed)} if colon else set()
    return Keep("rows" in kinds, "outputs" in kinds, None if everywhere else frozenset(seeds))


def had_by(curves: Curves) -> dict[int, frozenset[str]]:
    """The kinds that each seed of these curves has."""
    rows = curves.rows
    every = {"rows"} if rows is not None and {str(step) for step in curves.steps} <= set(rows.at) else set()
    every |= {"outputs"} if rows is not None and rows.outputs else set()
    return {seed: frozenset(every | ({"weights"} if seed in curves.weights else set())) for seed in curves.seeds}


def named(identity: str, kinds: Iterable[str]) -> str:
    """
    >>> named("3f", {"weights", "rows"})
    '3f+rows+weights'
    """
    return "+".join([identity, *sorted(kinds)])


def all_names(identity: str, kinds: Iterable[str]) -> list[str]:
    """All names of a result that has these kinds: it also serves those who ask for fewer."""
    in_order = sorted(kinds)
    return [named(identity, some) for count in range(len(in_order) + 1) for some in combinations(in_order, count)]


def named_of_cell(cell: str, kinds: Mapping[int, frozenset[str]]) -> list[str]:
    """The name of a run whose seeds have these kinds, and of one where all seeds have what any of these has.

    >>> named_of_cell("c", {0: frozenset({"weights"}), 1: frozenset()})
    ['c+weights:0', 'c+weights']
    """
    with_weights = sorted(seed for seed, kept in kinds.items() if "weights" in kept)
    others = frozenset.intersection(*kinds.values()) - {"weights"}
    if not with_weights:
        return [named(cell, others)]
    some = [] if len(with_weights) == len(kinds) else [f"weights:{','.join(map(str, with_weights))}"]
    return [named(cell, {*others, weights}) for weights in [*some, "weights"]]


def all_names_of_cell(cell: str, kinds: Mapping[int, frozenset[str]]) -> list[str]:
    """All names of a cell's run whose seeds have these kinds."""
    name, *_ = named_of_cell("", kinds)
    return all_names(cell, name.split("+")[1:])


def as_tag(kinds: Mapping[int, frozenset[str]]) -> str:
    """The tag that says what a run has: the kinds, with the seeds where only some have them.

    >>> as_tag({0: frozenset({"weights", "rows"}), 1: frozenset({"rows"})})
    'rows weights:0'
    """
    name, *_ = named_of_cell("", kinds)
    return " ".join(name.split("+")[1:])


def from_tag(text: str, seeds: Iterable[int]) -> dict[int, frozenset[str]]:
    """The kinds that each seed of a run has, from the run's tag; none if the tag cannot be read.

    >>> from_tag("rows weights:0", [0, 1]) == {0: frozenset({"weights", "rows"}), 1: frozenset({"rows"})}
    True
    """
    try:
        keep = to_keep([int(word) if word.isdecimal() else word for word in text.replace(",", " ").split()])
    except ValueError:
        keep = Keep()
    return {seed: keep.asked_of(seed) for seed in seeds}
