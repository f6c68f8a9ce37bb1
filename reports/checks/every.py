"""Every check under its code, and the sentences that all of them have to say of a sweep; those muted are counted."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from reports.checks import (
    classes,
    copies,
    diverged,
    edges,
    failed,
    few_rows,
    judged,
    lengths,
    pairs,
    parts,
    references,
    repeated,
    seeds,
    skewness,
    tries,
    unfinished,
)
from reports.load import Sweep
from reports.schema.codes import TITLES

if TYPE_CHECKING:
    from reports.comparison import Comparison

WARNING, NOTE = "warning", "note"


class Check(NamedTuple):
    """How much a check matters, and the function that looks; the docstring of the function is its explanation."""

    severity: str  # warning: without it the table misleads; note: what could be better
    look: Callable[[Sweep, "Comparison"], list[str]]  # sentences without their full stops

    @property
    def warns(self) -> bool:
        return self.severity == WARNING


CHECKS: dict[str, Check] = {
    "L001": Check(NOTE, edges.edge_of_the_grid),
    "L002": Check(NOTE, unfinished.still_improving),
    "L003": Check(WARNING, diverged.diverged),
    "L004": Check(WARNING, classes.unbalanced),
    "L005": Check(WARNING, references.no_better_than_a_constant),
    "L006": Check(NOTE, lengths.different_steps),
    "L007": Check(NOTE, lengths.only_some_fit),
    "L008": Check(WARNING, repeated.seeds_that_repeat),
    "L009": Check(WARNING, copies.test_rows_that_train),
    "L010": Check(WARNING, pairs.compared_with_nothing),
    "L011": Check(WARNING, pairs.baseline_not_here),
    "L012": Check(WARNING, judged.step_chosen_on_test),
    "L013": Check(NOTE, parts.no_validation_rows),
    "L014": Check(WARNING, failed.failed_cells),
    "L015": Check(NOTE, seeds.too_few_seeds),
    "L016": Check(NOTE, tries.unequal_tries),
    "L017": Check(NOTE, skewness.skew_differences),
    "L018": Check(NOTE, few_rows.few_test_rows),
    "L019": Check(WARNING, references.no_better_than_linear),
    "L020": Check(WARNING, parts.no_test_rows),
    "L021": Check(NOTE, copies.copies_of_training_rows),
    "L022": Check(NOTE, classes.class_without_test_rows),
    "L023": Check(WARNING, judged.corrupted_where_they_judge),
    "L024": Check(NOTE, seeds.fewer_pairs_than_seeds),
}


class Looked(NamedTuple):
    """What all checks have to say, each sentence with its code."""

    warnings: list[str]
    notes: list[str]


def look(sweep: Sweep, comparison: "Comparison") -> Looked:
    """Ask every check; those that `study.mute` names are counted in one sentence instead."""
    return told({code: check.look(sweep, comparison) for code, check in CHECKS.items()}, sweep)


def look_at_failures(sweep: Sweep) -> Looked:
    """Of a sweep that calculates, where no arms are compared: the cells that it lost."""
    return told({"L014": failed.lost_cells(sweep)}, sweep)


def told(found: Mapping[str, list[str]], sweep: Sweep) -> Looked:
    """The sentences in the order of their codes, warnings apart from notes."""
    muted = set(sweep.study.get("mute") or [])
    looked = Looked([], [])
    for code, sentences in found.items():
        if code not in muted:
            place = looked.warnings if CHECKS[code].warns else looked.notes
            place += [with_code(sentence, code) for sentence in sentences]
    counts = {code: len(sentences) for code, sentences in found.items() if code in muted and sentences}
    if counts:
        place = looked.warnings if any(CHECKS[code].warns for code in counts) else looked.notes
        place.append("Muted by study.mute: " + ", ".join(f"{code} ({count})" for code, count in counts.items()) + ".")
    return looked


def with_code(sentence: str, code: str) -> str:
    """
    >>> with_code("l2: all 8 seeds diverged", "L003")
    'l2: all 8 seeds diverged (L003).'
    """
    return f"{sentence} ({code})."


def codes_in(text: str) -> list[str]:
    """The codes that a text names, in the order of the list.

    >>> codes_in("It is so (L003). Muted by study.mute: L001 (2).")
    ['L001', 'L003']
    """
    return [code for code in TITLES if code in text]
